//! Streams: TCP as two state machines a connection, which say what to send, when to be called, and whom to wake.
//!
//! | file | job |
//! |---|---|
//! | `mod.rs` | the tables of connections and listeners; how processes and machines end |
//! | `calls.rs` | what a program does: connect, listen, accept, read, write, shut down, close |
//! | `send.rs` | what is sent and sent again: windows, retransmission, congestion |
//! | `receive.rs` | what a segment does to the end that it reaches |
//! | `end.rs`, `ring.rs`, `segment.rs` | one end; the bytes of one direction; what is on its way |
//! | `standing.rs` | what polls want to know, and who watches |
//! | `ports.rs`, `config.rs` | who has which port; sizes and patience |
//!
//! May: deliver a stream late, in other pieces than it was written, and end it: by its peer's word, when nothing was
//! heard for too long, when the peer's machine has forgotten it.
//!
//! Must never: lose, double, swap or change a byte of a stream that goes on; run without a bound; draw anything: loss,
//! latency and segmentation are the links'.
//!
//! A connection knows both its ends, so that a segment names it by its slot. What travels is one packet a segment on the
//! links, each with its own fate: the retransmission of what was lost is the machine's work, as on a real one. It is
//! TCP as RFC 9293 has it, with RFC 6298 (timeouts), 5681 and 6582 (congestion: slow start, fast retransmit, `NewReno`),
//! 1122 (delayed acknowledgements, keepalive), without sequence numbers that wrap, urgent data and Nagle's algorithm.

mod calls;
mod config;
mod end;
mod ports;
mod receive;
mod ring;
mod segment;
mod send;
mod standing;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;

pub(crate) use calls::StreamOptions;
pub use config::TcpConfig;
pub(crate) use end::Keepalive;
pub(crate) use segment::{ACK, FIN, Outgoing, PROBE, RST, SYN, Segment, Segments};
pub(crate) use standing::Standing;

use crate::base::{ProcessId, Time};
use crate::kernel::task::{Waiter, Waiters};
use end::{End, State};
use ports::Ports;
use ring::Ring;

/// Names one end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StreamId {
    slot: u32,
    generation: u32,
    side: u8,
}

/// Names a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListenerId {
    slot: u32,
    generation: u32,
}

/// Both ends, and the bytes that each has sent.
#[derive(Debug)]
struct Connection {
    generation: u32,
    in_use: bool,
    /// Both ends are on the loopback of one process.
    loopback: bool,
    ends: [End; 2],
    rings: [Ring; 2],
}

impl Connection {
    /// Whether it is a living one from one address to the other.
    fn joins(&self, from: (ProcessId, u16), to: (ProcessId, u16)) -> bool {
        let [a, b] = self.ends.each_ref().map(|e| (e.process, e.port));
        self.in_use && self.ends.iter().any(End::is_live) && (from == a && to == b || from == b && to == a)
    }
}

#[derive(Debug)]
struct Listener {
    generation: u32,
    open: bool,
    process: ProcessId,
    backlog: usize,
    /// Connections that are being made.
    pending: usize,
    /// Connections that wait for the program: slots of connections.
    queue: VecDeque<u32>,
    readers: Waiters,
}

/// All streams of a run.
#[derive(Debug, Default)]
pub(crate) struct Tcp {
    pub(crate) config: TcpConfig,
    connections: Vec<Connection>,
    free: Vec<u32>,
    listeners: Vec<Listener>,
    ports: Ports,
    /// What travels, by the packets' `segment`.
    pub(crate) segments: Segments,
    /// The end from which bytes were read just now, as its timers name it.
    pub(crate) read_at: Option<u32>,
    // ---- what is left for the network to do
    pub(super) outgoing: Vec<Outgoing>,
    pub(super) timers: Vec<(Time, u32)>,
    pub(super) wakes: Vec<Waiter>,
    pub(super) garbage: Vec<Waiter>,
}

impl Tcp {
    /// Whether nothing is left for the network to do.
    #[inline]
    pub(super) const fn is_calm(&self) -> bool {
        let sends = !self.outgoing.is_empty() || !self.timers.is_empty();
        !sends && self.wakes.is_empty() && self.garbage.is_empty()
    }

    /// What a segment carries, for rules and the trace; nothing when it has been received meanwhile.
    pub(crate) fn payload(&self, s: &Segment) -> &[u8] {
        match self.connections.get(s.slot as usize) {
            Some(c) if c.generation == s.generation && s.len > 0 => {
                c.rings[1 - usize::from(s.to)].try_piece(s.seq, s.seq + u64::from(s.len))
            }
            _ => &[],
        }
    }

    fn open(&mut self, ends: [End; 2]) -> (u32, u32) {
        for end in &ends {
            if end.state != State::Absent {
                self.ports.take(end.process, end.port);
            }
        }
        let slot = self.free.pop().unwrap_or(self.connections.len() as u32);
        match self.connections.get_mut(slot as usize) {
            Some(c) => {
                c.generation += 1;
                (c.in_use, c.ends) = (true, ends);
            }
            None => self.connections.push(Connection {
                generation: 1,
                in_use: true,
                loopback: false,
                ends,
                rings: Default::default(),
            }),
        }
        (slot, self.connections[slot as usize].generation)
    }

    /// The connection and the end that a program holds.
    #[inline]
    fn held(&mut self, id: StreamId) -> io::Result<(&mut Connection, usize)> {
        match self.connections.get_mut(id.slot as usize) {
            Some(c) if c.generation == id.generation && c.ends[usize::from(id.side)].owned => {
                Ok((c, usize::from(id.side)))
            }
            _ => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    #[inline]
    fn end_mut(&mut self, slot: u32, side: usize) -> &mut End {
        &mut self.connections[slot as usize].ends[side]
    }

    /// A waiter that nobody needs any more is dropped where user code may run.
    #[inline]
    fn discard(&mut self, unused: Option<Waiter>) {
        if let Some(unused) = unused {
            self.garbage.push(unused);
        }
    }

    /// Everyone who waits for this end looks again.
    fn wake(&mut self, slot: u32, side: usize) {
        self.wake_readers(slot, side);
        self.wake_writers(slot, side);
    }

    #[inline]
    fn wake_readers(&mut self, slot: u32, side: usize) {
        let (wakes, end) = (&mut self.wakes, &mut self.connections[slot as usize].ends[side]);
        end.readers.wake(|w| wakes.push(w));
        end.watchers.wake(|w| wakes.push(w));
    }

    #[inline]
    fn wake_writers(&mut self, slot: u32, side: usize) {
        let (wakes, end) = (&mut self.wakes, &mut self.connections[slot as usize].ends[side]);
        end.writers.wake(|w| wakes.push(w));
        if end.starved {
            end.starved = false;
            end.watchers.wake(|w| wakes.push(w));
        }
    }

    /// Makes sure that the end is called when something is due.
    #[inline]
    fn arm(&mut self, slot: u32, side: usize) {
        let end = &mut self.connections[slot as usize].ends[side];
        if let Some(due) = end.arm() {
            self.timers.push((due, slot << 1 | side as u32));
        }
    }

    /// An end is over: it sends nothing more and takes nothing more in. What it has received can still be read.
    fn finish(&mut self, slot: u32, side: usize, state: State, error: Option<io::ErrorKind>) {
        let end = self.end_mut(slot, side);
        if matches!(end.state, State::Closed | State::Absent) {
            return;
        }
        let was = std::mem::replace(&mut end.state, state);
        end.disarm();
        end.error = end.error.or(error);
        let (process, port, listener) = (end.process, end.port, end.listener);
        if was == State::Accepting {
            end.listener = None;
        }
        // Who waits holds its port for a while, however long its peer keeps its own end.
        if was != State::TimeWait {
            self.ports.release(process, port);
        }
        if was == State::Accepting
            && let Some(l) = listener.and_then(|l| self.listeners.get_mut(l as usize))
        {
            l.pending = l.pending.saturating_sub(1);
        }
        self.wake(slot, side);
        self.forget(slot);
    }

    /// Gives the slot of a connection back when nobody will ask for it.
    fn forget(&mut self, slot: u32) {
        let c = &mut self.connections[slot as usize];
        let over = |e: &End| e.is_orphan() && matches!(e.state, State::Absent | State::Closed | State::TimeWait);
        if !c.in_use || !c.ends.iter().all(over) {
            return;
        }
        c.in_use = false;
        // Segments that are under way must not find it.
        c.generation += 1;
        c.rings = Default::default();
        for side in 0..2 {
            let end = &mut self.connections[slot as usize].ends[side];
            end.ahead = vec![];
            end.state = State::Closed;
        }
        self.free.push(slot);
    }

    /// A process ends: its machine closes what it had, or has lost its power and forgets it.
    pub(crate) fn end_process(&mut self, process: ProcessId, power_loss: bool, now: Time) {
        for slot in 0..self.listeners.len() as u32 {
            if self.listeners[slot as usize].open && self.listeners[slot as usize].process == process {
                self.shut_listener(slot, power_loss, now);
            }
        }
        for slot in 0..self.connections.len() as u32 {
            for side in 0..2 {
                let c = &mut self.connections[slot as usize];
                if !c.in_use || c.ends[side].process != process {
                    continue;
                }
                let end = &mut c.ends[side];
                self.garbage.extend(end.take_waiters());
                if power_loss {
                    end.owned = false;
                    end.abortive = false;
                    self.finish(slot, side, State::Absent, None);
                    // A closed one is forgotten as well.
                    self.forget(slot);
                } else if end.owned {
                    self.close_end(slot, side, now);
                }
            }
        }
        if power_loss {
            self.ports.forget(process);
        }
    }

    /// All connections of a process are reset, as something between the machines may do it: both ends are told. Gives
    /// how many there were.
    pub(crate) fn reset_all(&mut self, process: ProcessId) -> u64 {
        let mut reset = 0;
        for slot in 0..self.connections.len() as u32 {
            let c = &self.connections[slot as usize];
            let concerned = c.in_use && c.ends.iter().any(|e| e.process == process && e.is_live());
            if concerned {
                reset += 1;
                for side in 0..2 {
                    if self.end_mut(slot, side).is_live() {
                        self.finish(slot, side, State::Closed, Some(io::ErrorKind::ConnectionReset));
                    }
                }
            }
        }
        reset
    }

    /// Whether an end has a peer, as far as it knows.
    pub(crate) fn is_connected(&mut self, id: StreamId) -> bool {
        self.held(id).is_ok_and(|(c, side)| c.ends[side].is_live())
    }

    /// Where an end is, its own address and its peer's; and whether that is on the loopback.
    pub(crate) fn addresses(&mut self, id: StreamId) -> io::Result<([(ProcessId, u16); 2], bool)> {
        let (c, side) = self.held(id)?;
        Ok(([side, 1 - side].map(|s| (c.ends[s].process, c.ends[s].port)), c.loopback))
    }

    /// How many connections there are, for tests and reports.
    #[cfg(test)]
    pub(crate) fn connections(&self) -> usize {
        self.connections.iter().filter(|c| c.in_use).count()
    }
}
