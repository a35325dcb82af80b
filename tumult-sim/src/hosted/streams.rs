//! The standard streams of a hosted process: nothing comes in, and what goes out becomes lines of the trace.

use std::cell::RefCell;
use std::rc::Rc;

use super::descriptors::Descriptors;
use super::errno::Errno;
use super::life::Life;
use super::object::{Events, How, Object};
use super::thread::Thread;
use crate::base::ProcessId;
use crate::context;
use crate::trace::Kind;

/// A line that is longer is cut into several, so that what waits for its end has a bound.
const LINE_MAX: usize = 4096;

/// Puts the three streams of a new life in their places.
pub(super) fn open(descriptors: &mut Descriptors, process: ProcessId) {
    descriptors.set_standard(0, Rc::new(Input));
    for stream in [1, 2] {
        descriptors.set_standard(stream, Rc::new(Output { process, stream: stream as u64, begun: RefCell::default() }));
    }
}

/// Standard input: at its end from the beginning.
struct Input;

impl Object for Input {
    fn what(&self) -> &'static str {
        "standard input"
    }
    fn read(&self, _me: &Thread, _into: &mut [u8], _how: How) -> Result<usize, Errno> {
        Ok(0)
    }
    fn write(&self, _me: &Thread, _from: &[u8], _how: How) -> Result<usize, Errno> {
        Err(Errno(libc::EBADF))
    }
    fn ready(&self) -> Events {
        Events::IN.and(Events::HUP)
    }
}

/// Standard output or standard error.
struct Output {
    process: ProcessId,
    stream: u64,
    /// A line that has not ended: std writes what it formats to standard error piece by piece.
    begun: RefCell<Vec<u8>>,
}

impl Output {
    fn note(&self, line: &[u8]) {
        context::with(|w| {
            let (now, word) = (w.now(), w.core.pair(self.process.0, 0));
            w.core.trace.note(now, Kind::Output, word, self.stream, line);
        });
    }

    /// A line that has not ended ends now.
    fn flush(&self) {
        let rest = self.begun.take();
        if !rest.is_empty() {
            self.note(&rest);
        }
    }
}

impl Object for Output {
    fn what(&self) -> &'static str {
        if self.stream == 1 { "standard output" } else { "standard error" }
    }
    fn read(&self, _me: &Thread, _into: &mut [u8], _how: How) -> Result<usize, Errno> {
        Err(Errno(libc::EBADF))
    }
    fn write(&self, _me: &Thread, from: &[u8], _how: How) -> Result<usize, Errno> {
        for piece in from.split_inclusive(|byte| *byte == b'\n') {
            self.begun.borrow_mut().extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let mut line = self.begun.take();
                line.pop();
                self.note(&line);
            } else if self.begun.borrow().len() >= LINE_MAX {
                self.flush();
            }
        }
        Ok(from.len())
    }
    /// std holds the lock of its own stream meanwhile.
    fn may_interleave(&self) -> bool {
        false
    }
    fn ready(&self) -> Events {
        Events::OUT
    }
    fn close(&self) {
        self.flush();
    }
}

impl Life {
    /// The process is about to end by its own hand: lines that have not ended are written.
    pub(super) fn flush_streams(&self) {
        let numbers = self.descriptors.borrow().numbers();
        for fd in numbers {
            if let Ok(open) = self.open_at(fd)
                && let Ok(output) = open.is::<Output>(0)
            {
                output.flush();
            }
        }
    }
}
