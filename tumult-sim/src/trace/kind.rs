//! The kinds of event, and what their two words mean.

use serde::{Deserialize, Serialize};

/// What kind of thing happened. `p` is a process index, `t` a task index; a word holds `high << 32 | low`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
#[repr(u8)]
pub enum Kind {
    /// A task was spawned: a = process, task; b = its parent's task or `u32::MAX`, its spawn number.
    Spawn = 1,
    /// A task runs: a = process, task; b = how often it was woken before.
    Poll = 2,
    /// A task ended: a = process, task; b = 0 finished, 1 aborted, 2 panicked, 3 its process ended.
    End = 3,
    /// A timer fires: a = the timer's number.
    Timer = 4,
    /// A packet was sent: a = from, to; b = its number on the link; bytes = payload.
    Send = 5,
    /// A packet arrived at a socket: a = from, to; b = its number on the link; bytes = payload.
    Deliver = 6,
    /// A packet was lost: a = from, to; b = why (see [`Drop`](crate::net::Drop)), its number on the link.
    Drop = 7,
    /// A process changed its state: a = process, incarnation; b = the status it exits with (0 for all that is no exit),
    /// which change.
    Process = 8,
    /// A process's clock changed: a = how (0 a step, 1 drift, 2 a smear begins, 3 ends), process; b = nanoseconds or
    /// parts in a billion.
    Clock = 9,
    /// An operation on a disk: a = process, operation; b = length or error; bytes = path or data.
    Disk = 10,
    /// A step of a planned fault: a = which fault; b = injected, healed, skipped, met; bytes = what it did.
    Fault = 11,
    /// A named point in the code was reached: a = process, how often; bytes = its name.
    Point = 12,
    /// A process drew randomness or entropy: a = process, stream; b = the bits.
    Draw = 13,
    /// An observed state was updated: a = the observation, process.
    Observe = 14,
    /// An invariant was violated: bytes = its ID and what it says.
    Violation = 15,
    /// A phase of an experiment begins: a = which.
    Phase = 16,
    /// An overlay on the network begins (b = 1) or ends (b = 0): a = its name.
    Overlay = 17,
    /// A process panicked: a = process, task; bytes = the message.
    Panic = 18,
    /// Free text that the code under test left: a = process; bytes = the text.
    Note = 19,
    /// A site of the catalogue was hit (a `sometimes!` that held, a `buggify!` that fired): a = process, how often in
    /// this run; b = its name's hash; bytes = its name, the first time in a run.
    Site = 20,
    /// The packet that is sent next is a segment of a stream: a = its ports, from << 16 | to; b = flags << 32 | length.
    Segment = 21,
    /// A packet was damaged on its way: a = from, to; b = what (1 its payload, 2 its port), its number on the link;
    /// bytes = what it is now.
    Corrupt = 22,
    /// A job on a machine's cores: a = process, what (0 begins, 1 is done, 2 is given up, 3 theft changes); b = its
    /// CPU time in nanoseconds, or what is stolen in parts in a million.
    Cpu = 24,
    /// Memory: a = process, what (0 is reserved, 1 is given back, 3 pressure changes, 4 is refused); b = bytes, or what
    /// is taken in parts in a million.
    Memory = 25,
    /// A limit of a process changed: a = process; b = how many files and sockets it may have open.
    Limit = 26,
    /// What a name stands for was set: bytes = the name and the processes.
    Name = 27,
    /// A hosted process wrote a line: a = process; b = 1 to its standard output, 2 to its standard error; bytes = it.
    Output = 28,
}

impl Kind {
    /// The word a trace shows for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spawn => "spawn",
            Self::Poll => "poll",
            Self::End => "end",
            Self::Timer => "timer",
            Self::Send => "send",
            Self::Deliver => "deliver",
            Self::Drop => "drop",
            Self::Process => "process",
            Self::Clock => "clock",
            Self::Disk => "disk",
            Self::Fault => "fault",
            Self::Point => "point",
            Self::Draw => "draw",
            Self::Observe => "observe",
            Self::Violation => "violation",
            Self::Phase => "phase",
            Self::Overlay => "overlay",
            Self::Panic => "panic",
            Self::Note => "note",
            Self::Site => "site",
            Self::Segment => "segment",
            Self::Corrupt => "corrupt",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Limit => "limit",
            Self::Name => "name",
            Self::Output => "output",
        }
    }
}

/// Every kind, for those that come from another process as numbers.
const ALL: [Kind; 27] = [
    Kind::Spawn,
    Kind::Poll,
    Kind::End,
    Kind::Timer,
    Kind::Send,
    Kind::Deliver,
    Kind::Drop,
    Kind::Process,
    Kind::Clock,
    Kind::Disk,
    Kind::Fault,
    Kind::Point,
    Kind::Draw,
    Kind::Observe,
    Kind::Violation,
    Kind::Phase,
    Kind::Overlay,
    Kind::Panic,
    Kind::Note,
    Kind::Site,
    Kind::Segment,
    Kind::Corrupt,
    Kind::Cpu,
    Kind::Memory,
    Kind::Limit,
    Kind::Name,
    Kind::Output,
];

impl From<Kind> for u8 {
    fn from(kind: Kind) -> Self {
        kind as Self
    }
}

impl TryFrom<u8> for Kind {
    type Error = String;
    fn try_from(number: u8) -> Result<Self, String> {
        let known = ALL.into_iter().find(|kind| *kind as u8 == number);
        known.ok_or_else(|| format!("{number} is no kind of event"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_reads_back_from_its_number() {
        for number in 0..=u8::MAX {
            let Ok(kind) = Kind::try_from(number) else { continue };
            assert_eq!(u8::from(kind), number);
        }
        assert_eq!((0..=u8::MAX).filter(|n| Kind::try_from(*n).is_ok()).count(), ALL.len());
        assert!(Kind::try_from(0).is_err(), "0 marks what is no event");
    }
}
