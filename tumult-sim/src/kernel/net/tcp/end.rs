//! One end of a connection: what it has sent, what it has received, and where it is in its life.

use std::io;
use std::time::Duration;

use super::config::{FIRST_WINDOW_SEGMENTS, RTO_FIRST, RTO_UNMEASURED, TcpConfig};
use crate::base::{ProcessId, Time, nanos};
use crate::kernel::task::{Waiter, Waiters};

/// Where an end is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// There is nobody: not yet, or the machine has lost its power since.
    Absent,
    /// A SYN is under way.
    Connecting,
    /// A SYN was answered, and the answer to that is awaited.
    Accepting,
    Open,
    /// It closed first, and answers what its peer may repeat.
    TimeWait,
    Closed,
}

/// Probing a silent peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keepalive {
    pub(crate) idle: Duration,
    pub(crate) interval: Duration,
    pub(crate) count: u32,
}

/// One end of a connection. What is true or not of it is not one state but many, as in RFC 9293.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is independent of the others")]
pub(super) struct End {
    pub(super) process: ProcessId,
    pub(super) port: u16,
    pub(super) state: State,
    /// A program holds it.
    pub(super) owned: bool,
    /// What the program is told once.
    pub(super) error: Option<io::ErrorKind>,
    /// The listener that it waits at, when it was accepted by the machine and not yet by the program.
    pub(super) listener: Option<u32>,

    // ---- sending. Positions: acknowledged <= next <= end of the ring, plus one for the FIN.
    pub(super) acked: u64,
    pub(super) next: u64,
    /// How far `next` ever was.
    pub(super) sent: u64,
    /// The program will write no more.
    pub(super) ending: bool,
    /// Where the peer's room ends.
    pub(super) edge: u64,
    pub(super) window: u64,
    pub(super) threshold: u64,
    pub(super) duplicates: u32,
    /// Until this is acknowledged, a loss is being mended.
    pub(super) recover: Option<u64>,
    /// Round trips and the timeout, in nanoseconds: reckoned with for each segment, and a `Duration` is two numbers.
    pub(super) srtt: Option<u64>,
    pub(super) rttvar: u64,
    pub(super) rto: u64,
    /// The segment whose acknowledgement is timed: its end, and when it was sent.
    pub(super) timed: Option<(u64, Time)>,
    pub(super) retries: u32,

    // ---- receiving. Positions: read <= received.
    pub(super) received: u64,
    pub(super) read: u64,
    /// What came ahead of its turn: ranges, sorted, apart.
    pub(super) ahead: Vec<(u64, u64)>,
    /// Where the peer's stream ends, when it has said so.
    pub(super) fin_at: Option<u64>,
    /// Everything up to the FIN has arrived.
    pub(super) finished: bool,
    /// The program has shut it for reading: it does not wait for what has not come yet.
    pub(super) deaf: bool,
    /// The edge that the peer was told last.
    pub(super) told: u64,
    /// Segments that were not acknowledged yet.
    pub(super) unacknowledged: u32,

    // ---- timers
    pub(super) rto_at: Time,
    pub(super) ack_at: Time,
    /// The next probe of a silent peer, or the end of waiting for one that does not close.
    pub(super) alive_at: Time,
    /// The events in the queue, the next one first: what is earlier than all of them needs one more.
    pub(super) armed: [Time; 3],

    pub(super) keepalive: Option<Keepalive>,
    pub(super) probes: u32,
    /// Closing resets the connection.
    pub(super) abortive: bool,
    /// How long what was sent may go unacknowledged, if that is not a number of retransmissions; and since when it does.
    pub(super) patience: Option<Duration>,
    pub(super) stalled_at: Time,

    pub(super) readers: Waiters,
    pub(super) writers: Waiters,
    /// Those who want to know of changes, in whatever direction; of room only when there was none.
    pub(super) watchers: Waiters,
    /// There was no room, or little, when somebody asked.
    pub(super) starved: bool,
}

impl End {
    pub(super) fn new(process: ProcessId, port: u16, state: State, config: &TcpConfig) -> Self {
        Self {
            process,
            port,
            state,
            owned: false,
            error: None,
            listener: None,
            acked: 0,
            next: 0,
            sent: 0,
            ending: false,
            edge: 0,
            window: FIRST_WINDOW_SEGMENTS * u64::from(config.segment),
            threshold: u64::MAX,
            duplicates: 0,
            recover: None,
            srtt: None,
            rttvar: 0,
            rto: nanos(RTO_FIRST.clamp(config.rto_min, config.rto_max)),
            timed: None,
            retries: 0,
            received: 0,
            read: 0,
            ahead: vec![],
            fin_at: None,
            finished: false,
            deaf: false,
            told: 0,
            unacknowledged: 0,
            rto_at: Time::MAX,
            ack_at: Time::MAX,
            alive_at: Time::MAX,
            armed: [Time::MAX; 3],
            keepalive: None,
            probes: 0,
            abortive: false,
            patience: None,
            stalled_at: Time::MAX,
            readers: Waiters::default(),
            writers: Waiters::default(),
            watchers: Waiters::default(),
            starved: false,
        }
    }

    /// All who wait for it, in whatever way: none is left.
    pub(super) fn take_waiters(&mut self) -> impl Iterator<Item = Waiter> + use<> {
        [self.readers.take(), self.writers.take(), self.watchers.take()].into_iter().flatten()
    }

    /// Whether a segment may still change it.
    pub(super) const fn is_live(&self) -> bool {
        matches!(self.state, State::Connecting | State::Accepting | State::Open)
    }

    /// Whether no program holds it, and none will.
    pub(super) const fn is_orphan(&self) -> bool {
        !self.owned && self.listener.is_none()
    }

    /// Bytes that can be read now.
    pub(super) const fn readable(&self) -> u64 {
        self.received - self.read
    }

    /// What it tells its peer to have received; a FIN counts as one.
    pub(super) const fn acknowledges(&self) -> u64 {
        self.received + self.finished as u64
    }

    /// Where its room ends.
    pub(super) const fn room(&self, config: &TcpConfig) -> u64 {
        self.read + config.receive_buffer
    }

    /// Takes in a round trip that began then (RFC 6298, 2.2 to 2.4).
    #[inline]
    pub(super) fn measure(&mut self, began: Time, now: Time, config: &TcpConfig) {
        let took = now.as_nanos().saturating_sub(began.as_nanos());
        match self.srtt {
            None => {
                self.srtt = Some(took);
                self.rttvar = took / 2;
            }
            Some(srtt) => {
                self.rttvar = (self.rttvar * 3 + srtt.abs_diff(took)) / 4;
                self.srtt = Some((srtt * 7 + took) / 8);
            }
        }
        self.relax(config);
    }

    /// The timeout is what the round trips say, no longer what losses made of it.
    #[inline]
    pub(super) fn relax(&mut self, config: &TcpConfig) {
        let rto = self.srtt.map_or_else(|| nanos(RTO_UNMEASURED), |srtt| srtt + self.rttvar * 4);
        self.rto = rto.clamp(nanos(config.rto_min), nanos(config.rto_max));
    }

    /// What was sent is sent again after the timeout, unless it is acknowledged.
    #[inline]
    pub(super) const fn await_answer(&mut self, now: Time) {
        self.rto_at = Time::from_nanos(now.as_nanos().saturating_add(self.rto));
    }

    /// The handshake is done: it was the first round trip, if nothing of it was repeated.
    pub(super) fn opened(&mut self, now: Time, config: &TcpConfig) {
        match self.timed.take() {
            Some((_, at)) => self.measure(at, now, config),
            None => self.relax(config),
        }
        (self.state, self.rto_at, self.retries) = (State::Open, Time::MAX, 0);
        self.alive_at = self.keepalive.map_or(Time::MAX, |k| now + k.idle);
    }

    /// Whether something is due before all events in the queue: then, one for that time is.
    #[inline]
    pub(super) fn arm(&mut self) -> Option<Time> {
        let (due, [first, second, last]) = (self.due(), self.armed);
        if due >= first {
            return None;
        }
        // There are three timers, and so seldom more than three events; one in the middle may be forgotten.
        self.armed = [due, first, if last == Time::MAX { second } else { last }];
        Some(due)
    }

    /// An event in the queue has its time. False: it is of an end that was here before, or one that was forgotten.
    #[inline]
    pub(super) fn called(&mut self, at: Time) -> bool {
        let [first, second, last] = self.armed;
        if first == at {
            self.armed = [second, last, Time::MAX];
        }
        first == at
    }

    /// Takes in a range that came ahead of its turn.
    pub(super) fn keep_ahead(&mut self, start: u64, end: u64) {
        let at = self.ahead.partition_point(|r| r.1 < start);
        let (mut start, mut end, mut last) = (start, end, at);
        while let Some(r) = self.ahead.get(last).filter(|r| r.0 <= end) {
            (start, end) = (start.min(r.0), end.max(r.1));
            last += 1;
        }
        self.ahead.splice(at..last, [(start, end)]);
    }

    /// Everything before `end` has arrived: what came ahead may follow.
    pub(super) fn advance(&mut self, end: u64) {
        self.received = end;
        let follows = self.ahead.iter().take_while(|r| r.0 <= self.received).count();
        for (_, end) in self.ahead.drain(..follows) {
            self.received = self.received.max(end);
        }
    }

    /// Timers that have no purpose any more.
    pub(super) const fn disarm(&mut self) {
        self.rto_at = Time::MAX;
        self.ack_at = Time::MAX;
        self.alive_at = Time::MAX;
    }

    /// When something is due.
    pub(super) fn due(&self) -> Time {
        self.rto_at.min(self.ack_at).min(self.alive_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end() -> End {
        End::new(ProcessId(0), 1, State::Open, &TcpConfig::default())
    }

    #[test]
    fn what_comes_ahead_is_joined_and_follows() {
        let mut e = end();
        for (a, b) in [(50, 60), (10, 20), (30, 40), (18, 32), (70, 80)] {
            e.keep_ahead(a, b);
        }
        assert_eq!(e.ahead, [(10, 40), (50, 60), (70, 80)]);
        e.advance(10);
        assert_eq!((e.received, e.ahead.len()), (40, 2));
        e.advance(55);
        assert_eq!((e.received, e.ahead.len()), (60, 1));
    }

    #[test]
    fn the_timeout_follows_the_round_trip() {
        let (mut e, config) = (end(), TcpConfig::default());
        let rto = |e: &End| Duration::from_nanos(e.rto);
        assert_eq!(rto(&e), Duration::from_secs(1));
        let (began, now) = (Time::ZERO, Time::ZERO + Duration::from_millis(100));
        e.measure(began, now, &config);
        assert_eq!(rto(&e), Duration::from_millis(300), "100 ms and four times 50 ms");
        for _ in 0..100 {
            e.measure(began, now, &config);
        }
        assert_eq!(rto(&e), config.rto_min, "never below the least");
    }
}
