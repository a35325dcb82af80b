//! Wakes from outside: a registry that marks the run they were meant for, and never touches a kernel.
//!
//! A run that something outside it wakes cannot be replayed, so it fails, and says who did it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::kernel::task::TaskId;

/// One bit a run id: it was woken from outside.
static MARKS: [AtomicU64; 1 << 10] = [const { AtomicU64::new(0) }; 1 << 10];
static NEXT: AtomicU32 = AtomicU32::new(1);
static DETAILS: Mutex<Vec<Detail>> = Mutex::new(Vec::new());

/// What was done to a run from outside.
#[derive(Clone, Debug)]
pub(super) struct Detail {
    run: u16,
    /// The task it was done to: the run itself knows its name.
    pub(super) task: Option<TaskId>,
    pub(super) what: String,
}

/// A new run id. 65,535 later it comes again: a waker that old is told apart by its generation only.
pub(super) fn new_run() -> u16 {
    loop {
        let id = NEXT.fetch_add(1, Ordering::Relaxed) as u16;
        if id != 0 {
            MARKS[usize::from(id / 64)].fetch_and(!(1 << (id % 64)), Ordering::Relaxed);
            DETAILS.lock().unwrap_or_else(std::sync::PoisonError::into_inner).retain(|d| d.run != id);
            return id;
        }
    }
}

/// Marks a run.
#[cold]
pub(super) fn mark(run: u16, task: Option<TaskId>, what: String) {
    let mut details = DETAILS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Bounded: a runaway thread may wake a million times.
    if details.len() < 1024 {
        details.push(Detail { run, task, what });
    }
    MARKS[usize::from(run / 64)].fetch_or(1 << (run % 64), Ordering::Release);
}

/// Where a run's mark is: looked up once, asked at every instant.
#[derive(Debug)]
pub(super) struct Mark {
    word: &'static AtomicU64,
    bit: u64,
}

impl Mark {
    pub(super) fn of(run: u16) -> Self {
        Self { word: &MARKS[usize::from(run / 64)], bit: 1 << (run % 64) }
    }

    /// Whether the run was marked.
    #[inline]
    pub(super) fn is_set(&self) -> bool {
        self.word.load(Ordering::Acquire) & self.bit != 0
    }
}

/// What was said when it was marked first.
pub(super) fn detail(run: u16) -> Option<Detail> {
    let details = DETAILS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    details.iter().find(|d| d.run == run).cloned()
}
