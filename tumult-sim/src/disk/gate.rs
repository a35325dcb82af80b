//! The way to the disk: an operation takes its time, waits out a stall, and only then happens. One whose process ends
//! meanwhile, or whose future is dropped, never happened.

use std::future::poll_fn;
use std::io;
use std::path::Path;
use std::task::Poll;

use crate::base::{ProcessId, Time};
use crate::context::{current, waiter, with};
use crate::kernel::disk::{Action, At, Disk, DiskError, Fd};
use crate::kernel::world::World;
use crate::time::Sleep;

/// The process whose disk is used.
#[track_caller]
pub(super) fn owner() -> io::Result<ProcessId> {
    with(|w| {
        assert!(w.actor.is_some(), "failed to use a disk outside any process: use it in the body of one");
        w.living_actor().ok_or_else(ended)
    })
}

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "failed to use the disk: its process has ended, or this is another")
}

/// The path as the kernel takes it.
pub(super) fn text(path: &Path) -> io::Result<&str> {
    path.to_str().ok_or_else(|| {
        let message = format!("failed to use the path `{}`: simulated disks have UTF-8 names", path.display());
        io::Error::new(io::ErrorKind::InvalidInput, message)
    })
}

/// Lets the time of an operation pass.
async fn wait(process: ProcessId, at: At<'_>, action: Action, bytes: usize) -> io::Result<()> {
    let until = with(|w| {
        if w.living_actor() != Some(process) || current().is_inert() {
            return Err(ended());
        }
        let now = w.now();
        Ok(now + w.disks.cost(now, process, at, action, bytes as u64))
    })?;
    Sleep::at(until).await;
    poll_fn(|cx| {
        let waiter = waiter(cx.waker());
        let (unused, stalled) = with(|w| (w.disks.wait(process, waiter), w.disks.get_mut(process).stalled()));
        // A waiter that was not kept is dropped here, where user code may run.
        drop(unused);
        if stalled { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    Ok(())
}

/// Does an operation on the process's disk; `what` is the path or the data, for the trace.
pub(crate) async fn perform<R>(
    process: ProcessId,
    at: At<'_>,
    action: Action,
    what: &[u8],
    f: impl FnOnce(&mut Disk, Time) -> Result<R, DiskError>,
) -> io::Result<R> {
    let bytes = if action == Action::Write { what.len() } else { 0 };
    wait(process, at, action, bytes).await?;
    with(|w| {
        let World { core, disks, .. } = w;
        Ok(disks.perform(core, process, (action, what), f)?)
    })
}

pub(crate) async fn read_at(process: ProcessId, fd: Fd, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    wait(process, At::File(fd), Action::Read, buf.len()).await?;
    with(|w| {
        let World { core, disks, .. } = w;
        Ok(disks.read_at(core, process, fd, offset, buf)?)
    })
}
