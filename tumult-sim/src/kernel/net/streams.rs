//! Streams on the network: their segments as packets, their timers as events.

use std::time::Duration;

use super::packet::{NONE, REFUSAL};
use super::tcp::{ACK, FIN, PROBE, RST, SYN, Segments, Tcp};
use super::{Net, Packet, Packets};
use crate::base::{Counter, ProcessId, scale_draw};
use crate::kernel::core::Core;
use crate::kernel::time::Pending;
use crate::trace::Kind;

/// Whether a segment arrives in two pieces, and where it is cut: slots of the message's own counter.
const SPLIT: u64 = 5;
const SPLIT_AT: u64 = 6;
/// How much later the second piece arrives.
const SPLIT_BY: Duration = Duration::from_micros(50);
/// What a segment and a datagram take on the wire beyond their payload: the headers of IPv4 and TCP, or UDP.
const SEGMENT_OVERHEAD: u64 = 40;
const DATAGRAM_OVERHEAD: u64 = 28;

impl Net {
    /// Does what streams have left to do, after each call of theirs.
    #[inline]
    pub(crate) fn flush(&mut self, core: &mut Core) {
        if let Some(end) = self.tcp.read_at.take() {
            core.trace.took(end);
        }
        if !self.tcp.is_calm() {
            self.flush_all(core);
        }
    }

    fn flush_all(&mut self, core: &mut Core) {
        for &(at, key) in &self.tcp.timers {
            core.trace.due(key);
            core.queue.push(at, Pending::Stream(key));
        }
        self.tcp.timers.clear();
        // Nearly always one at the most, which needs no iterator that may be dropped half-way.
        match self.tcp.wakes.pop() {
            Some(only) if self.tcp.wakes.is_empty() => core.wake(only),
            Some(last) => self.tcp.wakes.drain(..).chain([last]).for_each(|waiter| core.wake(waiter)),
            None => {}
        }
        if !self.tcp.garbage.is_empty() {
            core.discard(std::mem::take(&mut self.tcp.garbage));
        }
        // By number: to offer one takes the network whole, and leaves nothing new here.
        for n in 0..self.tcp.outgoing.len() {
            let o = self.tcp.outgoing[n];
            let segment = self.tcp.segments.put(o.segment);
            let packet = self.packets.put(o.from, o.to, &[]);
            self.packets.get_mut(packet).segment = segment;
            self.offer(core, packet);
        }
        self.tcp.outgoing.clear();
    }

    /// A timer of a stream is due.
    pub(crate) fn stream_timer(&mut self, core: &mut Core, key: u32) {
        core.follow(core.trace.why_due(key));
        self.tcp.timer(key, core.now);
        self.flush(core);
    }

    /// All connections of a process are reset. False when it has none.
    pub(crate) fn reset_streams(&mut self, core: &mut Core, process: ProcessId) -> bool {
        let reset = self.tcp.reset_all(process);
        self.flush(core);
        reset > 0
    }

    /// A segment is at its destination.
    pub(super) fn deliver_segment(&mut self, core: &mut Core, slot: u32) {
        let p = self.packets.get_mut(slot);
        if p.segment == REFUSAL {
            return self.deliver_refusal(core, slot);
        }
        let (pair, number, segment, cause) = (core.pair(p.from.0, p.to.0), p.number, p.segment, p.cause);
        let mut s = *self.tcp.segments.get(segment);
        if s.len > 0 {
            core.trace.arrived(s.end());
        }
        if s.split > 0 {
            // The rest comes as a packet of its own, which keeps what a rule made of it.
            *self.tcp.segments.get_mut(segment) = s.rest();
            let bytes = &mut self.packets.get_mut(slot).bytes;
            let first = bytes.drain(..(s.split as usize).min(bytes.len())).collect::<Vec<_>>();
            core.queue.push(core.now + SPLIT_BY, Pending::Deliver(slot));
            s = s.first();
            core.trace.note_after(cause, core.now, (Kind::Deliver, pair, number), &[]);
            self.tcp.arrive(s, (!first.is_empty()).then_some(&first), core.now);
        } else {
            let changed = &self.packets.get(slot).bytes;
            let known = self.tcp.arrive(s, (!changed.is_empty()).then_some(changed), core.now);
            if known {
                core.trace.note_after(cause, core.now, (Kind::Deliver, pair, number), &[]);
            } else {
                let lost = (Kind::Drop, pair, (super::Drop::NoListener as u64) << 56 | number);
                core.trace.note_after(cause, core.now, lost, &[]);
            }
            self.packets.remove(slot);
            self.tcp.segments.remove(segment);
        }
        self.flush(core);
    }

    /// What a packet carries.
    pub(crate) fn payload(&self, slot: u32) -> &[u8] {
        let p = self.packets.get(slot);
        if p.segment == NONE || !p.bytes.is_empty() {
            return &p.bytes;
        }
        self.tcp.payload(self.tcp.segments.get(p.segment))
    }

    /// What a segment is there for; `None` for a datagram.
    pub(crate) fn flags(&self, slot: u32) -> Option<TcpFlags> {
        let segment = self.packets.get(slot).segment;
        (segment != NONE).then(|| TcpFlags::of(self.tcp.segments.get(segment).flags))
    }

    /// How many bytes a packet takes on its link.
    pub(super) fn size_of(packets: &Packets, tcp: &Tcp, slot: u32) -> u64 {
        let p = packets.get(slot);
        match p.segment {
            NONE => p.bytes.len() as u64 + DATAGRAM_OVERHEAD,
            segment => u64::from(tcp.segments.get(segment).len) + SEGMENT_OVERHEAD,
        }
    }
}

impl Tcp {
    /// A segment is sent: what it is, and what it carries.
    pub(super) fn note(&self, core: &mut Core, p: &mut Packet) {
        let s = self.segments.get(p.segment);
        let (ports, what) = (u64::from(p.from_port) << 16 | u64::from(p.to_port), u64::from(s.flags) << 32);
        core.trace.note(core.now, Kind::Segment, ports, what | u64::from(s.len), &[]);
        let bytes = if p.bytes.is_empty() { self.payload(s) } else { &p.bytes };
        let sent = core.trace.next();
        core.trace.note(core.now, Kind::Send, core.pair(p.from.0, p.to.0), p.number, bytes);
        p.cause = sent;
    }

    /// Whether and where a segment arrives in two, by the draws of its packet.
    #[inline]
    pub(super) fn split(&mut self, segment: u32, link: Counter, number: u64) {
        let p = self.config.split;
        let s = self.segments.get_mut(segment);
        if s.len > 1 && p.possible() {
            let key = link.below(number);
            if p.hit(key.draw(0, SPLIT)) {
                s.split = 1 + scale_draw(key.draw(0, SPLIT_AT), u64::from(s.len) - 1) as u32;
            }
        }
    }
}

impl Segments {
    /// Frees a packet's segment, if it has one.
    #[inline]
    pub(super) fn remove_if(&mut self, segment: u32) {
        if segment < REFUSAL {
            self.remove(segment);
        }
    }

    pub(super) fn copy(&mut self, segment: u32) -> u32 {
        let s = *self.get(segment);
        self.put(s)
    }
}

/// What rules and reports see of a packet that is a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "as in the header")]
pub struct TcpFlags {
    /// It opens a connection; with `ack` it answers one.
    pub syn: bool,
    /// It says what has arrived: all do but the first.
    pub ack: bool,
    /// It ends its direction of the stream.
    pub fin: bool,
    /// It ends the connection.
    pub rst: bool,
    /// It only asks whether the peer is there.
    pub probe: bool,
}

impl TcpFlags {
    pub(crate) const fn of(flags: u8) -> Self {
        Self {
            syn: flags & SYN != 0,
            ack: flags & ACK != 0,
            fin: flags & FIN != 0,
            rst: flags & RST != 0,
            probe: flags & PROBE != 0,
        }
    }
}
