//! A process's own disk: files and directories that survive a kill, and a power loss as far as they were synced.
//!
//! The functions are those of `std::fs` and `tokio::fs`. Paths are the process's own: `/` is the root of its disk, and
//! relative paths start there too.
//!
//! What a program does is seen by it at once. After a *kill* all of it is still there. After a *power loss* only what
//! was synced is sure to be: [`File::sync_all`] and [`File::sync_data`] make a file's content and length durable,
//! [`sync_dir`] makes the names in a directory durable (a new file, a rename, a removal). Of the rest a drawn subset is
//! left: any pending write in part, by sectors of 512 bytes, and any pending name or not. A rename over an existing
//! file leaves the old or the new one.
//!
//! # After a failed sync
//!
//! Nothing may be assumed of what was written since the last sync of the file that succeeded. Systems differ in what
//! they make of it, and so do the faults:
//!
//! | fault | what is read | a later sync | a power loss |
//! |---|---|---|---|
//! | `disk_sync_errors` | the new data | makes it durable | leaves any part of it |
//! | `disk_sync_drops` (ext4, XFS) | the new data | succeeds, and writes none of it | takes it |
//! | `disk_sync_reverts` (Btrfs) | the old data | succeeds | finds it gone |
//!
//! So a program that tries the sync again and takes success for proof loses data. What is right in all three cases:
//! write it again, elsewhere or in the same place, and sync that; or stop, and start from what the disk has after a
//! restart. (Rebello et al.: Can Applications Recover from fsync Failures?, USENIX ATC 2020.) Syncs of directories
//! that fail leave the names pending, as journals do.
//!
//! # What nobody reports
//!
//! Disks also lie: bits rot, writes are lost or land elsewhere, reads give old data or another's
//! ([`Fault::disk_bit_rot`](crate::fault::Fault::disk_bit_rot) and those beside it). Checksums tell, and a second copy
//! helps. [`Sim::disk_damage`](crate::Sim::disk_damage) lists the sectors that are not as they were written.
//!
//! ```
//! use tumult_sim::{Sim, disk::{self, File}};
//!
//! let mut sim = Sim::new(1);
//! let store = sim.primary("store", || async {
//!     disk::create_dir_all("/wal").await?;
//!     let mut log = File::create("/wal/log").await?;
//!     log.write_all(b"record").await?;
//!     log.sync_data().await?;
//!     disk::sync_dir("/wal").await?; // without these two a power loss may take the whole file
//!     disk::sync_dir("/").await?;
//!     disk::read("/wal/log").await
//! });
//! let report = sim.run();
//! assert_eq!(report.output::<std::io::Result<Vec<u8>>>(store).unwrap().as_ref().unwrap(), b"record");
//! ```

mod file;
pub(crate) mod gate;
mod names;
mod options;
mod snapshot;
#[cfg(test)]
mod tests;

pub use crate::kernel::disk::{Damage, DiskConfig, DiskError, Snapshot};
pub use file::File;
pub use names::{
    DirEntry, Metadata, canonicalize, copy, create_dir, create_dir_all, hard_link, metadata, read, read_dir,
    read_to_string, remove_dir, remove_dir_all, remove_file, rename, sync_dir, try_exists, write,
};
pub use options::OpenOptions;
pub use snapshot::{restore, snapshot};
