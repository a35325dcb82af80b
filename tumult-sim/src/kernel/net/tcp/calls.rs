//! What a program does with streams.

use std::collections::VecDeque;
use std::io;
use std::net::Shutdown;
use std::time::Duration;

use super::config::FIN_WAIT;
use super::end::{End, Keepalive, State};
use super::{Listener, ListenerId, RST, StreamId, Tcp};
use crate::base::{ProcessId, Time};
use crate::kernel::net::Scope;
use crate::kernel::task::{Waiter, Waiters};

/// What a program may set on a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StreamOptions {
    pub(crate) keepalive: Option<Keepalive>,
    /// Closing resets the connection (`SO_LINGER` with a time of zero).
    pub(crate) abortive: bool,
    /// How long to wait for what was sent to be acknowledged, whatever the number of retransmissions
    /// (`TCP_USER_TIMEOUT`).
    pub(crate) patience: Option<Duration>,
}

impl Tcp {
    // ---- listening

    /// The port that a socket gets: the next free one for 0.
    pub(crate) fn bind(&mut self, me: ProcessId, at: (u16, Scope), reuse: bool, now: Time) -> io::Result<u16> {
        match at.0 {
            0 => self.ports.ephemeral(me).ok_or(io::ErrorKind::AddrInUse.into()),
            port if self.ports.is_free(me, at, reuse, now) => Ok(port),
            _ => Err(io::ErrorKind::AddrInUse.into()),
        }
    }

    /// Listens at a port, a free one for 0.
    pub(crate) fn listen(
        &mut self,
        process: ProcessId,
        at: (u16, Scope),
        backlog: usize,
        reuse: bool,
        now: Time,
    ) -> io::Result<(ListenerId, u16)> {
        let port = self.bind(process, at, reuse, now)?;
        let fresh = |generation| Listener {
            generation,
            open: true,
            process,
            backlog: backlog.max(1),
            pending: 0,
            queue: VecDeque::new(),
            readers: Waiters::default(),
        };
        let slot = self.listeners.iter().position(|l| !l.open).unwrap_or(self.listeners.len());
        if let Some(listener) = self.listeners.get_mut(slot) {
            *listener = fresh(listener.generation + 1);
        } else {
            self.listeners.push(fresh(1));
        }
        self.ports.listen(process, (port, at.1), slot as u32);
        Ok((ListenerId { slot: slot as u32, generation: self.listeners[slot].generation }, port))
    }

    pub(super) fn listener(&mut self, id: ListenerId) -> Option<&mut Listener> {
        self.listeners.get_mut(id.slot as usize).filter(|l| l.open && l.generation == id.generation)
    }

    /// Whether a connection waits to be accepted.
    pub(crate) fn has_waiting(&mut self, id: ListenerId) -> bool {
        self.listener(id).is_some_and(|l| !l.queue.is_empty())
    }

    /// The next connection that was made; `None`: there is none yet, and `waiter` waits.
    pub(crate) fn accept(&mut self, id: ListenerId, waiter: impl FnOnce() -> Waiter) -> io::Result<Option<StreamId>> {
        let listener = self.listener(id).ok_or(io::ErrorKind::NotConnected)?;
        let Some(slot) = listener.queue.pop_front() else {
            let unused = listener.readers.add(waiter());
            self.discard(unused);
            return Ok(None);
        };
        let c = &mut self.connections[slot as usize];
        (c.ends[1].owned, c.ends[1].listener) = (true, None);
        Ok(Some(StreamId { slot, generation: c.generation, side: 1 }))
    }

    /// Closes a listener; connections that nobody has accepted are reset.
    pub(crate) fn close_listener(&mut self, id: ListenerId, now: Time) {
        if self.listener(id).is_some() {
            self.shut_listener(id.slot, false, now);
        }
    }

    pub(super) fn shut_listener(&mut self, slot: u32, silently: bool, now: Time) {
        let listener = &mut self.listeners[slot as usize];
        listener.open = false;
        let process = listener.process;
        let (readers, queue) = (listener.readers.take(), std::mem::take(&mut listener.queue));
        self.garbage.extend(readers);
        self.ports.unlisten(process, slot);
        let accepting =
            |c: &super::Connection| c.in_use && c.ends[1].state == State::Accepting && c.ends[1].listener == Some(slot);
        let half: Vec<u32> = (0..).zip(&self.connections).filter(|(_, c)| accepting(c)).map(|(n, _)| n).collect();
        for connection in queue.into_iter().chain(half) {
            if !silently {
                self.say(connection, 1, RST, now);
            }
            self.finish(connection, 1, if silently { State::Absent } else { State::Closed }, None);
            // What had ended already, while it waited, was kept for the program.
            self.end_mut(connection, 1).listener = None;
            self.forget(connection);
        }
    }

    // ---- connecting

    /// Begins to connect. The port is the next free one unless it is given.
    pub(crate) fn connect(
        &mut self,
        process: ProcessId,
        port: u16,
        to: (ProcessId, u16),
        loopback: bool,
        now: Time,
    ) -> io::Result<StreamId> {
        let port = match port {
            0 => self.ports.ephemeral(process).ok_or(io::ErrorKind::AddrNotAvailable)?,
            port if self.connections.iter().any(|c| c.joins((process, port), to)) => {
                return Err(io::ErrorKind::AddrNotAvailable.into());
            }
            port => port,
        };
        let mut end = End::new(process, port, State::Connecting, &self.config);
        end.owned = true;
        let peer = End::new(to.0, to.1, State::Absent, &self.config);
        let (slot, generation) = self.open([end, peer]);
        self.connections[slot as usize].loopback = loopback;
        self.send_syn(slot, 0, false, now);
        self.arm(slot, 0);
        Ok(StreamId { slot, generation, side: 0 })
    }

    /// Whether the connection was made; `None`: not yet, and `waiter` waits.
    pub(crate) fn connected(&mut self, id: StreamId, waiter: impl FnOnce() -> Waiter) -> io::Result<Option<()>> {
        let (c, side) = self.held(id)?;
        let end = &mut c.ends[side];
        if let Some(error) = end.error.take() {
            return Err(error.into());
        }
        if end.state == State::Connecting {
            let unused = end.writers.add(waiter());
            self.discard(unused);
            return Ok(None);
        }
        Ok(Some(()))
    }

    // ---- reading

    /// Copies what has arrived, up to the buffer's length; 0 at the end of the stream; `None`: nothing yet, and
    /// `waiter` waits, if there is one.
    #[inline]
    pub(crate) fn read<W: Into<Option<Waiter>>>(
        &mut self,
        id: StreamId,
        buffer: &mut [u8],
        now: Time,
        waiter: impl FnOnce() -> W,
    ) -> io::Result<Option<usize>> {
        let n = self.peek(id, buffer, waiter)?;
        if let Some(n @ 1..) = n {
            self.consume(id, n as u64, now);
        }
        Ok(n)
    }

    /// As [`read`](Self::read), and leaves it there.
    #[inline]
    pub(crate) fn peek<W: Into<Option<Waiter>>>(
        &mut self,
        id: StreamId,
        buffer: &mut [u8],
        waiter: impl FnOnce() -> W,
    ) -> io::Result<Option<usize>> {
        let (c, side) = self.held(id)?;
        let end = &mut c.ends[side];
        if end.readable() > 0 {
            let read = c.rings[1 - side].read(end.read, end.received, buffer);
            self.read_at = Some(id.slot << 1 | u32::from(id.side));
            return Ok(Some(read));
        }
        // The peer's end of its stream hides an error, one's own does not; and what still comes after it can be read.
        if end.finished || buffer.is_empty() {
            return Ok(Some(0));
        }
        if let Some(error) = end.error.take() {
            return Err(error.into());
        }
        if end.deaf {
            return Ok(Some(0));
        }
        match end.state {
            State::Open | State::Connecting | State::Accepting => {
                let unused = waiter().into().and_then(|w| end.readers.add(w));
                self.discard(unused);
                Ok(None)
            }
            _ => Ok(Some(0)),
        }
    }

    /// Whether a read would give something, the end or an error; an error stays.
    pub(crate) fn readable(&mut self, id: StreamId, waiter: impl FnOnce() -> Waiter) -> io::Result<Option<()>> {
        let (c, side) = self.held(id)?;
        let end = &mut c.ends[side];
        if end.readable() > 0 || end.finished || end.deaf || end.error.is_some() || !end.is_live() {
            return Ok(Some(()));
        }
        let unused = end.readers.add(waiter());
        self.discard(unused);
        Ok(None)
    }

    #[inline]
    fn consume(&mut self, id: StreamId, n: u64, now: Time) {
        let (slot, side) = (id.slot, usize::from(id.side));
        let end = &mut self.connections[slot as usize].ends[side];
        end.read += n;
        let opened = end.room(&self.config) - end.told;
        let tell = end.is_live() && !end.finished && opened >= self.config.receive_buffer / 2;
        self.release(slot, 1 - side);
        if tell {
            self.acknowledge(slot, side, now);
        }
    }

    // ---- writing

    /// Takes as much as there is room for; `None`: there is none, and `waiter` waits, if there is one.
    pub(crate) fn write<W: Into<Option<Waiter>>>(
        &mut self,
        id: StreamId,
        data: &[u8],
        now: Time,
        waiter: impl FnOnce() -> W,
    ) -> io::Result<Option<usize>> {
        let buffer = self.config.send_buffer;
        let (c, side) = self.held(id)?;
        let (end, ring) = (&mut c.ends[side], &mut c.rings[side]);
        if let Some(error) = end.error.take() {
            return Err(error.into());
        }
        if end.ending || !matches!(end.state, State::Open | State::Connecting) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if data.is_empty() {
            return Ok(Some(0));
        }
        let room = buffer.saturating_sub(ring.end() - end.acked);
        end.starved |= data.len() as u64 > room;
        if room == 0 || end.state == State::Connecting {
            let unused = waiter().into().and_then(|w| end.writers.add(w));
            self.discard(unused);
            return Ok(None);
        }
        let n = data.len().min(room as usize);
        ring.write(&data[..n]);
        self.output(id.slot, side, now);
        Ok(Some(n))
    }

    /// Whether a write would take something, or fail, at once.
    pub(crate) fn writable(&mut self, id: StreamId, waiter: impl FnOnce() -> Waiter) -> io::Result<Option<()>> {
        let buffer = self.config.send_buffer;
        let (c, side) = self.held(id)?;
        let end = &mut c.ends[side];
        let waits = match end.state {
            State::Connecting => true,
            State::Open => end.error.is_none() && !end.ending && c.rings[side].end() - end.acked >= buffer,
            _ => false,
        };
        if waits {
            let unused = end.writers.add(waiter());
            self.discard(unused);
            return Ok(None);
        }
        Ok(Some(()))
    }

    // ---- ending

    /// No more reads, or writes.
    pub(crate) fn shutdown(&mut self, id: StreamId, what: Shutdown, now: Time) -> io::Result<()> {
        let (c, side) = self.held(id)?;
        let end = &mut c.ends[side];
        if end.state != State::Open {
            return Err(io::ErrorKind::NotConnected.into());
        }
        if what != Shutdown::Write {
            end.deaf = true;
        }
        if what != Shutdown::Read {
            end.ending = true;
            self.output(id.slot, side, now);
        }
        self.wake(id.slot, side);
        Ok(())
    }

    /// The program lets go of its end: the machine sends what is left and ends the stream, or resets it when something
    /// was left unread.
    pub(crate) fn close(&mut self, id: StreamId, now: Time) {
        let Ok((c, side)) = self.held(id) else { return };
        let waiters = c.ends[side].take_waiters();
        self.garbage.extend(waiters);
        self.close_end(id.slot, side, now);
    }

    pub(super) fn close_end(&mut self, slot: u32, side: usize, now: Time) {
        let end = self.end_mut(slot, side);
        // Nobody is there to be told that the peer is gone; what is left is sent with its own patience.
        (end.owned, end.keepalive) = (false, None);
        let unread = end.readable() > 0 || !end.ahead.is_empty();
        let (live, connecting) = (end.is_live(), end.state == State::Connecting);
        if !live {
            return self.forget(slot);
        }
        if connecting {
            // Whoever answers is told that there is nobody.
            return self.finish(slot, side, State::Closed, None);
        }
        if unread || end.abortive {
            self.say(slot, side, RST, now);
            return self.finish(slot, side, State::Closed, None);
        }
        let acknowledged = end.ending && end.acked == self.connections[slot as usize].rings[side].end() + 1;
        let end = self.end_mut(slot, side);
        end.ending = true;
        end.alive_at = if acknowledged { now + FIN_WAIT } else { Time::MAX };
        self.output(slot, side, now);
        self.arm(slot, side);
    }

    /// Sets what a program may set.
    pub(crate) fn set_options(&mut self, id: StreamId, options: StreamOptions, now: Time) -> io::Result<()> {
        let (c, side) = self.held(id)?;
        let end = &mut c.ends[side];
        (end.keepalive, end.abortive, end.patience) = (options.keepalive, options.abortive, options.patience);
        end.alive_at = match options.keepalive {
            Some(k) if end.state == State::Open => now + k.idle,
            _ => Time::MAX,
        };
        self.arm(id.slot, side);
        Ok(())
    }

    pub(crate) fn options(&mut self, id: StreamId) -> io::Result<StreamOptions> {
        let (c, side) = self.held(id)?;
        let end = &c.ends[side];
        Ok(StreamOptions { keepalive: end.keepalive, abortive: end.abortive, patience: end.patience })
    }

    /// A SYN arrived for a connection whose other end does not exist yet. False: nobody listens.
    pub(super) fn admit(&mut self, slot: u32, edge: u64, now: Time) -> bool {
        let end = &self.connections[slot as usize].ends[1];
        let (process, port) = (end.process, end.port);
        let loopback = self.connections[slot as usize].loopback;
        let Some(at) = self.ports.listener(process, port, loopback) else { return false };
        let listener = &mut self.listeners[at as usize];
        if listener.queue.len() + listener.pending >= listener.backlog {
            // Full: the SYN is lost, and will come again.
            return true;
        }
        listener.pending += 1;
        let mut end = End::new(process, port, State::Accepting, &self.config);
        end.listener = Some(at);
        end.edge = edge;
        self.ports.take(process, port);
        *self.end_mut(slot, 1) = end;
        self.send_syn(slot, 1, false, now);
        self.arm(slot, 1);
        true
    }

    /// The last step of the handshake: the connection waits for its program.
    pub(super) fn admitted(&mut self, slot: u32) {
        let Some(at) = self.end_mut(slot, 1).listener else { return };
        let listener = &mut self.listeners[at as usize];
        listener.pending = listener.pending.saturating_sub(1);
        listener.queue.push_back(slot);
        let wakes = &mut self.wakes;
        listener.readers.wake(|w| wakes.push(w));
    }
}
