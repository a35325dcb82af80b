//! Packets in flight, in a slab whose buffers are used again.

use crate::base::ProcessId;
use crate::trace::NO_EVENT;

/// A packet on its way, or in a socket's buffer.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) from: ProcessId,
    pub(crate) to: ProcessId,
    pub(crate) from_port: u16,
    pub(crate) to_port: u16,
    /// Its number on its link.
    pub(crate) number: u64,
    pub(crate) bytes: Vec<u8>,
    /// The event of the trace from which what happens to it next follows: that it was sent, and then that it arrived.
    pub(crate) cause: u32,
    /// The segment of a stream that it is, by slot; `NONE` for a datagram, `REFUSAL` for the answer of a machine where
    /// nobody took one.
    pub(crate) segment: u32,
    /// It is on the loopback of its process.
    pub(crate) loopback: bool,
    /// The next one in the same list.
    next: u32,
}

/// A queue of packets, linked through their slots: a socket needs no buffer of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PacketList {
    first: u32,
    last: u32,
}

/// No packet, and no segment.
pub(crate) const NONE: u32 = u32::MAX;
/// No segment either: ICMP's "port unreachable".
pub(crate) const REFUSAL: u32 = u32::MAX - 1;

impl PacketList {
    /// The first packet.
    pub(crate) fn first(self) -> Option<u32> {
        (self.first != NONE).then_some(self.first)
    }
}

impl Default for PacketList {
    fn default() -> Self {
        Self { first: NONE, last: NONE }
    }
}

/// Why a packet never arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Drop {
    /// The link lost it, as its settings let it.
    Lost = 1,
    /// A fault had cut the link.
    Cut = 2,
    /// The receiver's buffer was full.
    BufferFull = 3,
    /// No socket listens at its port.
    NoListener = 4,
    /// The machine it was sent to is off, or there is none.
    Unreachable = 5,
    /// A rule dropped it.
    Rule = 6,
    /// Too many bytes waited for the link's bandwidth.
    QueueFull = 7,
    /// It was damaged on its way, and its checksum showed it.
    Checksum = 8,
    /// It was longer than what its network carries.
    TooLong = 9,
}

impl Drop {
    /// The words a report shows for it.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Lost => "lost by its link",
            Self::Cut => "link cut",
            Self::BufferFull => "buffer full",
            Self::NoListener => "no listener",
            Self::Unreachable => "machine off",
            Self::Rule => "dropped by a rule",
            Self::QueueFull => "queue full",
            Self::Checksum => "checksum wrong",
            Self::TooLong => "too long",
        }
    }

    pub(crate) const fn from_word(word: u64) -> Option<Self> {
        Some(match word {
            1 => Self::Lost,
            2 => Self::Cut,
            3 => Self::BufferFull,
            4 => Self::NoListener,
            5 => Self::Unreachable,
            6 => Self::Rule,
            7 => Self::QueueFull,
            8 => Self::Checksum,
            9 => Self::TooLong,
            _ => return None,
        })
    }
}

/// A buffer that held more than this is given back to the allocator.
const KEEP_BYTES: usize = 4096;

/// All packets of a run.
#[derive(Debug, Default)]
pub(crate) struct Packets {
    slots: Vec<Packet>,
    free: Vec<u32>,
}

impl Packets {
    /// Puts a datagram in; `bytes` are copied into a buffer that was used before.
    #[inline]
    pub(crate) fn put(
        &mut self,
        (from, from_port): (ProcessId, u16),
        (to, to_port): (ProcessId, u16),
        bytes: &[u8],
    ) -> u32 {
        if let Some(slot) = self.free.pop() {
            let p = &mut self.slots[slot as usize];
            (p.from, p.to, p.from_port, p.to_port, p.segment) = (from, to, from_port, to_port, NONE);
            p.loopback = false;
            if let (Ok(old), Ok(new)) = (<&mut [u8; 8]>::try_from(&mut *p.bytes), <&[u8; 8]>::try_from(bytes)) {
                // One word: a copy without a call.
                *old = *new;
            } else {
                p.bytes.clear();
                p.bytes.extend_from_slice(bytes);
            }
            return slot;
        }
        let bytes = bytes.to_vec();
        let loopback = false;
        self.slots.push(Packet {
            from,
            to,
            from_port,
            to_port,
            number: 0,
            bytes,
            cause: NO_EVENT,
            segment: NONE,
            loopback,
            next: NONE,
        });
        self.slots.len() as u32 - 1
    }

    /// A second packet like this one.
    pub(crate) fn copy(&mut self, slot: u32) -> u32 {
        let p = &mut self.slots[slot as usize];
        let bytes = std::mem::take(&mut p.bytes);
        let (from, to, number, segment) = ((p.from, p.from_port), (p.to, p.to_port), p.number, p.segment);
        let cause = p.cause;
        let copy = self.put(from, to, &bytes);
        self.slots[slot as usize].bytes = bytes;
        let c = &mut self.slots[copy as usize];
        (c.number, c.segment, c.cause) = (number, segment, cause);
        copy
    }

    #[inline]
    pub(crate) fn get(&self, slot: u32) -> &Packet {
        &self.slots[slot as usize]
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, slot: u32) -> &mut Packet {
        &mut self.slots[slot as usize]
    }

    /// Adds a packet at the end of a list.
    #[inline]
    pub(crate) fn push(&mut self, list: &mut PacketList, slot: u32) {
        self.slots[slot as usize].next = NONE;
        if list.first == NONE {
            list.first = slot;
        } else {
            self.slots[list.last as usize].next = slot;
        }
        list.last = slot;
    }

    /// Takes the first packet off a list.
    #[inline]
    pub(crate) fn pop(&self, list: &mut PacketList) -> Option<u32> {
        let slot = list.first;
        let packet = self.slots.get(slot as usize)?;
        list.first = packet.next;
        Some(slot)
    }

    /// The packet is gone; its slot and buffer are used again.
    #[inline]
    pub(crate) fn remove(&mut self, slot: u32) {
        let bytes = &mut self.slots[slot as usize].bytes;
        if bytes.capacity() > KEEP_BYTES {
            *bytes = vec![];
        }
        self.free.push(slot);
    }
}
