//! Which event woke each task: for the recording of a run, and for nothing that happens in it.

use crate::trace::NO_EVENT;

/// So many further wakes of one task are kept until it runs: a task that stands still may be woken without end.
const KEPT: usize = 16;
/// Room that is reserved.
const ROOM: usize = 1 << 14;

/// What wakes now, and what woke those that were ready already.
#[derive(Debug)]
pub(super) struct Wakes {
    /// The event that wakes whoever is woken now.
    pub(super) by: u32,
    /// Whether further wakes are kept: in recorded runs.
    kept: bool,
    /// What woke a task while it was ready, or let it go on: its slot, and the event. Few at a time, since those of a task
    /// go when it runs; and in one piece, since nothing is allocated here while a run goes on.
    further: Vec<(u32, u32)>,
}

impl Wakes {
    pub(super) fn new() -> Self {
        Self { by: NO_EVENT, kept: false, further: vec![] }
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
        let before = self.further.iter().filter(|(other, _)| *other == slot).count();
        if !self.further.contains(&(slot, self.by)) && before < KEPT {
            self.further.push((slot, self.by));
        }
    }

    /// The task runs, or ends: one of its further wakes, the first one first, until there is none left.
    pub(super) fn take(&mut self, slot: u32) -> Option<u32> {
        let at = self.further.iter().position(|(other, _)| *other == slot)?;
        Some(self.further.remove(at).1)
    }

    /// Makes room for many.
    pub(super) fn reserve(&mut self) {
        self.further.reserve_exact(ROOM);
    }
}
