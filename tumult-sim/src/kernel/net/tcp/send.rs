//! What is sent, and sent again: windows, retransmission, congestion, and what timers do.

use std::io;
use std::time::Duration;

use super::config::{ORPHAN_RETRIES, SYN_ACK_RETRIES};
use super::end::State;
use super::segment::{ACK, FIN, PROBE, RST, SYN};
use super::{Outgoing, Segment, Tcp};
use crate::base::{Time, nanos};

/// So many acknowledgements of the same position mean that what follows it was lost (RFC 5681, 3.2).
const DUPLICATES: u32 = 3;

impl Tcp {
    /// Leaves a segment to the network. All but a SYN say what has arrived.
    #[inline]
    pub(super) fn emit(&mut self, slot: u32, side: usize, flags: u8, seq: u64, len: u32, now: Time) {
        let config = &self.config;
        let c = &mut self.connections[slot as usize];
        let generation = c.generation;
        let [from, to] = [side, 1 - side].map(|s| (c.ends[s].process, c.ends[s].port));
        let end = &mut c.ends[side];
        let edge = end.room(config);
        let flags = if flags == SYN { flags } else { flags | ACK };
        (end.told, end.unacknowledged, end.ack_at) = (edge, 0, Time::MAX);
        let segment =
            Segment { slot, generation, to: 1 - side as u8, flags, seq, len, split: 0, ack: end.acknowledges(), edge };
        if end.timed.is_none() && (len > 0 || flags & (SYN | FIN) != 0) && seq >= end.sent {
            end.timed = Some((seq + u64::from(len) + u64::from(flags & FIN != 0), now));
        }
        self.outgoing.push(Outgoing { from, to, segment });
    }

    pub(super) fn acknowledge(&mut self, slot: u32, side: usize, now: Time) {
        self.say(slot, side, ACK, now);
    }

    /// A segment without bytes, from where the end is.
    pub(super) fn say(&mut self, slot: u32, side: usize, flags: u8, now: Time) {
        let next = self.end_mut(slot, side).next;
        self.emit(slot, side, flags, next, 0, now);
    }

    /// Begins the handshake, or answers that, for the first time or once more.
    pub(super) fn send_syn(&mut self, slot: u32, side: usize, again: bool, now: Time) {
        self.emit(slot, side, if side == 0 { SYN } else { SYN | ACK }, 0, 0, now);
        let end = self.end_mut(slot, side);
        if again {
            // What is sent twice is not timed (Karn's algorithm).
            end.timed = None;
        }
        end.await_answer(now);
    }

    /// Sends what the windows allow.
    pub(super) fn output(&mut self, slot: u32, side: usize, now: Time) {
        let c = &self.connections[slot as usize];
        let (end, written) = (&c.ends[side], c.rings[side].end());
        if end.state != State::Open {
            return;
        }
        let idle = end.next == end.acked;
        // After most acknowledgements nothing is left, neither to send nor to be acknowledged.
        if !idle || end.next != written || end.ending {
            self.send_on(slot, side, idle, now);
        }
        self.arm(slot, side);
    }

    /// Sends what the windows allow; `idle`: nothing was under way.
    fn send_on(&mut self, slot: u32, side: usize, idle: bool, now: Time) {
        let longest = u64::from(self.config.segment);
        // Bounded: each round sends something, and the ring and the windows are.
        loop {
            let c = &mut self.connections[slot as usize];
            let (end, ring) = (&mut c.ends[side], &c.rings[side]);
            let written = ring.end();
            let limit = end.edge.min(end.acked + end.window);
            if end.next < written && end.next < limit {
                let left = written - end.next;
                let len = left.min(longest).min(limit - end.next).min(ring.side_by_side(end.next));
                // A window that is nearly closed is not worth a segment while others are under way (RFC 9293, 3.8.6.2).
                if limit - end.next < left.min(longest) && end.next > end.acked {
                    break;
                }
                let seq = end.next;
                let last = seq + len == written && end.ending;
                self.emit(slot, side, if last { FIN } else { ACK }, seq, len as u32, now);
                let end = self.end_mut(slot, side);
                end.next = seq + len + u64::from(last);
            } else if end.ending && end.next == written {
                let seq = end.next;
                self.emit(slot, side, FIN, seq, 0, now);
                self.end_mut(slot, side).next = seq + 1;
            } else {
                break;
            }
            let end = self.end_mut(slot, side);
            end.sent = end.sent.max(end.next);
        }
        let c = &mut self.connections[slot as usize];
        let end = &mut c.ends[side];
        let in_flight = end.next > end.acked;
        // In flight, or kept from it by a closed window: then it is asked for.
        if in_flight && idle || end.rto_at == Time::MAX && (in_flight || end.next < c.rings[side].end()) {
            end.await_answer(now);
        }
    }

    /// What the peer has said to have received, and how much room it has.
    #[inline]
    pub(super) fn acknowledged(&mut self, slot: u32, side: usize, s: &Segment, now: Time) {
        let Self { config, connections, .. } = self;
        let longest = u64::from(config.segment);
        let c = &mut connections[slot as usize];
        let (end, written) = (&mut c.ends[side], c.rings[side].end());
        if s.ack > end.sent {
            return;
        }
        let wider = s.edge > end.edge;
        end.edge = end.edge.max(s.edge);
        if s.ack > end.acked {
            let newly = s.ack - end.acked;
            end.acked = s.ack;
            end.next = end.next.max(s.ack);
            (end.retries, end.duplicates) = (0, 0);
            if let Some((upto, at)) = end.timed
                && s.ack >= upto
            {
                end.timed = None;
                end.measure(at, now, config);
            }
            let mut again = false;
            match end.recover {
                Some(upto) if s.ack < upto => again = true,
                Some(_) => {
                    end.recover = None;
                    end.window = end.threshold;
                }
                None if end.window < end.threshold => end.window += newly.min(longest),
                None => end.window += (longest * longest / end.window).max(1),
            }
            // More than both buffers is never of use, and the numbers stay small.
            end.window = end.window.min((config.send_buffer + config.receive_buffer).max(longest) * 4);
            if end.next > end.acked || end.next < written {
                end.await_answer(now);
            } else {
                end.rto_at = Time::MAX;
            }
            let roomy = (written - end.acked.min(written)) * 3 <= config.send_buffer * 2;
            if again {
                self.repeat(slot, side, now);
            }
            self.release(slot, side);
            if roomy {
                self.wake_writers(slot, side);
            }
            self.output(slot, side, now);
        } else if wider {
            end.retries = 0;
            if end.next == end.acked {
                // The patience of probes is not that of retransmissions.
                end.relax(config);
            }
            self.output(slot, side, now);
        } else if s.is_bare() && s.ack == end.acked && end.next > end.acked {
            end.duplicates += 1;
            if end.duplicates == DUPLICATES && end.recover.is_none() {
                end.threshold = ((end.next - end.acked) / 2).max(2 * longest);
                end.window = end.threshold;
                end.recover = Some(end.sent);
                self.repeat(slot, side, now);
            }
        } else if end.next == end.acked && end.next < written {
            // The answer to a probe: the window is still closed, and the peer is there.
            end.retries = 0;
        }
    }

    /// Sends the first segment again that was not acknowledged.
    fn repeat(&mut self, slot: u32, side: usize, now: Time) {
        let longest = u64::from(self.config.segment);
        let c = &mut self.connections[slot as usize];
        let (end, ring) = (&mut c.ends[side], &c.rings[side]);
        // What is sent twice is not timed (Karn's algorithm).
        end.timed = None;
        let seq = end.acked;
        let len = ring.end().saturating_sub(seq).min(longest).min(end.sent - seq).min(ring.side_by_side(seq));
        let last = end.ending && seq + len == ring.end();
        let next = end.next;
        self.emit(slot, side, if last { FIN } else { ACK }, seq, len as u32, now);
        let end = self.end_mut(slot, side);
        end.timed = None;
        end.next = next.max(seq + len + u64::from(last));
        end.sent = end.sent.max(end.next);
    }

    /// Bytes that were acknowledged and read make room.
    #[inline]
    pub(super) fn release(&mut self, slot: u32, sender: usize) {
        let c = &mut self.connections[slot as usize];
        let (from, to, ring) = (&c.ends[sender], &c.ends[1 - sender], &mut c.rings[sender]);
        let sent = if from.is_live() { from.acked } else { u64::MAX };
        let read = if to.owned || to.listener.is_some() || to.is_live() { to.read } else { u64::MAX };
        ring.release(sent.min(read));
    }

    /// An entry of the queue is due.
    pub(crate) fn timer(&mut self, key: u32, at: Time) {
        let (slot, side) = (key >> 1, key as usize & 1);
        let Some(c) = self.connections.get_mut(slot as usize) else { return };
        let end = &mut c.ends[side];
        if !c.in_use || !end.called(at) {
            return;
        }
        if end.ack_at <= at {
            self.acknowledge(slot, side, at);
        }
        if self.end_mut(slot, side).alive_at <= at {
            self.alive(slot, side, at);
        }
        if self.end_mut(slot, side).rto_at <= at {
            self.timed_out(slot, side, at);
        }
        self.arm(slot, side);
    }

    /// Nothing was heard for too long.
    fn timed_out(&mut self, slot: u32, side: usize, now: Time) {
        let Self { config, connections, .. } = self;
        let end = &mut connections[slot as usize].ends[side];
        let limit = match end.state {
            State::Connecting => config.syn_retries,
            State::Accepting => SYN_ACK_RETRIES,
            _ if end.is_orphan() => ORPHAN_RETRIES.min(config.retries),
            _ => config.retries,
        };
        // The first probe of a closed window repeats nothing.
        let limit = limit + u32::from(end.state == State::Open && end.next == end.acked);
        if end.retries == 0 {
            end.stalled_at = Time::from_nanos(now.as_nanos().saturating_sub(end.rto));
        }
        let out_of_patience = end.patience.is_some_and(|p| now >= end.stalled_at + p);
        // Patience takes the place of the number; of a SYN's it is one more limit.
        let too_often = end.retries >= limit && (end.patience.is_none() || end.state == State::Connecting);
        if too_often || out_of_patience {
            return self.finish(slot, side, State::Closed, Some(io::ErrorKind::TimedOut));
        }
        end.retries += 1;
        end.rto = end.rto.saturating_mul(2).min(nanos(config.rto_max));
        end.await_answer(now);
        if let Some(patience) = end.patience {
            end.rto_at = end.rto_at.min(end.stalled_at + patience);
        }
        match end.state {
            State::Connecting | State::Accepting => {
                self.send_syn(slot, side, true, now);
            }
            State::Open if end.next > end.acked => {
                // Everything under way is taken for lost; what did arrive is said by the next acknowledgement.
                let longest = u64::from(config.segment);
                end.threshold = ((end.next - end.acked) / 2).max(2 * longest);
                end.window = longest;
                (end.recover, end.duplicates) = (None, 0);
                end.next = end.acked;
                self.repeat(slot, side, now);
            }
            State::Open => {
                self.say(slot, side, PROBE, now);
            }
            _ => {}
        }
    }

    /// A silent peer is probed, or given up; or one that does not close is not waited for any more.
    fn alive(&mut self, slot: u32, side: usize, now: Time) {
        let c = &mut self.connections[slot as usize];
        let (end, written) = (&mut c.ends[side], c.rings[side].end());
        end.alive_at = Time::MAX;
        if end.is_orphan() {
            return self.finish(slot, side, State::Closed, None);
        }
        let Some(k) = end.keepalive.filter(|_| end.is_live()) else { return };
        if end.next > end.acked || end.next < written {
            // What is sent again until it is acknowledged asks already, with its own patience.
            end.alive_at = now + k.idle.max(Duration::from_nanos(1));
            return;
        }
        let silent = k.idle + k.interval * end.probes;
        let give_up = match end.patience {
            Some(patience) => end.probes > 0 && silent >= patience,
            None => end.probes >= k.count,
        };
        if give_up {
            self.say(slot, side, RST, now);
            return self.finish(slot, side, State::Closed, Some(io::ErrorKind::TimedOut));
        }
        end.probes += 1;
        end.alive_at = now + k.interval.max(Duration::from_nanos(1));
        self.say(slot, side, PROBE, now);
    }
}
