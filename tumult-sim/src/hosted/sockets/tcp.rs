//! TCP sockets: not yet anything, a listener, or an end of a connection.

use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use libc::{IPPROTO_TCP, SOL_SOCKET};

use super::options::Settings;
use super::{Arrived, Outgoing, Receiving, Socket, on_tcp, wait_for, with_tcp};
use crate::base::ProcessId;
use crate::context::with;
use crate::hosted::address::{Address, Family};
use crate::hosted::errno::Errno;
use crate::hosted::object::{Events, How, Object};
use crate::hosted::thread::Thread;
use crate::hosted::wait::wake_all;
use crate::kernel::net::Scope;
use crate::kernel::net::tcp::{Keepalive, ListenerId, Standing, StreamId, StreamOptions};
use crate::kernel::task::{Waiter, Waiters};
use crate::net::{bindable, ip_of, is_own, process_for};

/// How many connections may wait at a listener, whatever the program asks for (`net.core.somaxconn`).
const LONGEST_QUEUE: usize = 4096;

#[derive(Clone, Copy, Debug)]
enum State {
    Fresh,
    Listening(ListenerId),
    /// `told`: the program knows that the connection was made.
    Stream {
        id: StreamId,
        told: bool,
    },
}

/// A TCP socket.
pub(in crate::hosted) struct TcpSocket {
    process: ProcessId,
    family: Family,
    state: Cell<State>,
    bound: Cell<Option<SocketAddr>>,
    /// The program speaks of the loopback as an address of IPv4.
    mapped: Cell<bool>,
    settings: Settings,
    /// Those who watch it while it is nothing yet.
    watchers: RefCell<Waiters>,
}

impl TcpSocket {
    pub(in crate::hosted) fn new(process: ProcessId, family: Family) -> Self {
        Self {
            process,
            family,
            state: Cell::new(State::Fresh),
            bound: Cell::new(None),
            mapped: Cell::new(false),
            settings: Settings::default(),
            watchers: RefCell::default(),
        }
    }

    fn stream(&self) -> Option<StreamId> {
        match self.state.get() {
            State::Stream { id, .. } => Some(id),
            _ => None,
        }
    }

    fn standing(&self) -> Option<Standing> {
        let id = self.stream()?;
        with(|w| w.net.tcp.standing(id))
    }

    /// It is something else now: those who watch it look again.
    fn become_a(&self, state: State) {
        self.state.set(state);
        wake_all(self.watchers.borrow_mut().take());
    }

    fn shown(&self, address: SocketAddr) -> Address {
        self.family.shown(address, self.mapped.get())
    }

    fn options(&self) -> StreamOptions {
        let seconds = |name| Duration::from_secs(self.settings.int(IPPROTO_TCP, name) as u64);
        let keepalive = self.settings.is_on(SOL_SOCKET, libc::SO_KEEPALIVE).then(|| Keepalive {
            idle: seconds(libc::TCP_KEEPIDLE),
            interval: seconds(libc::TCP_KEEPINTVL),
            count: self.settings.int(IPPROTO_TCP, libc::TCP_KEEPCNT) as u32,
        });
        let patience = match self.settings.int(IPPROTO_TCP, libc::TCP_USER_TIMEOUT) {
            0 => None,
            ms => Some(Duration::from_millis(ms as u64)),
        };
        StreamOptions { keepalive, abortive: self.settings.linger() == Some(0), patience }
    }

    /// Begins to connect.
    fn begin(&self, to: SocketAddr) -> Result<(), Errno> {
        let loopback = is_own(to.ip());
        let process = process_for(self.process, to.ip()).ok_or(Errno(libc::ENETUNREACH))?;
        let bound = self.bound.get().unwrap_or((Ipv4Addr::UNSPECIFIED, 0).into());
        if !loopback && bound.ip().is_loopback() {
            // What is on the loopback stays there.
            return Err(Errno(libc::EINVAL));
        }
        let options = self.options();
        let id = with(|w| {
            if process.index() >= w.processes.len() {
                return Err(Errno(libc::EHOSTUNREACH));
            }
            on_tcp(w, |tcp, now| {
                let id = tcp.connect(self.process, bound.port(), (process, to.port()), loopback, now)?;
                if options != StreamOptions::default() {
                    tcp.set_options(id, options, now)?;
                }
                Ok(id)
            })
        })?;
        self.become_a(State::Stream { id, told: false });
        Ok(())
    }

    /// Waits for the end of the handshake.
    fn finish(&self, me: &Thread, id: StreamId, how: How) -> Result<(), Errno> {
        let limit = || self.settings.patience(libc::SO_SNDTIMEO);
        let made = wait_for(me, "a connection to be made", how, limit, |waiter| {
            with_tcp(|tcp, _| match (tcp.standing(id), waiter) {
                (Some(Standing { connecting: true, .. }), None) => Ok(None),
                (_, Some(waiter)) => Ok(tcp.connected(id, waiter)?),
                (_, None) => Ok(tcp.connected(id, || unreachable!("it is not connecting"))?),
            })
        });
        match made {
            Ok(()) => self.state.set(State::Stream { id, told: true }),
            // Not yet, as far as the program wanted to wait.
            Err(Errno(libc::EAGAIN)) => return Err(Errno(libc::EINPROGRESS)),
            Err(_) => self.forget(id),
        }
        made
    }

    /// An attempt has failed: another may be made.
    fn forget(&self, id: StreamId) {
        with_tcp(|tcp, now| tcp.close(id, now));
        self.become_a(State::Fresh);
    }

    #[inline]
    fn receive_stream(&self, me: &Thread, into: &mut [u8], peek: bool, how: How) -> Result<usize, Errno> {
        let id = self.stream().ok_or(Errno(libc::ENOTCONN))?;
        let limit = || self.settings.patience(libc::SO_RCVTIMEO);
        wait_for(me, "bytes of a TCP stream", how, limit, |waiter| {
            let waiter = || waiter.map(|make| make());
            with_tcp(|tcp, now| Ok(if peek { tcp.peek(id, into, waiter) } else { tcp.read(id, into, now, waiter) }?))
        })
    }

    /// One write, as far as there is room.
    #[inline]
    fn send_some(&self, me: &Thread, id: StreamId, from: &[u8], how: How) -> Result<usize, Errno> {
        let limit = || self.settings.patience(libc::SO_SNDTIMEO);
        wait_for(me, "room in the buffer of a TCP stream", how, limit, |waiter| {
            with_tcp(|tcp, now| Ok(tcp.write(id, from, now, || waiter.map(|make| make()))?))
        })
    }
}

impl Object for TcpSocket {
    fn what(&self) -> &'static str {
        match self.state.get() {
            State::Fresh => "a TCP socket",
            State::Listening(_) => "a TCP listener",
            State::Stream { .. } => "a TCP stream",
        }
    }

    fn as_socket(&self) -> Option<&dyn Socket> {
        Some(self)
    }

    fn read(&self, me: &Thread, into: &mut [u8], how: How) -> Result<usize, Errno> {
        self.receive_stream(me, into, false, how)
    }

    fn ready(&self) -> Events {
        match self.state.get() {
            State::Fresh => Events::OUT.and(Events::HUP),
            State::Listening(id) => Events::default().with(Events::IN, with(|w| w.net.tcp.has_waiting(id))),
            State::Stream { .. } => self.standing().map_or(Events::HUP, |s| events(&s)),
        }
    }

    fn watch(&self, waiter: &mut dyn FnMut() -> Waiter) {
        match self.state.get() {
            State::Fresh => {}
            State::Listening(id) => with_tcp(|tcp, _| tcp.watch_listener(id, waiter())),
            State::Stream { id, .. } => with_tcp(|tcp, _| tcp.watch(id, waiter())),
        }
        let mut watchers = self.watchers.borrow_mut();
        if matches!(self.state.get(), State::Fresh) {
            watchers.add(waiter());
        }
    }

    fn unread(&self) -> Result<usize, Errno> {
        if let State::Listening(_) = self.state.get() {
            return Err(Errno(libc::EINVAL));
        }
        Ok(self.standing().map_or(0, |s| s.unread as usize))
    }

    fn close(&self) {
        match self.state.get() {
            State::Fresh => {}
            State::Listening(id) => with_tcp(|tcp, now| tcp.close_listener(id, now)),
            State::Stream { id, .. } => with_tcp(|tcp, now| tcp.close(id, now)),
        }
    }
}

/// What Linux's `tcp_poll` says of a connection's end.
fn events(s: &Standing) -> Events {
    let no_more = s.no_more || s.closed;
    let mut events = Events::default().with(Events::HUP, s.closed || s.no_more && s.ending);
    events = events.with(Events::IN.and(Events::RDHUP), no_more);
    if !s.connecting {
        events = events.with(Events::IN, s.unread > 0).with(Events::OUT, s.roomy || s.ending || s.closed);
    }
    events.with(Events::ERR, s.failed)
}

impl Socket for TcpSocket {
    fn kind(&self) -> (c_int, c_int, c_int) {
        (self.family.number(), libc::SOCK_STREAM, IPPROTO_TCP)
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn apply(&self) -> Result<(), Errno> {
        let Some(id) = self.stream() else { return Ok(()) };
        let options = self.options();
        with_tcp(|tcp, now| {
            // What is set anew begins anew.
            if tcp.options(id)? == options { Ok(()) } else { tcp.set_options(id, options, now) }
        })
        .map_err(Errno::from)
    }

    fn bind(&self, _: &Thread, to: &Address) -> Result<(), Errno> {
        let address = to.inet(self.family)?;
        if self.bound.get().is_some() || !matches!(self.state.get(), State::Fresh) {
            return Err(Errno(libc::EINVAL));
        }
        bindable(self.process, address)?;
        let at = (address.port(), Scope::of(address.ip()));
        let reuse = self.settings.is_on(SOL_SOCKET, libc::SO_REUSEADDR);
        let port = with_tcp(|tcp, now| tcp.bind(self.process, at, reuse, now))?;
        self.mapped.set(speaks_mapped(to));
        self.bound.set(Some(SocketAddr::new(address.ip(), port)));
        Ok(())
    }

    fn listen(&self, _: &Thread, backlog: c_int) -> Result<(), Errno> {
        match self.state.get() {
            State::Fresh => {}
            // The queue is as long as it was.
            State::Listening(_) => return Ok(()),
            State::Stream { .. } => return Err(Errno(libc::EINVAL)),
        }
        let bound = self.bound.get().unwrap_or((Ipv4Addr::UNSPECIFIED, 0).into());
        let at = (bound.port(), Scope::of(bound.ip()));
        let reuse = self.settings.is_on(SOL_SOCKET, libc::SO_REUSEADDR);
        // Less than nothing is, to Linux, very much.
        let backlog = usize::try_from(backlog).unwrap_or(LONGEST_QUEUE).min(LONGEST_QUEUE);
        let (id, port) = with_tcp(|tcp, now| tcp.listen(self.process, at, backlog, reuse, now))?;
        self.bound.set(Some(SocketAddr::new(bound.ip(), port)));
        self.become_a(State::Listening(id));
        Ok(())
    }

    fn is_listening(&self) -> bool {
        matches!(self.state.get(), State::Listening(_))
    }

    fn accept(&self, me: &Thread, how: How) -> Result<(Rc<dyn Socket>, Address), Errno> {
        let limit = || self.settings.patience(libc::SO_RCVTIMEO);
        let id = wait_for(me, "a connection to accept", how, limit, |waiter| {
            // Looked at anew each time: another thread may shut it meanwhile.
            let State::Listening(id) = self.state.get() else { return Err(Errno(libc::EINVAL)) };
            with(|w| {
                if !w.net.tcp.has_waiting(id) && waiter.is_none() {
                    return Ok(None);
                }
                // Asked for first, as Linux does, so that a connection that has no place stays where it is.
                if w.net.tcp.has_waiting(id) && !w.processes.get_mut(self.process).descriptors.has_room() {
                    return Err(Errno(libc::EMFILE));
                }
                on_tcp(w, |tcp, _| Ok(tcp.accept(id, || waiter.expect("a connection waits")())?))
            })
        })?;
        let (ends, loopback) = with(|w| w.net.tcp.addresses(id))?;
        let [local, peer] = ends.map(|(process, port)| SocketAddr::from((ip_of(process, loopback), port)));
        let new = Self::new(self.process, self.family);
        new.state.set(State::Stream { id, told: true });
        new.bound.set(Some(local));
        new.mapped.set(self.mapped.get());
        let new = Self { settings: self.settings.clone(), ..new };
        if new.options() != StreamOptions::default() {
            new.apply()?;
        }
        let peer = new.shown(peer);
        Ok((Rc::new(new), peer))
    }

    fn connect(&self, me: &Thread, to: &Address, how: How) -> Result<(), Errno> {
        if *to == Address::Unspecified {
            if let Some(id) = self.stream() {
                self.forget(id);
            }
            return Ok(());
        }
        let address = to.inet(self.family)?;
        match self.state.get() {
            State::Listening(_) | State::Stream { told: true, .. } => Err(Errno(libc::EISCONN)),
            State::Stream { id, told: false } => match self.standing() {
                Some(s) if s.connecting && how.nonblocking => Err(Errno(libc::EALREADY)),
                // It has failed, and the program knows.
                Some(s) if s.closed && !s.failed => {
                    self.forget(id);
                    Err(Errno(libc::ECONNABORTED))
                }
                _ => self.finish(me, id, how),
            },
            State::Fresh => {
                self.mapped.set(speaks_mapped(to));
                self.begin(address)?;
                let id = self.stream().expect("it has begun");
                self.finish(me, id, how)
            }
        }
    }

    fn local(&self) -> Address {
        let unbound = (Ipv4Addr::UNSPECIFIED, 0).into();
        let address = match self.stream().map(|id| with(|w| w.net.tcp.addresses(id))) {
            Some(Ok(([(process, port), _], loopback))) => (ip_of(process, loopback), port).into(),
            _ => self.bound.get().unwrap_or(unbound),
        };
        self.shown(address)
    }

    fn peer(&self) -> Result<Address, Errno> {
        let id = self.stream().ok_or(Errno(libc::ENOTCONN))?;
        match self.standing() {
            Some(s) if !s.connecting && !s.closed => {}
            _ => return Err(Errno(libc::ENOTCONN)),
        }
        let ([_, (process, port)], loopback) = with(|w| w.net.tcp.addresses(id))?;
        Ok(self.shown((ip_of(process, loopback), port).into()))
    }

    fn shutdown(&self, what: Shutdown) -> Result<(), Errno> {
        match self.state.get() {
            State::Fresh => Err(Errno(libc::ENOTCONN)),
            State::Listening(_) if what == Shutdown::Write => Ok(()),
            State::Listening(id) => {
                // Linux lets those who wait in `accept` know; from then on it is as it was before `listen`.
                self.become_a(State::Fresh);
                with_tcp(|tcp, now| {
                    tcp.wake_listener(id);
                    tcp.close_listener(id, now);
                });
                Ok(())
            }
            State::Stream { id, .. } => Ok(with_tcp(|tcp, now| tcp.shutdown(id, what, now))?),
        }
    }

    fn send(&self, me: &Thread, what: &Outgoing<'_>, how: How) -> Result<usize, Errno> {
        // To whom is ignored, as the stream has its peer.
        let id = self.stream().ok_or(Errno(libc::EPIPE))?;
        let mut done = self.send_some(me, id, what.bytes, how)?;
        // A call that may wait writes everything, unless something goes wrong.
        while done < what.bytes.len() && !how.nonblocking {
            match self.send_some(me, id, &what.bytes[done..], how) {
                Ok(n) => done += n,
                Err(_) => break,
            }
        }
        Ok(done)
    }

    fn receive(&self, me: &Thread, into: &mut [u8], what: Receiving, how: How) -> Result<Arrived, Errno> {
        let mut done = self.receive_stream(me, into, what.peek, how)?;
        while what.all && !what.peek && !how.nonblocking && done > 0 && done < into.len() {
            match self.receive_stream(me, &mut into[done..], false, how) {
                Ok(n @ 1..) => done += n,
                Ok(0) | Err(_) => break,
            }
        }
        Ok(Arrived::stream(done))
    }

    fn take_error(&self) -> c_int {
        let error = self.stream().and_then(|id| with(|w| w.net.tcp.take_error(id)));
        error.map_or(0, |kind| Errno::from(kind).0)
    }
}

/// Whether an address is one of IPv4 within one of IPv6.
pub(super) fn speaks_mapped(address: &Address) -> bool {
    matches!(address, Address::Inet(SocketAddr::V6(a)) if a.ip().to_ipv4_mapped().is_some())
}
