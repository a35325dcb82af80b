//! Which event woke each task: for the recording of a run, and for nothing that happens in it.

use std::collections::BTreeMap;

use crate::trace::NO_EVENT;

/// So many further wakes of one task are kept until it runs: a task that stands still may be woken without end.
const KEPT: usize = 16;

/// What wakes now, and what woke those that were ready already.
#[derive(Debug)]
pub(super) struct Wakes {
    /// The event that wakes whoever is woken now.
    pub(super) by: u32,
    /// Whether further wakes are kept: in recorded runs.
    kept: bool,
    /// By slot: what woke a task while it was ready, or let it go on.
    further: BTreeMap<u32, Vec<u32>>,
}

impl Wakes {
    pub(super) fn new() -> Self {
        Self { by: NO_EVENT, kept: false, further: BTreeMap::new() }
    }

    pub(super) fn keep(&mut self) {
        self.kept = true;
    }

    /// A task that is ready already is woken by what happens now.
    #[inline]
    pub(super) fn again(&mut self, slot: u32) {
        if self.kept {
            self.add(slot);
        }
    }

    #[cold]
    fn add(&mut self, slot: u32) {
        let wakes = self.further.entry(slot).or_default();
        if wakes.last() != Some(&self.by) && wakes.len() < KEPT {
            wakes.push(self.by);
        }
    }

    /// The task runs, or ends.
    pub(super) fn take(&mut self, slot: u32) -> Vec<u32> {
        self.further.remove(&slot).unwrap_or_default()
    }
}
