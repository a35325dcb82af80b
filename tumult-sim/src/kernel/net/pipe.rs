//! Pipes within a process: bytes from those that write to those that read, in a bounded buffer.
//!
//! May: make writers wait while it is full and readers while it is empty; take a part of what is longer than
//! [`PIPE_BUF`]. Must never: lose, change or reorder a byte; split a write of up to [`PIPE_BUF`] bytes; outlive its
//! process. It is on no link, so no fault of the network touches it.

use std::collections::VecDeque;
use std::io;

use crate::base::ProcessId;
use crate::kernel::core::Core;
use crate::kernel::task::{Waiter, Waiters};
use crate::trace::NO_EVENT;

/// What a pipe holds: 16 pages, as on Linux.
pub(crate) const CAPACITY: usize = 64 << 10;
/// A write of up to so many bytes is taken whole or not at all (POSIX: 512 at least, Linux: a page).
pub(crate) const PIPE_BUF: usize = 4096;

/// Names a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PipeId {
    slot: u32,
    generation: u32,
}

/// An end of a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PipeEnd {
    Reader,
    Writer,
}

/// How a pipe stands, as polls want to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PipeStanding {
    /// How many bytes wait to be read, and how many more there is room for.
    pub(crate) unread: usize,
    pub(crate) room: usize,
    /// Whether somebody may still read, and write.
    pub(crate) reader: bool,
    pub(crate) writer: bool,
    /// A read will fail when the bytes are read.
    pub(crate) failed: bool,
}

#[derive(Debug)]
struct Pipe {
    generation: u32,
    process: ProcessId,
    /// Whether short writes are taken whole: pipes do, sockets do not.
    atomic: bool,
    bytes: VecDeque<u8>,
    /// The event of the trace in which it was written to last.
    written: u32,
    /// Whether somebody may still read, and write.
    reader: bool,
    writer: bool,
    /// What a read fails with, once, when the bytes are read.
    error: Option<io::ErrorKind>,
    readers: Waiters,
    writers: Waiters,
}

/// All pipes of a run.
#[derive(Debug, Default)]
pub(crate) struct Pipes {
    pipes: Vec<Pipe>,
}

impl Pipes {
    /// A new pipe of a process, both ends open.
    pub(crate) fn open(&mut self, process: ProcessId, atomic: bool) -> PipeId {
        let slot = self.pipes.iter().position(|p| !p.reader && !p.writer).unwrap_or(self.pipes.len());
        let generation = self.pipes.get(slot).map_or(1, |p| p.generation + 1);
        let pipe = Pipe {
            generation,
            process,
            atomic,
            bytes: VecDeque::new(),
            written: NO_EVENT,
            reader: true,
            writer: true,
            error: None,
            readers: Waiters::default(),
            writers: Waiters::default(),
        };
        match self.pipes.get_mut(slot) {
            Some(old) => *old = pipe,
            None => self.pipes.push(pipe),
        }
        PipeId { slot: slot as u32, generation }
    }

    fn get(&mut self, id: PipeId) -> io::Result<&mut Pipe> {
        let pipe = self.pipes.get_mut(id.slot as usize).filter(|p| p.generation == id.generation);
        pipe.filter(|p| p.reader || p.writer).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Copies what is there, up to the buffer's length; 0 when nobody writes any more; `None`: nothing yet, and `waiter`
    /// waits.
    pub(crate) fn read(
        &mut self,
        core: &mut Core,
        id: PipeId,
        buffer: &mut [u8],
        waiter: impl FnOnce() -> Waiter,
    ) -> io::Result<Option<usize>> {
        let pipe = self.get(id)?;
        if buffer.is_empty() {
            return Ok(Some(0));
        }
        if pipe.bytes.is_empty() {
            return match pipe.error.take() {
                Some(error) => Err(error.into()),
                None if !pipe.writer => Ok(Some(0)),
                None => {
                    let unused = pipe.readers.add(waiter());
                    core.discard(unused.into_iter().collect());
                    Ok(None)
                }
            };
        }
        let n = buffer.len().min(pipe.bytes.len());
        for (to, byte) in buffer.iter_mut().zip(pipe.bytes.drain(..n)) {
            *to = byte;
        }
        core.trace.also(pipe.written);
        pipe.writers.wake(|w| core.wake(w));
        Ok(Some(n))
    }

    /// Takes what there is room for; `None`: there is none, or not enough for a short write, and `waiter` waits.
    pub(crate) fn write(
        &mut self,
        core: &mut Core,
        id: PipeId,
        data: &[u8],
        waiter: impl FnOnce() -> Waiter,
    ) -> io::Result<Option<usize>> {
        let pipe = self.get(id)?;
        if !pipe.reader || !pipe.writer {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let room = CAPACITY - pipe.bytes.len();
        let needs = if pipe.atomic && data.len() <= PIPE_BUF { data.len() } else { 1.min(data.len()) };
        if room < needs {
            let unused = pipe.writers.add(waiter());
            core.discard(unused.into_iter().collect());
            return Ok(None);
        }
        let n = data.len().min(room);
        pipe.bytes.extend(&data[..n]);
        pipe.written = core.trace.step();
        if n > 0 {
            pipe.readers.wake(|w| core.wake(w));
        }
        Ok(Some(n))
    }

    /// How many bytes wait to be read.
    pub(crate) fn unread(&mut self, id: PipeId) -> usize {
        self.get(id).map_or(0, |pipe| pipe.bytes.len())
    }

    /// How a pipe stands; that of a process that has ended has nobody at its ends.
    pub(crate) fn standing(&mut self, id: PipeId) -> PipeStanding {
        match self.get(id) {
            Ok(pipe) => PipeStanding {
                unread: pipe.bytes.len(),
                room: CAPACITY - pipe.bytes.len(),
                reader: pipe.reader,
                writer: pipe.writer,
                failed: pipe.error.is_some(),
            },
            Err(_) => PipeStanding { unread: 0, room: 0, reader: false, writer: false, failed: false },
        }
    }

    /// Copies what there is and leaves it there.
    pub(crate) fn peek(&mut self, id: PipeId, buffer: &mut [u8]) -> usize {
        let Ok(pipe) = self.get(id) else { return 0 };
        let n = buffer.len().min(pipe.bytes.len());
        for (to, byte) in buffer.iter_mut().zip(&pipe.bytes) {
            *to = *byte;
        }
        n
    }

    /// Whoever this leaves is woken at the next change of a pipe that concerns this end, however it stands now.
    pub(crate) fn watch(&mut self, core: &mut Core, id: PipeId, end: PipeEnd, waiter: Waiter) {
        let Ok(pipe) = self.get(id) else { return core.discard(vec![waiter]) };
        let waiters = match end {
            PipeEnd::Reader => &mut pipe.readers,
            PipeEnd::Writer => &mut pipe.writers,
        };
        let unused = waiters.add(waiter);
        core.discard(unused.into_iter().collect());
    }

    /// A read fails with this, once, when the bytes that are there have been read.
    pub(crate) fn fail(&mut self, id: PipeId, error: io::ErrorKind) {
        if let Ok(pipe) = self.get(id) {
            pipe.error = Some(error);
        }
    }

    /// Nobody will use this end any more; those at the other end are told. What nobody can read is gone.
    pub(crate) fn close(&mut self, core: &mut Core, id: PipeId, end: PipeEnd) {
        let Ok(pipe) = self.get(id) else { return };
        match end {
            PipeEnd::Reader => pipe.reader = false,
            PipeEnd::Writer => pipe.writer = false,
        }
        if !pipe.reader {
            pipe.bytes = VecDeque::new();
        }
        pipe.readers.wake(|w| core.wake(w));
        pipe.writers.wake(|w| core.wake(w));
    }

    /// The process has ended: its pipes are gone, and what was in them.
    pub(crate) fn end_process(&mut self, core: &mut Core, process: ProcessId) {
        for pipe in self.pipes.iter_mut().filter(|p| p.process == process) {
            (pipe.reader, pipe.writer, pipe.error) = (false, false, None);
            pipe.bytes = VecDeque::new();
            core.discard(pipe.readers.take());
            core.discard(pipe.writers.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Key, Seed};
    use crate::kernel::task::Schedule;

    const P: ProcessId = ProcessId(0);

    fn core() -> Core {
        Core::new(Schedule::Random, &Key::root(Seed(1)), false)
    }

    fn waiter() -> Waiter {
        Waiter::Foreign(std::task::Waker::noop().clone())
    }

    #[test]
    fn short_writes_are_whole_and_long_ones_may_be_split() {
        let (mut pipes, mut core) = (Pipes::default(), core());
        let id = pipes.open(P, true);
        assert_eq!(pipes.write(&mut core, id, &vec![1; CAPACITY - 100], waiter).unwrap(), Some(CAPACITY - 100));
        assert_eq!(pipes.write(&mut core, id, &[2; 101], waiter).unwrap(), None, "no part of it");
        assert_eq!(pipes.write(&mut core, id, &[3; PIPE_BUF + 1], waiter).unwrap(), Some(100), "a part of it");
        assert_eq!(pipes.write(&mut core, id, &[], waiter).unwrap(), Some(0));
        let mut buffer = vec![0; 2 * CAPACITY];
        assert_eq!(pipes.read(&mut core, id, &mut buffer, waiter).unwrap(), Some(CAPACITY));
        assert_eq!((buffer[CAPACITY - 101], buffer[CAPACITY - 100]), (1, 3));
        let socket = pipes.open(P, false);
        pipes.write(&mut core, socket, &vec![1; CAPACITY - 100], waiter).unwrap();
        assert_eq!(pipes.write(&mut core, socket, &[2; 101], waiter).unwrap(), Some(100), "a socket splits");
    }

    #[test]
    fn each_end_is_told_of_the_others() {
        let (mut pipes, mut core) = (Pipes::default(), core());
        let id = pipes.open(P, true);
        assert_eq!(pipes.read(&mut core, id, &mut [0; 9], waiter).unwrap(), None);
        pipes.write(&mut core, id, b"rest", waiter).unwrap();
        assert_eq!(core.out.wakes.len(), 1, "who reads is woken");
        pipes.close(&mut core, id, PipeEnd::Writer);
        assert_eq!(pipes.read(&mut core, id, &mut [0; 9], waiter).unwrap(), Some(4), "what was written comes first");
        assert_eq!(pipes.read(&mut core, id, &mut [0; 9], waiter).unwrap(), Some(0));
        let id = pipes.open(P, true);
        pipes.close(&mut core, id, PipeEnd::Reader);
        assert_eq!(pipes.write(&mut core, id, b"x", waiter).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_pipe_ends_with_its_process_and_its_name_with_it() {
        let (mut pipes, mut core) = (Pipes::default(), core());
        let (old, others) = (pipes.open(P, true), pipes.open(ProcessId(1), true));
        pipes.write(&mut core, old, b"x", waiter).unwrap();
        pipes.write(&mut core, others, b"y", waiter).unwrap();
        pipes.end_process(&mut core, P);
        let new = pipes.open(P, true);
        assert_eq!(pipes.read(&mut core, old, &mut [0; 9], waiter).unwrap_err().kind(), io::ErrorKind::NotConnected);
        pipes.close(&mut core, old, PipeEnd::Reader);
        assert_eq!(pipes.write(&mut core, new, b"z", waiter).unwrap(), Some(1), "another one in its slot");
        assert_eq!(pipes.unread(others), 1);
    }
}
