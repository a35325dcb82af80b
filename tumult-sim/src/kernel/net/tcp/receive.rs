//! What a segment does to the end that it reaches.

use std::io;

use super::config::FIN_WAIT;
use super::end::State;
use super::segment::{ACK, FIN, PROBE, RST, SYN};
use super::{Segment, Tcp};
use crate::base::Time;

/// So many segments are acknowledged at once (RFC 9293, 3.8.6.3).
const ACKNOWLEDGE_EVERY: u32 = 2;

impl Tcp {
    /// A segment has arrived. `changed`: other bytes than were written, when a rule or a fault rewrote them. False: its
    /// connection is forgotten.
    pub(crate) fn arrive(&mut self, s: Segment, changed: Option<&[u8]>, now: Time) -> bool {
        let (slot, side) = (s.slot, usize::from(s.to));
        match self.connections.get(slot as usize) {
            Some(c) if c.generation == s.generation && c.in_use => {}
            _ => return false,
        }
        match self.end_mut(slot, side).state {
            State::Absent | State::Closed => self.arrive_at_nobody(slot, side, &s, now),
            State::TimeWait if s.flags & (FIN | PROBE) != 0 => self.acknowledge(slot, side, now),
            State::TimeWait => {}
            _ if s.flags & RST != 0 => self.was_reset(slot, side),
            State::Connecting if s.flags & SYN != 0 => self.was_answered(slot, side, &s, now),
            State::Connecting => {}
            State::Accepting if s.flags & SYN != 0 => self.send_syn(slot, side, true, now),
            State::Accepting => {
                self.connections[slot as usize].ends[side].opened(now, &self.config);
                self.admitted(slot);
                self.arrive_open(slot, side, &s, changed, now);
            }
            // The answer to a SYN again: ours to it was lost.
            State::Open if s.flags & SYN != 0 => self.acknowledge(slot, side, now),
            State::Open => self.arrive_open(slot, side, &s, changed, now),
        }
        true
    }

    fn arrive_at_nobody(&mut self, slot: u32, side: usize, s: &Segment, now: Time) {
        if s.flags & RST != 0 {
            return;
        }
        let waits = self.end_mut(slot, 1 - side).state == State::Connecting;
        if s.flags == SYN && side == 1 && waits && self.end_mut(slot, side).listener.is_none() {
            if self.admit(slot, s.edge, now) {
                return;
            }
        } else if s.flags == SYN && !waits {
            return;
        }
        self.say(slot, side, RST, now);
    }

    fn was_reset(&mut self, slot: u32, side: usize) {
        let end = self.end_mut(slot, side);
        let error = match end.state {
            State::Connecting => io::ErrorKind::ConnectionRefused,
            // After the peer's FIN Linux says that it was too late to write.
            _ if end.finished => io::ErrorKind::BrokenPipe,
            _ => io::ErrorKind::ConnectionReset,
        };
        self.finish(slot, side, State::Closed, Some(error));
    }

    fn was_answered(&mut self, slot: u32, side: usize, s: &Segment, now: Time) {
        let end = &mut self.connections[slot as usize].ends[side];
        end.opened(now, &self.config);
        end.edge = s.edge;
        self.acknowledge(slot, side, now);
        self.wake(slot, side);
        self.output(slot, side, now);
    }

    #[inline]
    fn arrive_open(&mut self, slot: u32, side: usize, s: &Segment, changed: Option<&[u8]>, now: Time) {
        let end = self.end_mut(slot, side);
        if let Some(k) = end.keepalive {
            end.alive_at = now + k.idle;
            end.probes = 0;
        }
        if s.flags & ACK != 0 {
            self.acknowledged(slot, side, s, now);
        }
        let end = self.end_mut(slot, side);
        let nobody = end.is_orphan();
        let refuses = nobody || end.deaf && end.ending;
        if s.len > 0 {
            let new = s.seq + u64::from(s.len) > self.end_mut(slot, side).received;
            if refuses && new {
                // The program is gone, or has shut both directions: the peer must not believe that someone reads this
                // (RFC 9293, 3.6.1).
                self.say(slot, side, RST, now);
                let error = (!nobody).then_some(io::ErrorKind::ConnectionReset);
                return self.finish(slot, side, State::Closed, error);
            }
            self.take_in(slot, side, s, changed, now);
        }
        if s.flags & FIN != 0 {
            self.end_mut(slot, side).fin_at = Some(s.seq + u64::from(s.len));
        }
        let end = self.end_mut(slot, side);
        if end.fin_at == Some(end.received) && !end.finished {
            end.finished = true;
            self.acknowledge(slot, side, now);
            self.wake_readers(slot, side);
        } else if s.flags & PROBE != 0 || s.flags & FIN != 0 {
            self.acknowledge(slot, side, now);
        }
        self.maybe_over(slot, side, now);
        self.arm(slot, side);
    }

    /// Takes in the bytes of a segment, as far as they are new and there is room.
    #[inline]
    fn take_in(&mut self, slot: u32, side: usize, s: &Segment, changed: Option<&[u8]>, now: Time) {
        let Self { config, connections, .. } = self;
        let c = &mut connections[slot as usize];
        let (end, ring) = (&mut c.ends[side], &mut c.rings[1 - side]);
        let (start, upto) = (s.seq.max(end.received), (s.seq + u64::from(s.len)).min(end.room(config)));
        if start >= upto {
            // It was here before, or there is no room: the peer is told where we are.
            return self.acknowledge(slot, side, now);
        }
        if let Some(bytes) = changed {
            ring.overwrite(start, &bytes[(start - s.seq) as usize..(upto - s.seq) as usize]);
        }
        if s.seq > end.received {
            end.keep_ahead(start, upto);
            return self.acknowledge(slot, side, now);
        }
        let gap = !end.ahead.is_empty();
        end.advance(upto);
        end.unacknowledged += 1;
        if gap || end.unacknowledged >= ACKNOWLEDGE_EVERY {
            self.acknowledge(slot, side, now);
        } else {
            end.ack_at = end.ack_at.min(now + config.delayed_ack);
        }
        self.wake_readers(slot, side);
    }

    /// Both directions may have ended.
    #[inline]
    fn maybe_over(&mut self, slot: u32, side: usize, now: Time) {
        let time_wait = self.config.time_wait;
        let c = &mut self.connections[slot as usize];
        let written = c.rings[side].end();
        let end = &mut c.ends[side];
        if end.state != State::Open || !end.ending || end.acked != written + 1 {
            return;
        }
        if !end.finished {
            if end.is_orphan() && end.alive_at == Time::MAX {
                end.alive_at = now + FIN_WAIT;
            }
            return;
        }
        // Who ended first waits: its last acknowledgement may be lost.
        let peer = &c.ends[1 - side];
        if peer.state == State::Open && !(peer.ending && peer.acked == c.rings[1 - side].end() + 1) {
            let (process, port) = (c.ends[side].process, c.ends[side].port);
            self.ports.hold(process, port, now + time_wait);
            self.finish(slot, side, State::TimeWait, None);
        } else {
            self.finish(slot, side, State::Closed, None);
        }
    }
}
