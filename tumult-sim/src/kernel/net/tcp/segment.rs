//! Segments: what a stream's packets are, beside their address.

use crate::base::ProcessId;

/// Opens a connection; with ACK it answers one.
pub(crate) const SYN: u8 = 1;
/// `ack` and `edge` count.
pub(crate) const ACK: u8 = 2;
/// The sender will send no more.
pub(crate) const FIN: u8 = 4;
/// The connection is gone.
pub(crate) const RST: u8 = 8;
/// Asks for an answer, for keepalive and closed windows.
pub(crate) const PROBE: u8 = 16;

/// A range of a stream on its way, and what the two ends tell each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The connection, and which of those in its slot.
    pub(super) slot: u32,
    pub(super) generation: u32,
    /// The side that it goes to: 0 connected, 1 accepted.
    pub(super) to: u8,
    pub(crate) flags: u8,
    /// The position of its first byte in the stream.
    pub(super) seq: u64,
    pub(crate) len: u32,
    /// Arrives in two pieces, the first of this length; 0: in one.
    pub(crate) split: u32,
    /// All bytes before this position have arrived (a FIN counts as one).
    pub(super) ack: u64,
    /// Bytes before this position have room.
    pub(super) edge: u64,
}

impl Segment {
    /// Whether it is only there to say what has arrived.
    pub(crate) const fn is_bare(&self) -> bool {
        self.len == 0 && self.flags & (SYN | FIN | RST | PROBE) == 0
    }

    /// Whether it more than makes or breaks a connection.
    pub(crate) const fn uses(&self) -> bool {
        self.len > 0 || self.flags & (FIN | PROBE) != 0
    }

    /// The end that it goes to, as its timers name it.
    pub(crate) const fn end(&self) -> u32 {
        self.slot << 1 | self.to as u32
    }

    /// The second piece of a segment that arrives in two.
    pub(crate) const fn rest(self) -> Self {
        Self { seq: self.seq + self.split as u64, len: self.len - self.split, split: 0, ..self }
    }

    /// The first piece.
    pub(crate) const fn first(self) -> Self {
        Self { len: self.split, split: 0, flags: self.flags & !FIN, ..self }
    }
}

/// A segment and its address: what the network is asked to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) from: (ProcessId, u16),
    pub(crate) to: (ProcessId, u16),
    pub(crate) segment: Segment,
}

/// The segments that are on their way, in slots that are used again.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    slots: Vec<Segment>,
    free: Vec<u32>,
}

impl Segments {
    pub(crate) fn put(&mut self, segment: Segment) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = segment;
            return slot;
        }
        self.slots.push(segment);
        self.slots.len() as u32 - 1
    }

    #[inline]
    pub(crate) fn get(&self, slot: u32) -> &Segment {
        &self.slots[slot as usize]
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, slot: u32) -> &mut Segment {
        &mut self.slots[slot as usize]
    }

    #[inline]
    pub(crate) fn remove(&mut self, slot: u32) {
        self.free.push(slot);
    }

    /// How many are on their way.
    #[cfg(test)]
    pub(crate) fn in_use(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}
