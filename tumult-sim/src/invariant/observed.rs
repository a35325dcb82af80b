//! State that invariants read.

use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::sync::Arc;

use crate::context::{Run, current, try_current};
use crate::trace::Kind;

/// State outside every process, as an observer of the whole system would keep it: updated by processes, read by
/// invariants and probes. Cloning gives another handle to the same state.
pub struct Observed<T> {
    cell: Arc<Cellar<T>>,
}

struct Cellar<T> {
    run: u16,
    id: u32,
    borrowed: Cell<bool>,
    value: UnsafeCell<T>,
}

// SAFETY: all access goes through `Observed::access`, which lets only the thread in that is in the run (one thread at a
// time holds a run's turn) and refuses to nest. `T: Send` since the threads of a run take turns.
unsafe impl<T: Send> Sync for Cellar<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Cellar<T> {}

/// Ends a borrow however its user leaves it.
struct Borrow<'a>(&'a Cell<bool>);

impl Drop for Borrow<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl<T: Send + 'static> Observed<T> {
    pub(crate) fn new(id: u32, value: T) -> Self {
        let cell = Cellar { run: current().id, id, borrowed: Cell::new(false), value: UnsafeCell::new(value) };
        Self { cell: Arc::new(cell) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.cell.id
    }

    #[inline]
    #[track_caller]
    fn access(&self, run: Option<&Run>) -> Borrow<'_> {
        let here = run.is_some_and(|run| run.id == self.cell.run);
        assert!(here, "an observed state was used outside the run that it belongs to");
        assert!(!self.cell.borrowed.replace(true), "an observed state was used while it was being updated or read");
        Borrow(&self.cell.borrowed)
    }

    /// Changes the state; the invariants over it are checked before any other task runs.
    ///
    /// Gives nothing back: a process that has ended updates nothing, so its destructors would have nothing to get.
    ///
    /// # Panics
    /// Outside its run, and when nested.
    #[inline]
    #[track_caller]
    pub fn update(&self, change: impl FnOnce(&mut T)) {
        let run = current();
        if run.is_inert() {
            return;
        }
        {
            let _borrow = self.access(Some(run));
            // SAFETY: `access` made sure that this is the only access, on the run's own thread.
            change(unsafe { &mut *self.cell.value.get() });
        }
        let world = &mut *run.world.borrow_mut();
        let process = world.actor.map_or(u32::MAX, |a| a.process.0);
        let word = world.core.pair(self.cell.id, process);
        world.core.trace.note(world.core.now, Kind::Observe, word, 0, &[]);
        let out = &mut world.core.out;
        if !out.dirty.contains(&self.cell.id) {
            out.dirty.push(self.cell.id);
        }
    }

    /// Reads the state.
    ///
    /// # Panics
    /// Outside its run, and when nested.
    #[inline]
    #[track_caller]
    pub fn read<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        let _borrow = self.access(try_current());
        // SAFETY: as in `update`.
        read(unsafe { &*self.cell.value.get() })
    }

    /// A copy of the state.
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.read(T::clone)
    }
}

impl<T> Clone for Observed<T> {
    fn clone(&self) -> Self {
        Self { cell: Arc::clone(&self.cell) }
    }
}

impl<T> fmt::Debug for Observed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observed").field(&self.cell.id).finish()
    }
}
