//! The disk when something goes wrong: operations that fail, a disk that is full, slow, or stands still.
//!
//! May: fail a read with EIO, and nothing is read; fail a write (or create, rename, link, remove, truncate) with EIO,
//! and nothing is changed; fail a sync with EIO, and what it should have made durable stays pending, counts as written,
//! or is gone (kernels differ here, so these are three faults); write less than it was given, or fail with ENOSPC, when
//! the disk is full; refuse all changes with EROFS; take long, queue operations, or not complete any until a stall ends.
//!
//! Must never: report success for what did not happen, or change what is not written to. That is the latent layer's.
//!
//! Why survivable: every fault is reported to the caller, at once, and nothing of the failed operation remains. A
//! program that takes a failed sync for the loss of everything since the last good one, and starts from what is on the
//! disk, is right in all three cases.

use std::time::Duration;

use crate::base::{Bytes, DiskChange, Probability, Time};

use super::config::{DiskConfig, Latency};
use super::error::Cause;
use super::latent::{Damage, LatentLayer};
use super::memory::Memory;
use super::op::{At, Class, Fd, Metadata, OpenOptions};
use super::snapshot::Snapshot;
use super::throughput::Throughput;
use super::tree::DirEntry;

/// A disk on which faults are injected.
#[derive(Debug)]
pub(crate) struct Faulty {
    below: LatentLayer,
    config: DiskConfig,
    read_errors: Probability,
    write_errors: Probability,
    sync_errors: Probability,
    sync_drops: Probability,
    sync_reverts: Probability,
    slow: Duration,
    stalled: bool,
    read_only: bool,
    throughput: Throughput,
    /// How many operations each kind of change was felt by.
    felt: [u64; DiskChange::SETTINGS],
}

impl Faulty {
    /// The slot of the draws for latency; those for errors are the class's.
    const LATENCY: u64 = Class::Look as u64;

    pub(crate) fn new(below: LatentLayer, config: DiskConfig) -> Self {
        let never = Probability::NEVER;
        Self {
            below,
            config,
            read_errors: never,
            write_errors: never,
            sync_errors: never,
            sync_drops: never,
            sync_reverts: never,
            slow: Duration::ZERO,
            stalled: false,
            read_only: false,
            throughput: Throughput::new(config.iops, config.bandwidth),
            felt: [0; DiskChange::SETTINGS],
        }
    }

    pub(crate) fn configure(&mut self, config: DiskConfig) {
        self.config = config;
        (self.throughput.iops, self.throughput.bandwidth) = (config.iops, config.bandwidth);
        self.below.configure(config.survival, config.write_back);
    }

    /// Makes a change and gives the one that puts back what was before.
    pub(crate) fn apply(&mut self, change: DiskChange) -> DiskChange {
        use std::mem::replace;
        match change {
            DiskChange::ReadErrors(p) => DiskChange::ReadErrors(replace(&mut self.read_errors, p)),
            DiskChange::WriteErrors(p) => DiskChange::WriteErrors(replace(&mut self.write_errors, p)),
            DiskChange::SyncErrors(p) => DiskChange::SyncErrors(replace(&mut self.sync_errors, p)),
            DiskChange::Capacity(bytes) => DiskChange::Capacity(replace(&mut self.config.capacity, bytes)),
            DiskChange::Slow(d) => DiskChange::Slow(replace(&mut self.slow, d)),
            DiskChange::Stall(on) => DiskChange::Stall(replace(&mut self.stalled, on)),
            DiskChange::SyncDrops(p) => DiskChange::SyncDrops(replace(&mut self.sync_drops, p)),
            DiskChange::SyncReverts(p) => DiskChange::SyncReverts(replace(&mut self.sync_reverts, p)),
            DiskChange::ReadOnly(on) => DiskChange::ReadOnly(replace(&mut self.read_only, on)),
            DiskChange::Iops(n) => DiskChange::Iops(replace(&mut self.throughput.iops, n)),
            DiskChange::Bandwidth(n) => DiskChange::Bandwidth(replace(&mut self.throughput.bandwidth, n)),
            DiskChange::Latent(latent, p, zone) => self.below.apply(latent, p, zone),
        }
    }

    pub(crate) const fn stalled(&self) -> bool {
        self.stalled
    }

    /// How many operations have failed, fallen short, been late, waited or gone wrong because of changes of this kind.
    pub(crate) const fn felt(&self, change: &DiskChange) -> u64 {
        match change {
            DiskChange::Iops(_) => self.throughput.iops_felt,
            DiskChange::Bandwidth(_) => self.throughput.bandwidth_felt,
            DiskChange::Latent(latent, ..) => self.below.felt(*latent),
            other => self.felt[other.setting()],
        }
    }

    const fn feel(&mut self, change: &DiskChange) {
        self.felt[change.setting()] += 1;
    }

    /// An operation waits for the end of the stall.
    pub(crate) const fn feel_stall(&mut self) {
        self.feel(&DiskChange::Stall(true));
    }

    /// How long the next operation there takes, if it begins now and is on so many bytes.
    pub(crate) fn cost(&mut self, now: Time, at: At<'_>, class: Class, bytes: u64) -> Duration {
        let latency = latency(&self.config, class);
        // What leads nowhere fails soon. The numbers of the class that has no errors of its own count these draws.
        let draw = self.below.ticket(at, Class::Look).map_or(0, |(key, number)| key.draw(number, Self::LATENCY));
        self.below.skip(at, Class::Look);
        if !self.slow.is_zero() {
            self.feel(&DiskChange::Slow(self.slow));
        }
        let queued = if class == Class::Look { Duration::ZERO } else { self.throughput.take(now, bytes) };
        latency.at(draw).saturating_add(self.slow).saturating_add(queued)
    }

    pub(super) const fn capacity(&self) -> Option<Bytes> {
        self.config.capacity
    }

    pub(super) fn branch(&mut self, salt: u64) {
        self.below.branch(salt);
    }

    pub(super) fn below(&self) -> &Memory {
        &self.below
    }

    pub(super) fn below_mut(&mut self) -> &mut Memory {
        &mut self.below
    }

    pub(super) fn refuse(&mut self, at: At<'_>, class: Class) -> Result<(), Cause> {
        if class == Class::Write {
            self.refuse_read_only()?;
        }
        let (errors, change) = match class {
            Class::Read => (self.read_errors, DiskChange::ReadErrors(self.read_errors)),
            Class::Write => (self.write_errors, DiskChange::WriteErrors(self.write_errors)),
            Class::Sync => (self.sync_errors, DiskChange::SyncErrors(self.sync_errors)),
            Class::Look => return Ok(()),
        };
        if errors.possible() {
            let (key, number) = self.below.ticket(at, class)?;
            if errors.hit(key.draw(number, class as u64)) {
                self.below.skip(at, class);
                self.feel(&change);
                return Err(Cause::Io);
            }
        }
        Ok(())
    }

    fn refuse_read_only(&mut self) -> Result<(), Cause> {
        if self.read_only {
            self.feel(&DiskChange::ReadOnly(true));
            return Err(Cause::ReadOnly);
        }
        Ok(())
    }

    /// Fails a sync of a file so that what was pending is lost, if that is drawn.
    fn lose_pending(&mut self, fd: Fd) -> Result<(), Cause> {
        const KINDS: u64 = 1;
        let faults = [DiskChange::SyncDrops(self.sync_drops), DiskChange::SyncReverts(self.sync_reverts)];
        for (slot, change) in (0..).zip(faults) {
            let (DiskChange::SyncDrops(p) | DiskChange::SyncReverts(p)) = change else { continue };
            if !p.possible() {
                continue;
            }
            let (key, number) = self.below.ticket(At::File(fd), Class::Sync)?;
            if p.hit(key.below(u64::MAX).below(number).draw(KINDS, slot)) && self.below.fail_sync(fd, slot == 1)? {
                self.feel(&change);
                return Err(Cause::Io);
            }
        }
        Ok(())
    }

    /// How many of the bytes from `offset` to `end` fit.
    fn fit(&mut self, fd: Fd, offset: u64, end: u64) -> Result<u64, Cause> {
        let Some(Bytes(capacity)) = self.config.capacity else { return Ok(end - offset) };
        let room = self.below.len(fd)?.saturating_add(capacity.saturating_sub(self.below.used().0));
        if room < end {
            self.feel(&DiskChange::Capacity(None));
        }
        match room.min(end).saturating_sub(offset) {
            0 if end > offset => Err(Cause::NoSpace),
            fits => Ok(fits),
        }
    }

    pub(crate) fn open(&mut self, path: &str, options: OpenOptions, now: Time) -> Result<Fd, Cause> {
        if options.creates() && self.below.find(path)?.is_none() {
            options.check()?;
            self.refuse(At::Entry(path), Class::Write)?;
        } else if options.writes() && self.below.find(path)?.is_some_and(|id| !self.below.is_dir(id)) {
            options.check()?;
            self.refuse_read_only()?;
        }
        self.below.open(path, options, now)
    }

    pub(crate) fn read_at(&mut self, fd: Fd, offset: u64, buf: &mut [u8]) -> Result<usize, Cause> {
        self.refuse(At::File(fd), Class::Read)?;
        self.below.read_at(fd, offset, buf)
    }

    pub(crate) fn write_at(&mut self, fd: Fd, offset: u64, data: &[u8], now: Time) -> Result<usize, Cause> {
        self.refuse(At::File(fd), Class::Write)?;
        let offset = if self.below.appends(fd) { self.below.len(fd)? } else { offset };
        let fits = self.fit(fd, offset, offset.saturating_add(data.len() as u64))?;
        self.below.write_at(fd, offset, &data[..fits as usize], now)
    }

    pub(crate) fn set_len(&mut self, fd: Fd, len: u64, now: Time) -> Result<(), Cause> {
        self.refuse(At::File(fd), Class::Write)?;
        let before = self.below.len(fd)?;
        if len > before && self.fit(fd, before, len)? < len - before {
            return Err(Cause::NoSpace);
        }
        self.below.set_len(fd, len, now)
    }

    pub(crate) fn sync(&mut self, fd: Fd) -> Result<(), Cause> {
        if self.read_only && self.below.is_pending(fd)? {
            self.refuse_read_only()?;
        }
        self.refuse(At::File(fd), Class::Sync)?;
        self.lose_pending(fd)?;
        self.below.sync(fd)
    }

    pub(crate) fn sync_dir(&mut self, path: &str) -> Result<(), Cause> {
        if self.read_only && self.below.find(path)?.is_some_and(|id| self.below.is_dir_pending(id)) {
            self.refuse_read_only()?;
        }
        self.refuse(At::Dir(path), Class::Sync)?;
        self.below.sync_dir(path)
    }

    pub(crate) fn create_dir(&mut self, path: &str, now: Time) -> Result<(), Cause> {
        self.refuse(At::Entry(path), Class::Write)?;
        self.below.create_dir(path, now)
    }

    pub(crate) fn rename(&mut self, from: &str, to: &str, now: Time) -> Result<(), Cause> {
        self.refuse(At::Entry(to), Class::Write)?;
        self.below.rename(from, to, now)
    }

    pub(crate) fn hard_link(&mut self, file: &str, name: &str, now: Time) -> Result<(), Cause> {
        self.refuse(At::Entry(name), Class::Write)?;
        self.below.hard_link(file, name, now)
    }

    pub(crate) fn remove_file(&mut self, path: &str, now: Time) -> Result<(), Cause> {
        self.refuse(At::Entry(path), Class::Write)?;
        self.below.remove_file(path, now)
    }

    pub(crate) fn remove_dir(&mut self, path: &str, now: Time) -> Result<(), Cause> {
        self.refuse(At::Entry(path), Class::Write)?;
        self.below.remove_dir(path, now)
    }
}

/// What no fault of this layer touches.
impl Faulty {
    pub(crate) fn close(&mut self, fd: Fd) -> Result<(), Cause> {
        self.below.close(fd)
    }

    pub(crate) fn len(&self, fd: Fd) -> Result<u64, Cause> {
        self.below.len(fd)
    }

    pub(crate) fn metadata_of(&self, fd: Fd) -> Result<Metadata, Cause> {
        self.below.metadata_of(fd)
    }

    pub(crate) fn metadata(&self, path: &str) -> Result<Metadata, Cause> {
        self.below.metadata(path)
    }

    pub(crate) fn read_dir(&self, path: &str) -> Result<Vec<DirEntry>, Cause> {
        self.below.read_dir(path)
    }

    pub(crate) fn path(&self, fd: Fd) -> Option<&str> {
        self.below.path(fd)
    }

    pub(crate) fn damage(&self) -> Vec<Damage> {
        self.below.damage()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.below.snapshot()
    }

    pub(crate) fn restore(&mut self, snapshot: &Snapshot, now: Time) {
        *self.below = self.below.restored(snapshot, now);
    }

    /// Faults outlive the process, and the machine: they are the disk's.
    pub(crate) fn kill(&mut self) {
        self.below.kill();
    }

    pub(crate) fn power_loss(&mut self) {
        self.throughput.clear();
        self.below.power_loss();
    }
}

pub(super) const fn latency(config: &DiskConfig, class: Class) -> Latency {
    match class {
        Class::Read => config.read,
        Class::Write => config.write,
        Class::Sync => config.sync,
        Class::Look => config.look,
    }
}

#[cfg(test)]
#[path = "tests/faulty.rs"]
mod tests;
