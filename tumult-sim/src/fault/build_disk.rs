//! Faults of disks, as a test writes them.

use std::fmt;
use std::time::Duration;

use super::build::checked;
use super::{Fault, What};
use crate::base::{Bytes, Latent, Probability, ProcessId, Zone};

impl Fault {
    /// Reads from the process's disk fail with EIO, with this probability.
    ///
    /// # Panics
    /// When the probability is not within 0..=1.
    #[track_caller]
    pub fn disk_read_errors(process: ProcessId, probability: impl TryInto<Probability, Error: fmt::Display>) -> Self {
        Self::new(What::DiskReadErrors(process, checked(probability)))
    }

    /// Writes to the process's disk fail with EIO, with this probability.
    ///
    /// # Panics
    /// When the probability is not within 0..=1.
    #[track_caller]
    pub fn disk_write_errors(process: ProcessId, probability: impl TryInto<Probability, Error: fmt::Display>) -> Self {
        Self::new(What::DiskWriteErrors(process, checked(probability)))
    }

    /// Syncs of the process's disk fail with EIO, with this probability; the data stays pending.
    ///
    /// # Panics
    /// When the probability is not within 0..=1.
    #[track_caller]
    pub fn disk_sync_errors(process: ProcessId, probability: impl TryInto<Probability, Error: fmt::Display>) -> Self {
        Self::new(What::DiskSyncErrors(process, checked(probability)))
    }

    /// Only this many bytes fit on the process's disk; writes over it fail with ENOSPC.
    pub fn disk_full(process: ProcessId, capacity: Bytes) -> Self {
        Self::new(What::DiskFull(process, capacity))
    }

    /// Every operation of the process's disk takes `by` longer.
    pub fn disk_slow(process: ProcessId, by: Duration) -> Self {
        Self::new(What::DiskSlow(process, by))
    }

    /// No operation of the process's disk completes until the fault is healed.
    pub fn disk_stall(process: ProcessId) -> Self {
        Self::new(What::DiskStall(process))
    }

    /// Syncs of the process's files fail with EIO, with this probability, and what they should have made durable counts as
    /// written: it still is seen, a later sync succeeds, and a power loss takes it. So ext4 and XFS do on Linux.
    ///
    /// # Panics
    /// When the probability is not within 0..=1.
    #[track_caller]
    pub fn disk_sync_drops(process: ProcessId, probability: impl TryInto<Probability, Error: fmt::Display>) -> Self {
        Self::new(What::DiskSyncDrops(process, checked(probability)))
    }

    /// Syncs of the process's files fail with EIO, with this probability, and what they should have made durable is gone at
    /// once: reads show what was there before.
    ///
    /// # Panics
    /// When the probability is not within 0..=1.
    #[track_caller]
    pub fn disk_sync_reverts(process: ProcessId, probability: impl TryInto<Probability, Error: fmt::Display>) -> Self {
        Self::new(What::DiskSyncReverts(process, checked(probability)))
    }

    /// The process's disk becomes read-only, as file systems do by themselves on errors: whatever would change it fails
    /// with EROFS.
    pub fn disk_read_only(process: ProcessId) -> Self {
        Self::new(What::DiskReadOnly(process))
    }

    /// The process's disk does only this many reads, writes and syncs a second; those over it wait their turn.
    ///
    /// # Panics
    /// When it is 0.
    #[track_caller]
    pub fn disk_iops(process: ProcessId, operations: u64) -> Self {
        Self::new(What::DiskIops(process, operations))
    }

    /// The process's disk reads and writes only this many bytes a second; operations over it wait their turn.
    ///
    /// # Panics
    /// When it is 0.
    #[track_caller]
    pub fn disk_bandwidth(process: ProcessId, bytes_per_second: Bytes) -> Self {
        Self::new(What::DiskBandwidth(process, bytes_per_second))
    }

    /// Each read of the process's disk finds, with this probability, that a stored bit has flipped. It stays so until it is
    /// overwritten.
    ///
    /// # Panics
    /// When the probability is not within 0..=1.
    #[track_caller]
    pub fn disk_bit_rot(process: ProcessId, probability: impl TryInto<Probability, Error: fmt::Display>) -> Self {
        Self::new(What::DiskLatent(process, Latent::BitRot, checked(probability), Zone::WHOLE))
    }

    /// Each read of the process's disk has a wrong bit, with this probability. What is stored is right.
    ///
    /// # Panics
    /// When the probability is not within 0..=1.
    #[track_caller]
    pub fn disk_bit_flips(process: ProcessId, probability: impl TryInto<Probability, Error: fmt::Display>) -> Self {
        Self::new(What::DiskLatent(process, Latent::BitFlip, checked(probability), Zone::WHOLE))
    }

    /// Each read of the process's disk gives, with this probability, a sector of another place.
    ///
    /// # Panics
    /// When the probability is not within 0..=1.
    #[track_caller]
    pub fn disk_misdirected_reads(
        process: ProcessId,
        probability: impl TryInto<Probability, Error: fmt::Display>,
    ) -> Self {
        Self::new(What::DiskLatent(process, Latent::MisdirectedRead, checked(probability), Zone::WHOLE))
    }

    /// Each read of the process's disk gives, with this probability, a sector as it was before it was last written. Only
    /// sectors written since the fault began have a former state.
    ///
    /// # Panics
    /// When the probability is not within 0..=1.
    #[track_caller]
    pub fn disk_stale_reads(process: ProcessId, probability: impl TryInto<Probability, Error: fmt::Display>) -> Self {
        Self::new(What::DiskLatent(process, Latent::StaleRead, checked(probability), Zone::WHOLE))
    }

    /// Each write to the process's disk is, with this probability, reported as done without being done.
    ///
    /// # Panics
    /// When the probability is not within 0..=1.
    #[track_caller]
    pub fn disk_lost_writes(process: ProcessId, probability: impl TryInto<Probability, Error: fmt::Display>) -> Self {
        Self::new(What::DiskLatent(process, Latent::LostWrite, checked(probability), Zone::WHOLE))
    }

    /// Each write to the process's disk puts, with this probability, a sector to another place, and reports it as done.
    ///
    /// # Panics
    /// When the probability is not within 0..=1.
    #[track_caller]
    pub fn disk_misdirected_writes(
        process: ProcessId,
        probability: impl TryInto<Probability, Error: fmt::Display>,
    ) -> Self {
        Self::new(What::DiskLatent(process, Latent::MisdirectedWrite, checked(probability), Zone::WHOLE))
    }

    /// The process may have only this many files and sockets open at once; one more fails with EMFILE.
    pub fn descriptor_limit(process: ProcessId, descriptors: u32) -> Self {
        Self::new(What::DescriptorLimit(process, descriptors))
    }

    /// Of a fault that corrupts a disk: only within this zone.
    ///
    /// # Panics
    /// When it is another kind of fault, or the zone is none.
    #[track_caller]
    pub fn within(mut self, zone: Zone) -> Self {
        let kind = self.what.kind();
        let What::DiskLatent(.., old) = &mut self.what else {
            panic!(
                "failed to keep a fault of `{kind}` within a zone: only what corrupts a disk has one, such as disk_bit_rot"
            )
        };
        *old = zone;
        self.checked()
    }
}
