//! What every machine needs: the time, the queue, the timers, the tasks, the trace, and what is left for the faces.

use std::task::Waker;

use super::task::{Schedule, TaskId, Tasks, Waiter};
use super::time::{EventQueue, Timers};
use crate::base::{Key, ProcessId, Time};
use crate::trace::{NO_EVENT, Trace};

/// What the kernel leaves to be done where user code may run.
#[derive(Debug, Default)]
pub(crate) struct Out {
    /// Wakers that other code made.
    pub(crate) wakes: Vec<Waker>,
    /// Tasks that have ended and whose futures are to be dropped.
    pub(crate) ended: Vec<TaskId>,
    /// Waiters to be dropped.
    pub(crate) garbage: Vec<Waiter>,
    /// Processes whose body is to be called.
    pub(crate) starts: Vec<ProcessId>,
    /// Packets that wait for the verdict of rules.
    pub(crate) judge: Vec<u32>,
    /// Cues that have come up.
    pub(crate) cues: Vec<u32>,
    /// Observed states that have changed.
    pub(crate) dirty: Vec<u32>,
    /// Whether there is anything at all.
    pub(crate) any: bool,
}

impl Out {
    /// Wakes a task of the run at once; another's waker is kept for later.
    #[inline]
    pub(crate) fn wake(&mut self, tasks: &mut Tasks, waiter: Waiter) {
        match waiter {
            Waiter::Task(id) => tasks.wake(id),
            Waiter::Foreign(waker) => {
                self.wakes.push(waker);
                self.any = true;
            }
        }
    }
}

/// The part of the world that all machines share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) now: Time,
    pub(crate) queue: EventQueue,
    pub(crate) timers: Timers,
    pub(crate) tasks: Tasks,
    pub(crate) trace: Trace,
    pub(crate) out: Out,
}

impl Core {
    pub(crate) fn new(schedule: Schedule, key: &Key, record: bool) -> Self {
        let mut tasks = Tasks::new(schedule, &key.child("schedule"));
        if record {
            tasks.keep_causes();
        }
        let mut core = Self {
            now: Time::ZERO,
            queue: EventQueue::default(),
            timers: Timers::default(),
            tasks,
            trace: Trace::new(record),
            out: Out::default(),
        };
        core.follow(NO_EVENT);
        core
    }

    /// What happens from now on follows from this event of the trace, or from none.
    #[inline]
    pub(crate) fn follow(&mut self, event: u32) {
        self.trace.follow(event);
        self.tasks.follow(event);
        self.queue.follow(event);
    }

    /// What happens from now on follows from the event that is noted next.
    #[inline]
    pub(crate) fn follow_next(&mut self) {
        self.follow(self.trace.next());
    }

    /// Does something that follows from `event`, although something else happens now.
    pub(crate) fn following<R>(&mut self, event: u32, f: impl FnOnce(&mut Self) -> R) -> R {
        let step = self.trace.step();
        self.follow(event);
        let result = f(self);
        self.follow(step);
        result
    }

    /// Two ids in one word of the trace.
    #[inline]
    #[expect(clippy::unused_self, reason = "reads as the trace's own packing where it is used")]
    pub(crate) const fn pair(&self, high: u32, low: u32) -> u64 {
        (high as u64) << 32 | low as u64
    }

    /// When something happens next.
    #[inline]
    pub(crate) fn next_at(&mut self) -> Option<Time> {
        self.timers.next(&mut self.queue)
    }

    #[inline]
    pub(crate) fn wake(&mut self, waiter: Waiter) {
        self.out.wake(&mut self.tasks, waiter);
    }

    pub(crate) fn discard(&mut self, waiters: Vec<Waiter>) {
        if !waiters.is_empty() {
            self.out.garbage.extend(waiters);
            self.out.any = true;
        }
    }
}
