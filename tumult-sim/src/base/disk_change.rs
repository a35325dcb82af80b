//! What can be changed about a disk.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Bytes, Probability, Zone};

/// A change to a process's disk.
#[derive(Clone, Debug, PartialEq)]
pub enum DiskChange {
    /// Reads fail with EIO, with this probability.
    ReadErrors(Probability),
    /// Writes fail with EIO, with this probability.
    WriteErrors(Probability),
    /// Syncs fail with EIO, with this probability; what they should have made durable stays pending.
    SyncErrors(Probability),
    /// Only this many bytes fit; writes over it fail with ENOSPC. `None`: no limit.
    Capacity(Option<Bytes>),
    /// Every operation takes this much longer.
    Slow(Duration),
    /// Operations do not complete until the stall ends.
    Stall(bool),
    /// Syncs of files fail with EIO, with this probability; what they should have made durable is counted as written
    /// although it is not: it still is seen, a later sync succeeds, and a power loss takes it.
    SyncDrops(Probability),
    /// Syncs of files fail with EIO, with this probability; what they should have made durable is gone at once.
    SyncReverts(Probability),
    /// Nothing can be written: EROFS.
    ReadOnly(bool),
    /// Only this many operations a second. `None`: no limit.
    Iops(Option<u64>),
    /// Only this many bytes a second. `None`: no limit.
    Bandwidth(Option<Bytes>),
    /// Something goes wrong unreported, with this probability at each operation, within the zone.
    Latent(Latent, Probability, Zone),
}

/// What goes wrong on a disk without being reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Latent {
    /// A stored bit has flipped: a read finds it so, and so do those after it, until it is overwritten.
    BitRot,
    /// A bit flips on the way: one read has it wrong, the stored one is right.
    BitFlip,
    /// A read gives a sector of another place.
    MisdirectedRead,
    /// A read gives a sector as it was before it was last written.
    StaleRead,
    /// A write is reported as done, and was not.
    LostWrite,
    /// A sector of a write lands at another place.
    MisdirectedWrite,
}

impl Latent {
    /// All of them, in the order of the declaration.
    pub const ALL: [Self; 6] =
        [Self::BitRot, Self::BitFlip, Self::MisdirectedRead, Self::StaleRead, Self::LostWrite, Self::MisdirectedWrite];
}

impl fmt::Display for Latent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BitRot => "bit rot",
            Self::BitFlip => "bit flip",
            Self::MisdirectedRead => "misdirected read",
            Self::StaleRead => "stale read",
            Self::LostWrite => "lost write",
            Self::MisdirectedWrite => "misdirected write",
        })
    }
}

impl DiskChange {
    /// How many settings of a disk there are.
    pub(crate) const SETTINGS: usize = 11 + Latent::ALL.len();

    /// Which setting it changes: two changes of one setting replace each other.
    pub(crate) const fn setting(&self) -> usize {
        match self {
            Self::ReadErrors(_) => 0,
            Self::WriteErrors(_) => 1,
            Self::SyncErrors(_) => 2,
            Self::Capacity(_) => 3,
            Self::Slow(_) => 4,
            Self::Stall(_) => 5,
            Self::SyncDrops(_) => 6,
            Self::SyncReverts(_) => 7,
            Self::ReadOnly(_) => 8,
            Self::Iops(_) => 9,
            Self::Bandwidth(_) => 10,
            Self::Latent(latent, ..) => 11 + *latent as usize,
        }
    }

    /// The change of the same setting after which nothing is wrong with it.
    pub(crate) const fn sound(&self) -> Self {
        match self {
            Self::ReadErrors(_) => Self::ReadErrors(Probability::NEVER),
            Self::WriteErrors(_) => Self::WriteErrors(Probability::NEVER),
            Self::SyncErrors(_) => Self::SyncErrors(Probability::NEVER),
            Self::Capacity(_) => Self::Capacity(None),
            Self::Slow(_) => Self::Slow(Duration::ZERO),
            Self::Stall(_) => Self::Stall(false),
            Self::SyncDrops(_) => Self::SyncDrops(Probability::NEVER),
            Self::SyncReverts(_) => Self::SyncReverts(Probability::NEVER),
            Self::ReadOnly(_) => Self::ReadOnly(false),
            Self::Iops(_) => Self::Iops(None),
            Self::Bandwidth(_) => Self::Bandwidth(None),
            Self::Latent(latent, ..) => Self::Latent(*latent, Probability::NEVER, Zone::WHOLE),
        }
    }
}
