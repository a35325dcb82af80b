//! UDP sockets.

use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr};

use libc::{SOL_SOCKET, SOL_UDP};

use super::options::Settings;
use super::tcp::speaks_mapped;
use super::{Arrived, Outgoing, Receiving, Socket, wait_for};
use crate::base::ProcessId;
use crate::context::with;
use crate::hosted::address::{Address, Family};
use crate::hosted::errno::Errno;
use crate::hosted::object::{Events, How, Object};
use crate::hosted::thread::Thread;
use crate::hosted::wait::wake_all;
use crate::kernel::net::{Peer, Scope, SocketId};
use crate::kernel::task::{Waiter, Waiters};
use crate::kernel::world::World;
use crate::net::{Sender, bindable, ip_of, is_own, process_for};

/// As many datagrams may one send of several be (`UDP_MAX_SEGMENTS`).
const MOST_SEGMENTS: usize = 64;

/// A UDP socket.
pub(in crate::hosted) struct UdpSocket {
    process: ProcessId,
    family: Family,
    /// Its port, from when it needs one.
    id: Cell<Option<SocketId>>,
    local: Cell<SocketAddr>,
    /// The program speaks of the loopback as an address of IPv4.
    mapped: Cell<bool>,
    /// What was shut: reading, writing.
    shut: Cell<(bool, bool)>,
    settings: Settings,
    /// Those who watch it before it has a port.
    watchers: RefCell<Waiters>,
}

impl UdpSocket {
    pub(in crate::hosted) fn new(process: ProcessId, family: Family) -> Self {
        Self {
            process,
            family,
            id: Cell::new(None),
            local: Cell::new((Ipv4Addr::UNSPECIFIED, 0).into()),
            mapped: Cell::new(false),
            shut: Cell::new((false, false)),
            settings: Settings::default(),
            watchers: RefCell::default(),
        }
    }

    /// Takes a port.
    fn take(&self, address: SocketAddr) -> Result<SocketId, Errno> {
        let ip = address.ip();
        if !ip.is_multicast() {
            bindable(self.process, address)?;
        }
        let scope = if ip.is_multicast() { Scope::Any } else { Scope::of(ip) };
        let (id, port) = with(|w| w.net.stacks.bind_at(self.process, address.port(), scope))?;
        self.local.set(SocketAddr::new(ip, port));
        self.id.set(Some(id));
        wake_all(self.watchers.borrow_mut().take());
        Ok(id)
    }

    /// Its port: the next free one, if it has none yet.
    fn port(&self) -> Result<SocketId, Errno> {
        match self.id.get() {
            Some(id) => Ok(id),
            None => self.take((Ipv4Addr::UNSPECIFIED, 0).into()),
        }
    }

    fn connected_to(&self) -> Option<Peer> {
        let id = self.id.get()?;
        with(|w| w.net.stacks.peer(id))
    }

    fn shown(&self, address: SocketAddr) -> Address {
        self.family.shown(address, self.mapped.get())
    }

    /// The first datagram, copied out.
    fn first(&self, w: &mut World, id: SocketId, slot: u32, into: &mut [u8], peek: bool) -> Arrived {
        let p = w.net.packets.get(slot);
        w.core.trace.also(p.cause);
        let len = p.bytes.len().min(into.len());
        into[..len].copy_from_slice(&p.bytes[..len]);
        let from = SocketAddr::from((ip_of(p.from, p.loopback), p.from_port));
        let arrived = Arrived {
            len,
            whole: p.bytes.len(),
            from: Some(self.shown(from)),
            at: Some(ip_of(self.process, p.loopback).into()),
        };
        if !peek {
            let taken = w.net.stacks.take(id, &w.net.packets, || unreachable!("it is there"));
            debug_assert_eq!(taken.ok().flatten(), Some(slot));
            w.net.packets.remove(slot);
        }
        arrived
    }
}

impl Object for UdpSocket {
    fn what(&self) -> &'static str {
        "a UDP socket"
    }

    fn as_socket(&self) -> Option<&dyn Socket> {
        Some(self)
    }

    fn is_of_messages(&self) -> bool {
        true
    }

    /// What Linux's `datagram_poll` says.
    fn ready(&self) -> Events {
        let (deaf, dumb) = self.shut.get();
        let (waits, failed) = self
            .id
            .get()
            .map_or((false, false), |id| with(|w| (w.net.stacks.first(id).is_some(), w.net.stacks.has_error(id))));
        Events::OUT
            .with(Events::IN, waits)
            .with(Events::IN.and(Events::RDHUP), deaf)
            .with(Events::HUP, deaf && dumb)
            .with(Events::ERR, failed)
    }

    fn watch(&self, waiter: &mut dyn FnMut() -> Waiter) {
        match self.id.get() {
            Some(id) => with(|w| w.net.stacks.watch(id, waiter())),
            None => {
                self.watchers.borrow_mut().add(waiter());
            }
        }
    }

    fn unread(&self) -> Result<usize, Errno> {
        let first = |id| with(|w| w.net.stacks.first(id).map(|slot| w.net.packets.get(slot).bytes.len()));
        Ok(self.id.get().and_then(first).unwrap_or(0))
    }

    fn close(&self) {
        if let Some(id) = self.id.get() {
            let waiters = with(|w| w.net.close(id));
            drop(waiters);
        }
    }
}

impl Socket for UdpSocket {
    fn kind(&self) -> (c_int, c_int, c_int) {
        (self.family.number(), libc::SOCK_DGRAM, libc::IPPROTO_UDP)
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn bind(&self, _: &Thread, to: &Address) -> Result<(), Errno> {
        let address = to.inet(self.family)?;
        if self.id.get().is_some() {
            return Err(Errno(libc::EINVAL));
        }
        self.take(address)?;
        self.mapped.set(speaks_mapped(to));
        Ok(())
    }

    fn connect(&self, _: &Thread, to: &Address, _: How) -> Result<(), Errno> {
        if *to == Address::Unspecified {
            if let Some(id) = self.id.get() {
                with(|w| w.net.stacks.disconnect(id));
            }
            return Ok(());
        }
        let address = to.inet(self.family)?;
        let loopback = is_own(address.ip());
        let process = process_for(self.process, address.ip()).ok_or(Errno(libc::ENETUNREACH))?;
        if self.local.get().ip().is_loopback() && !loopback {
            return Err(Errno(libc::EINVAL));
        }
        let id = self.port()?;
        self.mapped.set(speaks_mapped(to));
        with(|w| w.net.stacks.connect(id, Peer { process, port: address.port(), loopback }))?;
        Ok(())
    }

    fn local(&self) -> Address {
        let local = self.local.get();
        let ip = match self.connected_to() {
            Some(peer) if local.ip().is_unspecified() => ip_of(self.process, peer.loopback).into(),
            _ => local.ip(),
        };
        self.shown(SocketAddr::new(ip, local.port()))
    }

    fn peer(&self) -> Result<Address, Errno> {
        let peer = self.connected_to().ok_or(Errno(libc::ENOTCONN))?;
        Ok(self.shown((ip_of(peer.process, peer.loopback), peer.port).into()))
    }

    fn shutdown(&self, what: Shutdown) -> Result<(), Errno> {
        let id = self.id.get().filter(|_| self.connected_to().is_some()).ok_or(Errno(libc::ENOTCONN))?;
        let (deaf, dumb) = self.shut.get();
        self.shut.set((deaf || what != Shutdown::Write, dumb || what != Shutdown::Read));
        with(|w| {
            let core = &mut w.core;
            w.net.stacks.wake(id, |waiter| core.wake(waiter));
        });
        Ok(())
    }

    fn send(&self, _: &Thread, what: &Outgoing<'_>, _: How) -> Result<usize, Errno> {
        if self.shut.get().1 {
            return Err(Errno(libc::EPIPE));
        }
        let to = match what.to {
            None | Some(Address::Unspecified) => {
                let peer = self.connected_to().ok_or(Errno(libc::EDESTADDRREQ))?;
                (ip_of(peer.process, peer.loopback), peer.port).into()
            }
            Some(to) => {
                let address = to.inet(self.family)?;
                if is_own(address.ip()) {
                    self.mapped.set(speaks_mapped(to));
                }
                address
            }
        };
        let id = self.port()?;
        let broadcasts = self.settings.is_on(SOL_SOCKET, libc::SO_BROADCAST);
        let sender = Sender { id, process: self.process, local: self.local.get(), broadcasts };
        let set = usize::try_from(self.settings.int(SOL_UDP, libc::UDP_SEGMENT)).unwrap_or(0);
        let segment = what.segment.unwrap_or(set);
        if segment == 0 || segment >= what.bytes.len() {
            with(|w| sender.send(w, what.bytes, to))?;
            return Ok(what.bytes.len());
        }
        if what.bytes.len().div_ceil(segment) > MOST_SEGMENTS {
            return Err(Errno(libc::EINVAL));
        }
        for datagram in what.bytes.chunks(segment) {
            with(|w| sender.send(w, datagram, to))?;
        }
        Ok(what.bytes.len())
    }

    fn receive(&self, me: &Thread, into: &mut [u8], what: Receiving, how: How) -> Result<Arrived, Errno> {
        let id = self.port()?;
        let limit = || self.settings.patience(libc::SO_RCVTIMEO);
        wait_for(me, "a datagram", how, limit, |waiter| {
            with(|w| {
                w.net.stacks.error(id)?;
                if let Some(slot) = w.net.stacks.first(id) {
                    return Ok(Some(self.first(w, id, slot, into, what.peek)));
                }
                let Some(waiter) = waiter else { return Ok(None) };
                if self.shut.get().0 {
                    return Ok(Some(Arrived::default()));
                }
                w.net.stacks.watch(id, waiter());
                Ok(None)
            })
        })
    }

    fn take_error(&self) -> c_int {
        let error = self.id.get().and_then(|id| with(|w| w.net.stacks.error(id)).err());
        error.map_or(0, |error| Errno::from(error).0)
    }

    fn join(&self, group: IpAddr, join: bool) -> Result<(), Errno> {
        let IpAddr::V4(group) = group else { return Err(Errno(libc::ENODEV)) };
        if !group.is_multicast() {
            return Err(Errno(libc::EINVAL));
        }
        let id = self.port()?;
        let changed = with(|w| w.net.stacks.join(id, group, join))?;
        let otherwise = if join { libc::EADDRINUSE } else { libc::EADDRNOTAVAIL };
        if changed { Ok(()) } else { Err(Errno(otherwise)) }
    }
}
