//! Whether this process is there for one run alone.
//!
//! Unmodified programs keep state in statics, and may abort. So a search gives each of their runs a process of its own,
//! forked from one in which nothing has run. Elsewhere such runs go one at a time.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{ReentrantMutex, ReentrantMutexGuard};

static ISOLATED: AtomicBool = AtomicBool::new(false);
static ALONE: ReentrantMutex<()> = ReentrantMutex::new(());

/// Whether this process is there for one run alone: nothing ran in it before, and it ends with the run.
pub(crate) fn isolated() -> bool {
    ISOLATED.load(Ordering::Relaxed)
}

/// This process, just forked, is there for one run.
pub(crate) fn mark_isolated() {
    ISOLATED.store(true, Ordering::Relaxed);
}

/// Keeps others that may not run at the same time from running in this process.
pub(crate) type Alone = ReentrantMutexGuard<'static, ()>;

/// Waits until no other run of this process that must be alone is left. A second one on the same thread is let in: it
/// could not wait for the first.
pub(crate) fn alone() -> Alone {
    ALONE.lock()
}
