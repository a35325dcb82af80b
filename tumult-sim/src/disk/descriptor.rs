//! A file's place among what its process may have open.

use std::io;

use crate::base::{Incarnation, ProcessId};
use crate::context::{try_current, with};
use crate::kernel::disk::Disks;
use crate::kernel::world::World;

/// Counts towards the limit of its process until it is dropped, or its process ends.
#[derive(Debug)]
pub(super) struct Descriptor {
    pub(super) process: ProcessId,
    life: Incarnation,
}

impl Descriptor {
    /// For the file of this path. EMFILE when the process has as many open as it may.
    pub(super) fn new(process: ProcessId, path: &str) -> io::Result<Self> {
        with(|w| {
            let World { core, processes, .. } = w;
            let cell = processes.get_mut(process);
            if cell.descriptors.open() {
                Ok(Self { process, life: cell.incarnation })
            } else {
                Err(Disks::refuse_open(core, process, path).into())
            }
        })
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
