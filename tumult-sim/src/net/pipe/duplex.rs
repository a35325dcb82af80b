//! Two connected streams within a process.

use std::io;
use std::task::{Context, Poll};

use super::{call, open, poll_read, poll_write};
use crate::context::try_current;
use crate::kernel::net::{PipeEnd, PipeId};
use crate::net::bytes::{reads, writes};
use crate::process::Descriptor;

/// One of two connected streams of a process, as Unix's `socketpair` makes them: what is written to one is read at the
/// other.
///
/// Each direction holds 64 KiB. A drop ends both directions: the other stream reads what was written, then the end, or
/// `ConnectionReset` when something was left unread; its writes fail with `BrokenPipe`.
#[derive(Debug)]
pub struct UnixStream {
    reads: PipeId,
    writes: PipeId,
    _place: Descriptor,
}

impl UnixStream {
    /// Two streams that are connected with each other.
    ///
    /// ```
    /// use tumult_sim::{Sim, net::UnixStream};
    /// # let mut sim = Sim::new(1);
    /// # sim.primary("p", || async {
    /// let (mut here, mut there) = UnixStream::pair()?;
    /// here.write_all(b"ping").await?;
    /// let mut said = [0; 4];
    /// there.read_exact(&mut said).await?;
    /// assert_eq!(&said, b"ping");
    /// # Ok::<_, std::io::Error>(()) });
    /// # sim.run();
    /// ```
    ///
    /// # Errors
    /// EMFILE when the process has as many files and sockets open as it may; `NotConnected` when it has ended.
    ///
    /// # Panics
    /// Outside a process.
    pub fn pair() -> io::Result<(Self, Self)> {
        let me = crate::net::acting()?;
        let places = (Descriptor::for_socket(me)?, Descriptor::for_socket(me)?);
        let (there, back) = (open(me, false), open(me, false));
        Ok((
            Self { reads: back, writes: there, _place: places.0 },
            Self { reads: there, writes: back, _place: places.1 },
        ))
    }

    #[expect(clippy::unnecessary_wraps, reason = "as of streams that can fail")]
    fn end_writing(&self) -> io::Result<()> {
        call(|pipes, core| pipes.close(core, self.writes, PipeEnd::Writer));
        Ok(())
    }

    fn poll_read_into(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        poll_read(self.reads, cx, buffer)
    }

    fn poll_write_from(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        poll_write(self.writes, cx, data)
    }
}

reads!(
    UnixStream,
    "When its process has ended; `ConnectionReset` once when the other end was dropped with something unread."
);
writes!(UnixStream, "`BrokenPipe` when nobody reads any more; when its process has ended.");

impl Drop for UnixStream {
    fn drop(&mut self) {
        if try_current().is_none() {
            return;
        }
        call(|pipes, core| {
            if pipes.unread(self.reads) > 0 {
                pipes.fail(self.writes, io::ErrorKind::ConnectionReset);
            }
            pipes.close(core, self.writes, PipeEnd::Writer);
            pipes.close(core, self.reads, PipeEnd::Reader);
        });
    }
}
