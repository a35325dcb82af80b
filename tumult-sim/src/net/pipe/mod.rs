//! Pipes and pairs of streams within a process: [`pipe`], [`UnixStream`].
//!
//! They are on no link: no latency, no loss. They end with their process.

mod duplex;
#[cfg(test)]
mod tests;

pub use duplex::UnixStream;

use std::io;
use std::task::{Context, Poll};

use super::bytes::{reads, ready, writes};
use crate::base::ProcessId;
use crate::context::{current, try_current, waiter};
use crate::kernel::core::Core;
use crate::kernel::net::{PipeEnd, PipeId, Pipes};
use crate::process::Descriptor;

/// A pipe of the calling process: what is written to one end is read at the other.
///
/// It holds 64 KiB; a writer waits while it is full. A write of up to 4,096 bytes is taken whole, a longer one may be
/// split, as on Linux. When the writer is dropped the reader comes to the end; when the reader is dropped, writes fail
/// with `BrokenPipe`. With the feature `tokio` the ends have tokio's traits, with `futures-io` those of `futures-io`.
///
/// ```
/// use tumult_sim::{Sim, net, task};
///
/// let mut sim = Sim::new(1);
/// let worker = sim.primary("worker", || async {
///     let (mut reader, mut writer) = net::pipe()?;
///     task::spawn(async move { writer.write_all(b"done").await });
///     let mut said = vec![];
///     reader.read_to_end(&mut said).await?;
///     Ok::<_, std::io::Error>(said)
/// });
/// let report = sim.run();
/// # assert_eq!(report.output::<Result<Vec<u8>, std::io::Error>>(worker).unwrap().as_ref().unwrap(), b"done");
/// ```
///
/// # Errors
/// EMFILE when the process has as many files and sockets open as it may: a pipe takes two places. `NotConnected` when
/// the process has ended.
///
/// # Panics
/// Outside a process.
pub fn pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let me = super::acting()?;
    let places = (Descriptor::for_socket(me)?, Descriptor::for_socket(me)?);
    let id = open(me, true);
    Ok((PipeReader { id, _place: places.0 }, PipeWriter { id, _place: places.1 }))
}

fn open(process: ProcessId, atomic: bool) -> PipeId {
    current().world.borrow_mut().net.pipes.open(process, atomic)
}

#[inline]
fn call<R>(f: impl FnOnce(&mut Pipes, &mut Core) -> R) -> R {
    let world = &mut *current().world.borrow_mut();
    f(&mut world.net.pipes, &mut world.core)
}

fn close(id: PipeId, end: PipeEnd) {
    if try_current().is_some() {
        call(|pipes, core| pipes.close(core, id, end));
    }
}

fn poll_read(id: PipeId, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
    ready(call(|pipes, core| pipes.read(core, id, buffer, || waiter(cx.waker()))))
}

fn poll_write(id: PipeId, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
    ready(call(|pipes, core| pipes.write(core, id, data, || waiter(cx.waker()))))
}

/// The end of a pipe that reads; see [`pipe`].
#[derive(Debug)]
pub struct PipeReader {
    id: PipeId,
    _place: Descriptor,
}

/// The end of a pipe that writes; see [`pipe`].
#[derive(Debug)]
pub struct PipeWriter {
    id: PipeId,
    _place: Descriptor,
}

impl PipeReader {
    fn poll_read_into(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        poll_read(self.id, cx, buffer)
    }
}

impl PipeWriter {
    fn poll_write_from(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        poll_write(self.id, cx, data)
    }

    #[expect(clippy::unnecessary_wraps, reason = "as of streams that can fail")]
    fn end_writing(&self) -> io::Result<()> {
        close(self.id, PipeEnd::Writer);
        Ok(())
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        close(self.id, PipeEnd::Reader);
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        close(self.id, PipeEnd::Writer);
    }
}

reads!(PipeReader, "When its process has ended.");
writes!(PipeWriter, "`BrokenPipe` when nobody reads any more; when its process has ended.");
