//! One life of a hosted process: its threads and what they share.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::calls::ANSWERS;
use super::calls::futex::Futexes;
use super::descriptors::Descriptors;
use super::files::Files;
use super::guests::Guests;
use super::identity::Identity;
use super::signals::Signals;
use super::sockets::unix::Names;
use super::streams;
use super::thread::{Thread, adopt};
use crate::base::{Counter, Incarnation, ProcessId};
use crate::context::{self, Run};
use crate::host::hosting;
use crate::kernel::process::{Exit, State};
use crate::kernel::task::Waiter;

/// One life of a hosted process.
pub(crate) struct Life {
    pub(super) process: ProcessId,
    pub(super) incarnation: Incarnation,
    run: *const Run,
    /// What its threads' choices are drawn from.
    pub(super) choices: Counter,
    /// Those that have not gone, by number.
    pub(super) threads: RefCell<Vec<Rc<Thread>>>,
    threads_begun: Cell<u32>,
    /// How many have begun and have not gone.
    living: Cell<u32>,
    pub(super) descriptors: RefCell<Descriptors>,
    pub(super) signals: Signals,
    pub(super) files: Files,
    /// Shared by all lives of the run: what they wait for may be in a static.
    pub(super) futexes: Rc<RefCell<Futexes>>,
    /// The clocks of conditions that do not go by calendar time, by address.
    pub(super) clocks: RefCell<BTreeMap<usize, libc::clockid_t>>,
    /// How many have come to barriers, by address.
    pub(super) barriers: RefCell<BTreeMap<usize, u32>>,
    pub(super) identity: RefCell<Identity>,
    /// The thread that alone may have the turn, and those that wait until another may.
    alone: Cell<Option<u32>>,
    held: RefCell<Vec<Waiter>>,
    /// How often its threads have given the turn back.
    pub(super) turns: Cell<u64>,
    /// The names of its Unix sockets.
    pub(super) names: Rc<RefCell<Names>>,
}

impl Life {
    pub(super) fn begin(process: ProcessId, environment: &[(String, String)]) -> Rc<Self> {
        let run = context::current();
        let (incarnation, choices, key) = {
            let mut world = run.world.borrow_mut();
            let process = world.processes.get_mut(process);
            // It does at each what it says, by `signals`.
            process.takes_signals = u64::MAX;
            (process.incarnation, process.life_key().child("choices of threads").counter(), process.life_key())
        };
        let mut descriptors = Descriptors::new(process);
        streams::open(&mut descriptors, process);
        let guests = Guests::of(run);
        let life = Rc::new(Self {
            process,
            incarnation,
            run,
            choices,
            threads: RefCell::default(),
            threads_begun: Cell::new(0),
            living: Cell::new(0),
            descriptors: RefCell::new(descriptors),
            signals: Signals::default(),
            files: Files::begin(process),
            futexes: Rc::clone(&guests.futexes),
            clocks: RefCell::default(),
            barriers: RefCell::default(),
            identity: RefCell::new(Identity::new(&key, environment)),
            alone: Cell::new(None),
            held: RefCell::default(),
            turns: Cell::new(0),
            names: Rc::default(),
        });
        guests.add(&life);
        life
    }

    /// A number for a new thread; the main thread's is 0.
    pub(super) fn next_thread(&self) -> u32 {
        self.threads_begun.replace(self.threads_begun.get() + 1)
    }

    /// What `getpid` gives: a number of this life's own.
    pub(super) fn pid(&self) -> i32 {
        // Lives of one process are told apart, as are processes.
        1000 + (self.process.0 as i32 + 1) * 1000 + self.incarnation.0 as i32 % 1000
    }

    /// What `gettid` gives a thread: the main thread's is that of the process.
    pub(super) fn tid(&self, number: u32) -> i32 {
        self.pid() + number as i32 * 1_000_000
    }

    /// What the process's clocks show, in nanoseconds.
    #[allow(clippy::unused_self, reason = "its own clock, whose life acts")]
    pub(super) fn monotonic_ns(&self) -> i64 {
        i64::try_from((ANSWERS.monotonic_ns)()).unwrap_or(i64::MAX)
    }

    #[allow(clippy::unused_self, reason = "as above")]
    pub(super) fn realtime_ns(&self) -> i64 {
        (ANSWERS.realtime_ns)()
    }

    /// Another thread of it lives.
    pub(super) fn add(&self, thread: &Rc<Thread>) {
        self.living.set(self.living.get() + 1);
        self.threads.borrow_mut().push(Rc::clone(thread));
    }

    /// Whether more than one thread lives. One that is gone does not count, although it can still be joined.
    #[inline]
    pub(super) fn is_threaded(&self) -> bool {
        self.living.get() > 1
    }

    /// From now on no other thread of the process has the turn. False if it was so before.
    pub(super) fn stand_alone(&self, number: u32) -> bool {
        self.alone.replace(Some(number)).is_none()
    }

    /// Others may have the turn again: those that would have had it are to be woken.
    #[must_use]
    pub(super) fn not_alone(&self) -> Vec<Waiter> {
        self.alone.set(None);
        self.held.take()
    }

    /// Whether this thread has to wait until another no longer stands alone; then `waiter` waits for that.
    #[inline]
    pub(super) fn holds(&self, number: u32, waiter: impl FnOnce() -> Waiter) -> bool {
        let holds = self.alone.get().is_some_and(|alone| alone != number);
        if holds {
            self.held.borrow_mut().push(waiter());
        }
        holds
    }

    /// The calling thread is one of this life from now on: libc answers it.
    pub(super) fn enter(&self) {
        adopt(self.run);
        hosting::enter(&ANSWERS);
    }

    /// Its main thread is gone. If that was by a kill, what it has stored in mapped files is the system's to keep.
    pub(super) fn ended(&self) {
        let killed = context::with(|w| {
            let process = w.processes.get(self.process);
            process.incarnation == self.incarnation
                && matches!(process.state, State::Ended(exit) if exit != Exit::PowerLost)
        });
        if killed {
            self.files.leave();
        }
    }

    /// The thread that `pthread_self` names so there.
    pub(super) fn thread(&self, handle: libc::pthread_t) -> Option<Rc<Thread>> {
        self.threads.borrow().iter().find(|t| t.handle() == handle).cloned()
    }

    /// A thread has gone.
    pub(super) fn gone(&self, number: u32) {
        self.living.set(self.living.get() - 1);
        self.forget(number);
    }

    /// Nobody will ask for a thread that has gone: unless it may still be joined.
    pub(super) fn forget(&self, number: u32) {
        self.threads.borrow_mut().retain(|t| t.number != number || !t.detached.get());
    }
}

impl std::fmt::Debug for Life {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Life").field("process", &self.process).finish_non_exhaustive()
    }
}
