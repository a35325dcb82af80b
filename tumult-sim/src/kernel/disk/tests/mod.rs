//! The disk as a whole, against a reference model (`oracle.rs`) and as programs use it.

mod attributes;
mod crash;
mod facade;
mod failed_sync;
mod links;
mod mapped;
mod oracle;
mod script;
mod wal;

use super::{Disk, DiskError, Fd, OpenOptions};
use crate::base::Time;

/// For reading and writing, made if it is missing.
pub(super) const CREATE: OpenOptions =
    OpenOptions { read: true, write: true, append: false, truncate: false, create: true, create_new: false };

/// For reading.
pub(super) const READ: OpenOptions =
    OpenOptions { read: true, write: false, append: false, truncate: false, create: false, create_new: false };

impl Disk {
    /// Writes at the file's end.
    fn append(&mut self, fd: Fd, data: &[u8], now: Time) -> Result<usize, DiskError> {
        let end = self.len(fd)?;
        self.write_at(fd, end, data, now)
    }
}
