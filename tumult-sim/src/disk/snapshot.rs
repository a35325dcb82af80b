//! A whole disk as a value.

use std::io;

use super::gate::{owner, perform};
use crate::kernel::disk::{Action, At, Snapshot};

/// Everything on the disk as it is seen now, as a value. It takes the time of one look, whatever its size.
///
/// # Errors
/// When the process has ended.
///
/// # Panics
/// Outside a process.
pub async fn snapshot() -> io::Result<Snapshot> {
    perform(owner()?, At::Dir("/"), Action::Snapshot, &[], |disk, _| Ok(disk.snapshot())).await
}

/// Replaces everything on the disk by what the snapshot has, durably. What is open names nothing any more.
///
/// # Errors
/// When the process has ended.
///
/// # Panics
/// Outside a process.
pub async fn restore(snapshot: &Snapshot) -> io::Result<()> {
    let restore = |disk: &mut crate::kernel::disk::Disk, now| {
        disk.restore(snapshot, now);
        Ok(())
    };
    perform(owner()?, At::Dir("/"), Action::Restore, &[], restore).await
}
