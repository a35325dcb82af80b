//! Datagram sockets.

use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use super::acting;
use super::addr::{Names, Target, bindable, ip_of, is_own, process_for};
use super::bytes::now_or_never;
use crate::base::ProcessId;
use crate::context::{current, settle, try_current, waiter};
use crate::kernel::net::{LONGEST, Peer, Scope, SocketId, address_of, process_at};
use crate::kernel::world::World;
use crate::process::{Descriptor, EMFILE};

/// EDESTADDRREQ and EMSGSIZE, for which std has no kind: programs look at the numbers, which are Linux's.
const NO_DESTINATION: i32 = 89;
const TOO_LONG: i32 = 90;

/// A socket that sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    pub(crate) id: SocketId,
    pub(crate) process: ProcessId,
    /// What it is bound to.
    pub(crate) local: SocketAddr,
    /// Whether it may send to all.
    pub(crate) broadcasts: bool,
}

impl Sender {
    /// Sends a datagram to wherever it is to go.
    pub(crate) fn send(self, world: &mut World, bytes: &[u8], to: SocketAddr) -> io::Result<()> {
        let (net, core, port) = (&mut world.net, &mut world.core, self.local.port());
        net.stacks.error(self.id)?;
        if bytes.len() > LONGEST {
            return Err(io::Error::from_raw_os_error(TOO_LONG));
        }
        if to.port() == 0 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if is_own(to.ip()) {
            net.send_within(core, self.process, (port, to.port()), bytes);
            return Ok(());
        }
        if self.local.ip().is_loopback() {
            // What is on the loopback stays there.
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let processes = match to.ip() {
            IpAddr::V4(ip) if ip.is_multicast() => net.stacks.members(ip),
            IpAddr::V4(ip) if ip.is_broadcast() => {
                if !self.broadcasts {
                    return Err(io::ErrorKind::PermissionDenied.into());
                }
                (0..world.processes.len() as u32).map(ProcessId).collect()
            }
            ip => vec![process_for(self.process, ip).ok_or(io::ErrorKind::NetworkUnreachable)?],
        };
        for process in processes {
            net.send(core, (self.process, port), (process, to.port()), bytes);
        }
        Ok(())
    }
}

/// A datagram socket of the process that bound it; as tokio's. Closed when dropped, and when its process ends.
///
/// Datagrams may be lost, come twice or out of order, as the link between the two processes is set. What is sent to a
/// loopback address stays within the process. Who is connected is told when nobody listens there: the next call fails
/// with `ConnectionRefused`.
///
/// A datagram to a multicast group goes to all processes of which a socket has [joined](Self::join_multicast_v4) it;
/// one to 255.255.255.255 to all, if [`set_broadcast`](Self::set_broadcast) allows it.
#[derive(Debug)]
pub struct UdpSocket {
    id: SocketId,
    process: ProcessId,
    local: SocketAddr,
    /// Connected, or bound to the loopback: what is seldom, and looked up then.
    special: AtomicBool,
    broadcasts: AtomicBool,
    _place: Descriptor,
}

impl UdpSocket {
    /// Binds a port of the calling process; port 0 takes the next free one from 32,768 on.
    ///
    /// # Errors
    /// `AddrInUse` when the port is taken, `AddrNotAvailable` when the address is another process's, EMFILE when the
    /// process may not have another file or socket open.
    ///
    /// # Panics
    /// Outside a process.
    #[expect(clippy::unused_async, reason = "as tokio's, so that code moves between the two")]
    pub async fn bind(address: impl Target) -> io::Result<Self> {
        let process = acting()?;
        let world = &mut *current().world.borrow_mut();
        let address = address.resolve(&Names(world))?;
        let ip = address.ip();
        if !ip.is_multicast() {
            bindable(process, address)?;
        }
        let scope = if ip.is_multicast() { Scope::Any } else { Scope::of(ip) };
        let (id, port) = world.net.stacks.bind_at(process, address.port(), scope)?;
        let Some(place) = Descriptor::open(&mut world.processes, process) else {
            // Nobody waits on a socket that was just made.
            let _ = world.net.close(id);
            return Err(io::Error::from_raw_os_error(EMFILE));
        };
        let special = AtomicBool::new(scope == Scope::Loopback);
        let local = SocketAddr::new(ip, port);
        Ok(Self { id, process, local, special, broadcasts: AtomicBool::new(false), _place: place })
    }

    /// The address it is bound to; once it is connected, the one that its peer sees.
    ///
    /// # Errors
    /// Never: the signature is tokio's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        let ip = match self.peer() {
            Some(peer) if self.local.ip().is_unspecified() => ip_of(self.process, peer.loopback).into(),
            _ => self.local.ip(),
        };
        Ok(SocketAddr::new(ip, self.local.port()))
    }

    /// The address at which other processes reach it.
    pub(super) fn address(&self) -> SocketAddr {
        (address_of(self.process), self.local.port()).into()
    }

    // ---- connecting

    /// From now on [`send`](Self::send) sends there, and only what comes from there is taken.
    ///
    /// # Errors
    /// `NetworkUnreachable` when it is no process's address, `NotFound` when the name is no process's, `InvalidInput`
    /// when the socket is bound to the loopback and the address is not.
    #[expect(clippy::unused_async, reason = "as tokio's")]
    pub async fn connect(&self, to: impl Target) -> io::Result<()> {
        let world = &mut *current().world.borrow_mut();
        let address = to.resolve(&Names(world))?;
        let loopback = is_own(address.ip());
        let process = process_for(self.process, address.ip()).ok_or(io::ErrorKind::NetworkUnreachable)?;
        if self.local.ip().is_loopback() && !loopback {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        world.net.stacks.connect(self.id, Peer { process, port: address.port(), loopback })?;
        self.special.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn peer(&self) -> Option<Peer> {
        if !self.special.load(Ordering::Relaxed) {
            return None;
        }
        current().world.borrow_mut().net.stacks.peer(self.id)
    }

    /// The address that it is connected to.
    ///
    /// # Errors
    /// `NotConnected` when it is not.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        let peer = self.peer().ok_or(io::ErrorKind::NotConnected)?;
        Ok((ip_of(peer.process, peer.loopback), peer.port).into())
    }

    // ---- sending

    /// Sends one datagram and gives its length. Datagrams to nobody are lost, as on a real network.
    ///
    /// # Errors
    /// When the name is unknown, or the process has ended; EMSGSIZE for more than 65,507 bytes; `ConnectionRefused`
    /// once, when the socket is connected and nobody took what was sent before.
    #[inline]
    pub fn send_to(&self, bytes: &[u8], to: impl Target) -> impl Future<Output = io::Result<usize>> {
        // Without an `async` block, here and below: its state would be asked for at each poll of what awaits it.
        poll_fn(move |_| Poll::Ready(self.try_send_to(bytes, &to)))
    }

    /// [`send_to`](Self::send_to) without an await: a datagram never waits.
    ///
    /// # Errors
    /// As [`send_to`](Self::send_to).
    #[inline]
    pub fn try_send_to(&self, bytes: &[u8], to: impl Target) -> io::Result<usize> {
        let run = current();
        let mut guard = run.world.borrow_mut();
        let address = to.resolve(&Names(&guard))?;
        if run.is_inert() || guard.living_actor() != Some(self.process) {
            return Err(io::ErrorKind::NotConnected.into());
        }
        let world = &mut *guard;
        let process = match address.ip() {
            IpAddr::V4(ip) => process_at(ip),
            IpAddr::V6(_) => None,
        };
        match process {
            Some(process) if bytes.len() <= LONGEST && address.port() > 0 && !self.special.load(Ordering::Relaxed) => {
                let (from, to) = ((self.process, self.local.port()), (process, address.port()));
                world.net.send(&mut world.core, from, to, bytes);
            }
            _ => self.send_elsewhere(world, bytes, address)?,
        }
        if world.net.ruled {
            drop(guard);
            settle(run);
        }
        Ok(bytes.len())
    }

    /// Anything but a datagram of a socket that is bound to all addresses to another process.
    #[cold]
    fn send_elsewhere(&self, world: &mut World, bytes: &[u8], to: SocketAddr) -> io::Result<()> {
        let broadcasts = self.broadcasts.load(Ordering::Relaxed);
        Sender { id: self.id, process: self.process, local: self.local, broadcasts }.send(world, bytes, to)
    }

    /// Sends one datagram to where it is connected.
    ///
    /// # Errors
    /// EDESTADDRREQ when it is not connected; else as [`send_to`](Self::send_to).
    pub fn send(&self, bytes: &[u8]) -> impl Future<Output = io::Result<usize>> {
        poll_fn(move |_| Poll::Ready(self.try_send(bytes)))
    }

    /// [`send`](Self::send) without an await.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn try_send(&self, bytes: &[u8]) -> io::Result<usize> {
        let peer = self.peer_addr().map_err(|_| io::Error::from_raw_os_error(NO_DESTINATION))?;
        self.try_send_to(bytes, peer)
    }

    /// [`send_to`](Self::send_to) as a poll.
    ///
    /// # Errors
    /// As [`send_to`](Self::send_to).
    pub fn poll_send_to(&self, _: &mut Context<'_>, bytes: &[u8], to: impl Target) -> Poll<io::Result<usize>> {
        Poll::Ready(self.try_send_to(bytes, to))
    }

    /// [`send`](Self::send) as a poll.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn poll_send(&self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.try_send(bytes))
    }

    /// Whether datagrams may be sent to 255.255.255.255: to all processes, its own too.
    ///
    /// # Errors
    /// Never: the signature is tokio's.
    pub fn set_broadcast(&self, on: bool) -> io::Result<()> {
        self.broadcasts.store(on, Ordering::Relaxed);
        Ok(())
    }

    /// Joins a group: what is sent to its address comes to this process, to the port that it was sent to.
    ///
    /// # Errors
    /// `InvalidInput` when it is no multicast address, `AddrInUse` when the socket has joined it already,
    /// `NotConnected` when the process has ended.
    pub fn join_multicast_v4(&self, group: Ipv4Addr, _interface: Ipv4Addr) -> io::Result<()> {
        self.member(group, true, io::ErrorKind::AddrInUse)
    }

    /// Leaves a group.
    ///
    /// # Errors
    /// `AddrNotAvailable` when it has not joined it.
    pub fn leave_multicast_v4(&self, group: Ipv4Addr, _interface: Ipv4Addr) -> io::Result<()> {
        self.member(group, false, io::ErrorKind::AddrNotAvailable)
    }

    fn member(&self, group: Ipv4Addr, join: bool, otherwise: io::ErrorKind) -> io::Result<()> {
        if !group.is_multicast() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let changed = current().world.borrow_mut().net.stacks.join(self.id, group, join)?;
        if changed { Ok(()) } else { Err(otherwise.into()) }
    }

    // ---- receiving

    /// Waits for the next datagram and copies it into `buffer`; what does not fit is cut off. Gives the number of bytes
    /// and the sender. Cancel-safe.
    ///
    /// # Errors
    /// When the socket was closed with its process; `ConnectionRefused` as [`send_to`](Self::send_to).
    #[inline]
    pub fn recv_from(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<(usize, SocketAddr)>> {
        poll_fn(move |cx| self.poll_take(cx, |bytes, from| (copy(bytes, buffer), from)))
    }

    /// As [`recv_from`](Self::recv_from), without the sender.
    ///
    /// # Errors
    /// As [`recv_from`](Self::recv_from).
    pub fn recv(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        poll_fn(move |cx| self.poll_take(cx, |bytes, _| copy(bytes, buffer)))
    }

    /// What is there now, as [`recv_from`](Self::recv_from).
    ///
    /// # Errors
    /// `WouldBlock` when there is nothing; else as [`recv_from`](Self::recv_from).
    pub fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        now_or_never(|cx| self.poll_take(cx, |bytes, from| (copy(bytes, buffer), from)))
    }

    /// What is there now, as [`recv`](Self::recv).
    ///
    /// # Errors
    /// As [`try_recv_from`](Self::try_recv_from).
    pub fn try_recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_recv_from(buffer).map(|(n, _)| n)
    }

    /// As [`recv_from`](Self::recv_from), and leaves the datagram there.
    ///
    /// # Errors
    /// As [`recv_from`](Self::recv_from).
    pub fn peek_from(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<(usize, SocketAddr)>> {
        poll_fn(move |cx| self.poll_first(cx, |bytes, from| (copy(bytes, buffer), from)))
    }

    /// As [`recv`](Self::recv), and leaves the datagram there.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    pub fn peek(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        poll_fn(move |cx| self.poll_first(cx, |bytes, _| copy(bytes, buffer)))
    }

    /// Waits until there is a datagram, or an error.
    ///
    /// # Errors
    /// When the socket was closed with its process; an error of the socket is left for the next call.
    pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
        poll_fn(|cx| {
            let net = &mut current().world.borrow_mut().net;
            if net.stacks.has_error(self.id) {
                return Poll::Ready(Ok(()));
            }
            match net.stacks.peek(self.id, || waiter(cx.waker())) {
                Ok(None) => Poll::Pending,
                other => Poll::Ready(other.map(drop)),
            }
        })
    }

    /// Never waits: a datagram can always be sent.
    ///
    /// # Errors
    /// Never: the signature is tokio's.
    #[expect(clippy::unused_async, reason = "as tokio's")]
    pub async fn writable(&self) -> io::Result<()> {
        Ok(())
    }

    /// Waits for the next datagram and gives it whole.
    ///
    /// # Errors
    /// As [`recv_from`](Self::recv_from).
    pub fn recv_datagram(&self) -> impl Future<Output = io::Result<(Vec<u8>, SocketAddr)>> {
        poll_fn(|cx| self.poll_take(cx, |bytes, from| (bytes.to_vec(), from)))
    }

    #[inline]
    fn poll_take<R>(&self, cx: &mut Context<'_>, take: impl FnOnce(&[u8], SocketAddr) -> R) -> Poll<io::Result<R>> {
        let world = &mut *current().world.borrow_mut();
        let net = &mut world.net;
        match net.stacks.take(self.id, &net.packets, || waiter(cx.waker())) {
            Err(e) => Poll::Ready(Err(e)),
            Ok(Some(slot)) => {
                let p = net.packets.get(slot);
                world.core.trace.also(p.cause);
                let result = take(&p.bytes, (ip_of(p.from, p.loopback), p.from_port).into());
                net.packets.remove(slot);
                Poll::Ready(Ok(result))
            }
            Ok(None) => Poll::Pending,
        }
    }

    fn poll_first<R>(&self, cx: &mut Context<'_>, look: impl FnOnce(&[u8], SocketAddr) -> R) -> Poll<io::Result<R>> {
        let world = &mut *current().world.borrow_mut();
        let net = &mut world.net;
        match net.stacks.peek(self.id, || waiter(cx.waker())) {
            Err(e) => Poll::Ready(Err(e)),
            Ok(None) => Poll::Pending,
            Ok(Some(slot)) => {
                let p = net.packets.get(slot);
                world.core.trace.also(p.cause);
                Poll::Ready(Ok(look(&p.bytes, (ip_of(p.from, p.loopback), p.from_port).into())))
            }
        }
    }
}

#[inline]
fn copy(bytes: &[u8], into: &mut [u8]) -> usize {
    let n = bytes.len().min(into.len());
    into[..n].copy_from_slice(&bytes[..n]);
    n
}

impl Drop for UdpSocket {
    fn drop(&mut self) {
        if let Some(run) = try_current() {
            let waiters = run.world.borrow_mut().net.close(self.id);
            drop(waiters);
        }
    }
}
