//! A process's own disk: a state machine with a page cache, told to lose what was not synced.
//!
//! Layers, each a file, each decorating the one below it:
//!
//! | file | job |
//! |---|---|
//! | `disks.rs` | the disks of all processes, and what the trace has of them |
//! | `mod.rs` | [`Disk`]: made on first use; names the path in errors |
//! | `faulty.rs`, `throughput.rs` | what is reported: EIO, ENOSPC, EROFS, failed syncs; slow, stalled, at its limit |
//! | `latent.rs` | what goes wrong unreported: bit rot, misdirected, lost and stale reads and writes |
//! | `memory.rs`, `tree.rs`, `nodes.rs` | files and names when nothing goes wrong but crashes |
//! | `content.rs`, `survivors.rs`, `pages.rs`, `name_log.rs` | what of a file, and of the tree, is pending, and what a power loss leaves |
//! | `attributes.rs` | what is told of a file beside its content: permissions, times, a name of what is open |
//! | `mapped.rs` | what mappings into memory need |
//! | `snapshot.rs` | all of it as a value |
//!
//! May: after a power loss show any pending write in part, by sector, and any pending length, name, move or removal
//! or not; after a kill nothing is lost.
//!
//! Must never: lose or change what was synced, show a sector that was never written so, or leave a tree that no
//! journaling file system would.
//!
//! Everything drawn is a function of (disk's key, file, operation's number in that file, sector): see
//! [`Class`]. So what happens to an operation does not depend on those on other files, nor on any that is later.

mod attributes;
mod config;
mod content;
mod disks;
mod error;
mod faulty;
mod latent;
mod mapped;
mod memory;
mod name_log;
mod nodes;
mod op;
mod pages;
mod path;
mod snapshot;
mod survivors;
#[cfg(test)]
mod tests;
mod throughput;
mod tree;

use std::time::Duration;

use crate::base::{Counter, DiskChange, Key, Time};

pub(crate) use attributes::{Attribute, Of};
pub use config::DiskConfig;
pub(crate) use disks::Disks;
pub use error::DiskError;
pub use latent::Damage;
pub(crate) use op::{Action, At, Class, Fd, Metadata, OpenOptions};
pub use snapshot::Snapshot;
pub(crate) use tree::DirEntry;

use error::Cause;
use faulty::Faulty;
use latent::LatentLayer;
use memory::Memory;

/// A process's disk. Until it is used it is a key and a configuration.
///
/// An operation takes effect when it is called here. A face lets [`Disk::cost`] pass first, then waits while the disk
/// is [stalled](Disk::stalled), then calls: so an operation of a process that is killed meanwhile never happened.
#[derive(Debug)]
pub(crate) struct Disk {
    key: Counter,
    config: DiskConfig,
    device: Option<Box<Faulty>>,
}

impl Disk {
    /// A disk whose randomness is drawn by `key`.
    pub(crate) fn new(key: &Key, config: DiskConfig) -> Self {
        Self { key: key.counter(), config, device: None }
    }

    /// From now on everything is drawn by other keys, which follow from those there were.
    fn branch(&mut self, salt: u64) {
        self.key = self.key.below(salt);
        if let Some(device) = &mut self.device {
            device.branch(salt);
        }
    }

    /// Other settings, from now on.
    pub(crate) fn configure(&mut self, config: DiskConfig) {
        self.config = config;
        if let Some(device) = &mut self.device {
            device.configure(config);
        }
    }

    /// Opens a file, or a directory for reading (to sync it).
    pub(crate) fn open(&mut self, path: &str, options: OpenOptions, now: Time) -> Result<Fd, DiskError> {
        self.device().open(path, options, now).map_err(named("open", path))
    }

    pub(crate) fn close(&mut self, fd: Fd) -> Result<(), DiskError> {
        self.on(fd, "close", |d| d.close(fd))
    }

    /// Reads up to `buf.len()` bytes: fewer at the end of the file, none past it.
    pub(crate) fn read_at(&mut self, fd: Fd, offset: u64, buf: &mut [u8]) -> Result<usize, DiskError> {
        self.on(fd, "read", |d| d.read_at(fd, offset, buf))
    }

    /// Writes; fewer bytes than given when the disk becomes full. A file opened to append is written at its end,
    /// whatever the offset, as Linux does.
    pub(crate) fn write_at(&mut self, fd: Fd, offset: u64, data: &[u8], now: Time) -> Result<usize, DiskError> {
        self.on(fd, "write to", |d| d.write_at(fd, offset, data, now))
    }

    pub(crate) fn set_len(&mut self, fd: Fd, len: u64, now: Time) -> Result<(), DiskError> {
        self.on(fd, "set the length of", |d| d.set_len(fd, len, now))
    }

    pub(crate) fn len(&mut self, fd: Fd) -> Result<u64, DiskError> {
        self.on(fd, "get the length of", |d| d.len(fd))
    }

    pub(crate) fn metadata_of(&mut self, fd: Fd) -> Result<Metadata, DiskError> {
        self.on(fd, "get metadata of", |d| d.metadata_of(fd))
    }

    /// Makes a file's data, length and times durable, not its name. Of a directory: its entries.
    pub(crate) fn sync_all(&mut self, fd: Fd) -> Result<(), DiskError> {
        self.on(fd, "sync", |d| d.sync(fd))
    }

    /// The same as [`Disk::sync_all`], as only times could be left out: a length is needed to read the data.
    pub(crate) fn sync_data(&mut self, fd: Fd) -> Result<(), DiskError> {
        self.on(fd, "sync the data of", |d| d.sync(fd))
    }

    pub(crate) fn metadata(&mut self, path: &str) -> Result<Metadata, DiskError> {
        self.device().metadata(path).map_err(named("get metadata of", path))
    }

    pub(crate) fn create_dir(&mut self, path: &str, now: Time) -> Result<(), DiskError> {
        self.device().create_dir(path, now).map_err(named("create the directory", path))
    }

    /// Also makes the directories above it, where they are missing.
    pub(crate) fn create_dir_all(&mut self, path: &str, now: Time) -> Result<(), DiskError> {
        let what = "create the directory";
        let names: Vec<_> = path::names(path).map_err(named(what, path))?;
        for depth in 1..=names.len() {
            let above = names[..depth].join("/");
            match self.device().create_dir(&above, now) {
                Err(Cause::Exists) if self.device().metadata(&above).is_ok_and(|m| m.is_dir) => {}
                Err(Cause::Exists) if depth < names.len() => return Err(named(what, path)(Cause::NotDirectory)),
                result => result.map_err(named(what, path))?,
            }
        }
        Ok(())
    }

    /// The entries of a directory, sorted by name.
    pub(crate) fn read_dir(&mut self, path: &str) -> Result<Vec<DirEntry>, DiskError> {
        self.device().read_dir(path).map_err(named("list the directory", path))
    }

    /// Moves a file or directory, over an existing file or empty directory if there is one, as one change.
    pub(crate) fn rename(&mut self, from: &str, to: &str, now: Time) -> Result<(), DiskError> {
        self.device().rename(from, to, now).map_err(named("rename", from))
    }

    /// Gives a file one more name, which must be free.
    pub(crate) fn hard_link(&mut self, file: &str, name: &str, now: Time) -> Result<(), DiskError> {
        self.device().hard_link(file, name, now).map_err(named("link", file))
    }

    /// Removes a file's name; the file lives on while it is open.
    pub(crate) fn remove_file(&mut self, path: &str, now: Time) -> Result<(), DiskError> {
        self.device().remove_file(path, now).map_err(named("remove the file", path))
    }

    /// Removes an empty directory.
    pub(crate) fn remove_dir(&mut self, path: &str, now: Time) -> Result<(), DiskError> {
        self.device().remove_dir(path, now).map_err(named("remove the directory", path))
    }

    /// Makes durable what was made, moved and removed in a directory.
    pub(crate) fn sync_dir(&mut self, path: &str) -> Result<(), DiskError> {
        self.device().sync_dir(path).map_err(named("sync the directory", path))
    }

    /// Ends the incarnation: its descriptors name nothing any more, everything it completed stays.
    pub(crate) fn kill(&mut self) {
        if let Some(device) = &mut self.device {
            device.kill();
        }
    }

    /// Ends the machine: of what was not synced a drawn subset is left, and that is durable.
    pub(crate) fn power_loss(&mut self) {
        if let Some(device) = &mut self.device {
            device.power_loss();
        }
    }

    /// Injects a fault; what is returned, applied, puts back what was before. Faults outlive kills and power losses.
    pub(crate) fn apply(&mut self, change: DiskChange) -> DiskChange {
        self.device().apply(change)
    }

    /// How many operations have felt changes of this kind.
    pub(crate) fn felt(&self, change: &DiskChange) -> u64 {
        self.device.as_ref().map_or(0, |device| device.felt(change))
    }

    /// The sectors that are not as they were written, because of faults that nobody reported.
    pub(crate) fn damage(&self) -> Vec<Damage> {
        self.device.as_ref().map_or_else(Vec::new, |device| device.damage())
    }

    /// Every file and directory as programs see them now.
    pub(crate) fn snapshot(&mut self) -> Snapshot {
        self.device().snapshot()
    }

    /// Replaces every file and directory, durably. What is open names nothing any more; faults stay.
    pub(crate) fn restore(&mut self, snapshot: &Snapshot, now: Time) {
        self.device().restore(snapshot, now);
    }

    /// An operation waits for the end of a stall.
    pub(crate) fn feel_stall(&mut self) {
        self.device().feel_stall();
    }

    /// Whether nothing completes at the moment. The world wakes those that wait when it applies the stall's end.
    pub(crate) fn stalled(&self) -> bool {
        self.device.as_ref().is_some_and(|device| device.stalled())
    }

    /// How long the next operation of this class there takes, on so many bytes. Counts as a draw, and towards the
    /// budget of the disk: ask once an operation.
    pub(crate) fn cost(&mut self, now: Time, at: At<'_>, class: Class, bytes: u64) -> Duration {
        self.device().cost(now, at, class, bytes)
    }

    fn device(&mut self) -> &mut Faulty {
        let Self { key, config, device } = self;
        device.get_or_insert_with(|| {
            let memory = Memory::new(*key, config.survival, config.write_back);
            Box::new(Faulty::new(LatentLayer::new(memory), *config))
        })
    }

    fn on<T>(
        &mut self,
        fd: Fd,
        what: &'static str,
        f: impl FnOnce(&mut Faulty) -> Result<T, Cause>,
    ) -> Result<T, DiskError> {
        let device = self.device();
        f(device).map_err(|cause| DiskError::new(cause, what, device.path(fd).unwrap_or("a closed file")))
    }
}

fn named(what: &'static str, path: &str) -> impl Fn(Cause) -> DiskError {
    move |cause| DiskError::new(cause, what, path)
}
