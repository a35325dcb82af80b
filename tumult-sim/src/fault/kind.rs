//! The kinds of fault there are, and the verb by which a plan's text names each.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::Latent;

/// What kind of thing a fault does: the verb of its line in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FaultKind {
    /// A process ends; its machine goes on.
    Kill,
    /// A machine ends, and its unsynced data with it.
    PowerLoss,
    /// A process ends and starts again at once.
    Restart,
    /// A process is asked to end, and killed after a grace.
    Shutdown,
    /// A process is sent a signal.
    Signal,
    /// A process stands still; its machine goes on.
    Pause,
    /// Groups of processes cannot reach each other.
    Partition,
    /// A process cannot reach any other, nor be reached.
    Isolate,
    /// One process's packets do not reach another.
    Cut,
    /// Packets wait until the fault is healed.
    Hold,
    /// Packets are lost.
    Loss,
    /// Packets arrive twice.
    Duplicate,
    /// Packets overtake others.
    Reorder,
    /// Packets take longer.
    Delay,
    /// Groups of processes cannot reach each other, but one process reaches all.
    Bridge,
    /// Processes are cut off one by one, and come back in another order.
    Swizzle,
    /// A link is cut and whole in turn.
    Flap,
    /// Bits of packets flip.
    Corrupt,
    /// Headers of packets are damaged.
    CorruptHeader,
    /// Packets share a small bandwidth.
    Throttle,
    /// Packets are lost in bursts.
    BurstLoss,
    /// Connections are made, and nothing goes through them.
    BlackHole,
    /// All connections of a process are reset.
    Reset,
    /// Lookups of a name fail.
    NameFailure,
    /// Lookups of a name give what held before.
    StaleName,
    /// A name stands for others.
    NameChange,
    /// A named rule decides about packets.
    Rule,
    /// A process's wall clock jumps.
    Clock,
    /// A process's clocks run at another speed.
    Drift,
    /// A process's wall clock loses a leap second, evenly over a window.
    LeapSmear,
    /// Reads from a disk fail.
    DiskReadErrors,
    /// Writes to a disk fail.
    DiskWriteErrors,
    /// Syncs of a disk fail.
    DiskSyncErrors,
    /// A disk has no more room.
    DiskFull,
    /// A disk takes longer.
    DiskSlow,
    /// A disk does not answer.
    DiskStall,
    /// Part of each core is taken.
    CpuTheft,
    /// Part of the memory is taken.
    MemoryPressure,
    /// Syncs of files fail, and what they should have made durable counts as written.
    DiskSyncDrops,
    /// Syncs of files fail, and what they should have made durable is gone.
    DiskSyncReverts,
    /// A disk cannot be written to.
    DiskReadOnly,
    /// A disk does only so many operations a second.
    DiskIops,
    /// A disk reads and writes only so many bytes a second.
    DiskBandwidth,
    /// Stored bits flip.
    DiskBitRot,
    /// Bits flip on the way from a disk.
    DiskBitFlips,
    /// Reads give what is elsewhere on a disk.
    DiskMisdirectedReads,
    /// Reads give what was there before.
    DiskStaleReads,
    /// Writes are reported as done and were not.
    DiskLostWrites,
    /// Writes land elsewhere on a disk.
    DiskMisdirectedWrites,
    /// A process may have only so many files and sockets open.
    DescriptorLimit,
}

impl FaultKind {
    /// All of them, in the order of the declaration.
    pub const ALL: [Self; 50] = [
        Self::Kill,
        Self::PowerLoss,
        Self::Restart,
        Self::Shutdown,
        Self::Signal,
        Self::Pause,
        Self::Partition,
        Self::Isolate,
        Self::Cut,
        Self::Hold,
        Self::Loss,
        Self::Duplicate,
        Self::Reorder,
        Self::Delay,
        Self::Bridge,
        Self::Swizzle,
        Self::Flap,
        Self::Corrupt,
        Self::CorruptHeader,
        Self::Throttle,
        Self::BurstLoss,
        Self::BlackHole,
        Self::Reset,
        Self::NameFailure,
        Self::StaleName,
        Self::NameChange,
        Self::Rule,
        Self::Clock,
        Self::Drift,
        Self::LeapSmear,
        Self::DiskReadErrors,
        Self::DiskWriteErrors,
        Self::DiskSyncErrors,
        Self::DiskFull,
        Self::DiskSlow,
        Self::DiskStall,
        Self::CpuTheft,
        Self::MemoryPressure,
        Self::DiskSyncDrops,
        Self::DiskSyncReverts,
        Self::DiskReadOnly,
        Self::DiskIops,
        Self::DiskBandwidth,
        Self::DiskBitRot,
        Self::DiskBitFlips,
        Self::DiskMisdirectedReads,
        Self::DiskStaleReads,
        Self::DiskLostWrites,
        Self::DiskMisdirectedWrites,
        Self::DescriptorLimit,
    ];

    /// Its verb in a plan's text.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::PowerLoss => "power-loss",
            Self::Restart => "restart",
            Self::Shutdown => "shutdown",
            Self::Signal => "signal",
            Self::Pause => "pause",
            Self::Partition => "partition",
            Self::Isolate => "isolate",
            Self::Cut => "cut",
            Self::Hold => "hold",
            Self::Loss => "loss",
            Self::Duplicate => "duplicate",
            Self::Reorder => "reorder",
            Self::Delay => "delay",
            Self::Bridge => "bridge",
            Self::Swizzle => "swizzle",
            Self::Flap => "flap",
            Self::Corrupt => "corrupt",
            Self::CorruptHeader => "corrupt-header",
            Self::Throttle => "throttle",
            Self::BurstLoss => "burst-loss",
            Self::BlackHole => "black-hole",
            Self::Reset => "reset",
            Self::NameFailure => "name-failure",
            Self::StaleName => "stale-name",
            Self::NameChange => "name-change",
            Self::Rule => "rule",
            Self::Clock => "clock",
            Self::Drift => "drift",
            Self::LeapSmear => "leap-smear",
            Self::DiskReadErrors => "disk-read-errors",
            Self::DiskWriteErrors => "disk-write-errors",
            Self::DiskSyncErrors => "disk-sync-errors",
            Self::DiskFull => "disk-full",
            Self::DiskSlow => "disk-slow",
            Self::DiskStall => "disk-stall",
            Self::CpuTheft => "cpu-theft",
            Self::MemoryPressure => "memory-pressure",
            Self::DiskSyncDrops => "disk-sync-drops",
            Self::DiskSyncReverts => "disk-sync-reverts",
            Self::DiskReadOnly => "disk-read-only",
            Self::DiskIops => "disk-iops",
            Self::DiskBandwidth => "disk-bandwidth",
            Self::DiskBitRot => "disk-bit-rot",
            Self::DiskBitFlips => "disk-bit-flips",
            Self::DiskMisdirectedReads => "disk-misdirected-reads",
            Self::DiskStaleReads => "disk-stale-reads",
            Self::DiskLostWrites => "disk-lost-writes",
            Self::DiskMisdirectedWrites => "disk-misdirected-writes",
            Self::DescriptorLimit => "descriptor-limit",
        }
    }

    /// The kind of a fault of a disk that nobody reports.
    pub(super) const fn of_latent(latent: Latent) -> Self {
        match latent {
            Latent::BitRot => Self::DiskBitRot,
            Latent::BitFlip => Self::DiskBitFlips,
            Latent::MisdirectedRead => Self::DiskMisdirectedReads,
            Latent::StaleRead => Self::DiskStaleReads,
            Latent::LostWrite => Self::DiskLostWrites,
            Latent::MisdirectedWrite => Self::DiskMisdirectedWrites,
        }
    }

    /// What goes wrong unreported, if it is of such a kind.
    pub(super) fn latent(self) -> Option<Latent> {
        Latent::ALL.into_iter().find(|latent| Self::of_latent(*latent) == self)
    }

    /// Whether it is over at once, so that it lasts no time.
    pub(super) const fn is_instant(self) -> bool {
        matches!(self, Self::Restart | Self::Reset)
    }

    /// The kind that has this verb.
    pub fn of_verb(verb: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.verb() == verb)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.verb())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_verb_of_its_own() {
        for (n, kind) in FaultKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, n, "ALL is complete and in order");
            assert_eq!(FaultKind::of_verb(kind.verb()), Some(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert_eq!(FaultKind::of_verb("explode"), None);
    }
}
