//! A place among what a process may have open: of a file, a stream, a listener, an end of a pipe.

use std::io;

use crate::base::{Incarnation, ProcessId};
use crate::context::{try_current, with};
use crate::kernel::process::Processes;

/// What Linux says when a process has as many files and sockets open as it may.
pub(crate) const EMFILE: i32 = 24;

/// Counts towards the limit of its process until it is dropped, or its process ends.
#[derive(Debug)]
pub(crate) struct Descriptor {
    pub(crate) process: ProcessId,
    life: Incarnation,
}

impl Descriptor {
    /// One more of this process; `None` when it has as many as it may. Not to be dropped while the world is borrowed.
    pub(crate) fn open(processes: &mut Processes, process: ProcessId) -> Option<Self> {
        let cell = processes.get_mut(process);
        // Made only when it counts: its drop asks for the world.
        if cell.descriptors.open() { Some(Self { process, life: cell.incarnation }) } else { None }
    }

    /// One for a socket or a pipe: EMFILE when there are too many.
    pub(crate) fn for_socket(process: ProcessId) -> io::Result<Self> {
        with(|w| Self::open(&mut w.processes, process)).ok_or_else(|| io::Error::from_raw_os_error(EMFILE))
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        if let Some(run) = try_current() {
            let world = &mut *run.world.borrow_mut();
            let cell = world.processes.get_mut(self.process);
            if cell.incarnation == self.life {
                cell.descriptors.close();
            }
        }
    }
}
