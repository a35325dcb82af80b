//! Setting machines.

use crate::base::{Bytes, ProcessId};
use crate::context::Run;

/// Sets the machine of some processes: made by [`Sim::machine`](super::Sim::machine).
#[derive(Debug)]
pub struct MachineSetter<'a> {
    run: &'a Run,
    on: Vec<ProcessId>,
}

impl<'a> MachineSetter<'a> {
    pub(super) fn new(run: &'a Run, on: Vec<ProcessId>) -> Self {
        Self { run, on }
    }

    /// How many cores it has. Default: 4.
    ///
    /// # Panics
    /// When there are none.
    #[track_caller]
    pub fn cores(self, cores: u32) -> Self {
        assert!(cores > 0, "failed to make a machine of 0 cores: give it 1 or more");
        if let Some(p) = self.on.first() {
            self.run.world.borrow_mut().machines.set_cores(*p, cores);
        }
        self
    }

    /// How much memory it has. Default: 4 GiB.
    pub fn memory(self, total: Bytes) -> Self {
        if let Some(p) = self.on.first() {
            self.run.world.borrow_mut().machines.set_memory(*p, total);
        }
        self
    }
}
