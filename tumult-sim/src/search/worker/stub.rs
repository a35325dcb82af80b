//! Where a process cannot be given a socket as its input, there are no workers.

use std::time::Duration;

use super::{Assignment, Order, Place};
use crate::search::runner::Runner;
use crate::sim::RunOutcome;

pub(in crate::search) const START: Duration = Duration::ZERO;

/// There is none.
#[derive(Debug)]
pub(in crate::search) enum Worker {}

impl Worker {
    pub(in crate::search) fn start(_: &Place, _: bool) -> Result<Self, String> {
        Err("this system has no processes for it".into())
    }

    pub(in crate::search) fn ask(&mut self, _: &Order, _: Duration) -> Result<RunOutcome, String> {
        match *self {}
    }
}

pub(in crate::search) fn assignment() -> Option<&'static Assignment> {
    None
}

pub(in crate::search) fn is_worker() -> bool {
    false
}

pub(in crate::search) fn serve(_: &Runner<'_>) -> ! {
    std::process::exit(1)
}
