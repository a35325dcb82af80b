//! One run: the world, the futures of its tasks, the bodies of its processes.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Waker;

use super::log::{self, Listening, Said};
use super::{Failure, ThreadRow, panics, taint, waker};
use crate::base::{Probability, ProcessId, RuleId, Time};
use crate::host;
use crate::kernel::net::{PacketView, Verdict};
use crate::kernel::task::TaskId;
use crate::kernel::world::{World, WorldConfig};
use crate::trace::LogFilter;

pub(crate) type BoxFuture = Pin<Box<dyn Future<Output = ()>>>;
/// Calls a process's body, once a life.
pub(crate) type Factory = Rc<dyn Fn() -> BoxFuture>;

/// A rule on packets.
pub(crate) type Rule = Rc<dyn Fn(&PacketView<'_>) -> Verdict>;

/// A rule that was made, in its place among all.
pub(crate) struct MadeRule {
    pub(crate) number: u64,
    /// It is asked only while a fault wants that.
    pub(crate) named: Option<RuleId>,
    pub(crate) rule: Rule,
}

/// What stands above the executor and is told of what concerns it.
pub(crate) trait Attendant {
    /// A cue has come up.
    fn cue(&self, cue: u32);
    /// An observed state has changed: check what is said of it.
    fn check(&self, changed: u32);
    /// Since when no fault is in force; `None` while one is.
    fn quiet_since(&self) -> Option<Time>;
}

/// The hosted processes of a run, which stand above the executor too.
pub(crate) trait Guests: Any {
    /// The thread that is this task, for reports.
    fn thread(&self, task: TaskId) -> Option<ThreadRow>;
}

/// One run. It stays on its thread; the world in it is `Send`.
pub(crate) struct Run {
    pub(crate) id: u16,
    mark: taint::Mark,
    pub(crate) world: RefCell<World>,
    /// By task slot.
    pub(crate) futures: RefCell<Vec<Option<BoxFuture>>>,
    /// By process.
    pub(crate) factories: RefCell<Vec<Option<Factory>>>,
    /// Rules on packets, by number, oldest first.
    pub(crate) rules: RefCell<Vec<MadeRule>>,
    pub(crate) attendant: RefCell<Option<Rc<dyn Attendant>>>,
    /// The hosted processes of the run.
    pub(crate) guests: RefCell<Option<Rc<dyn Guests>>>,
    /// Its panics print nothing: whoever runs it reports them.
    pub(crate) quiet: Cell<bool>,
    /// How likely threads of hosted programs give the turn back as they allocate.
    pub(crate) preempts: Cell<Option<Probability>>,
    /// What its threads say by `tracing` is kept.
    listening: RefCell<Option<Listening>>,
    /// Room for what is being said.
    pub(super) said_by_log: Cell<Said>,
    /// What the last panic said, and in which process.
    pub(super) said: RefCell<Option<(Option<ProcessId>, String)>>,
    /// The first failure; the run stops at it.
    failure: RefCell<Option<Failure>>,
    pub(crate) failed: Cell<bool>,
    /// std draws the keys of the run's hash maps.
    pub(super) seeding: Cell<bool>,
    /// Destructors of a dead process run: what they do has no effect.
    inert: Cell<bool>,
}

thread_local! {
    static CURRENT: Cell<*const Run> = const { Cell::new(std::ptr::null()) };
}

/// The run that this thread is in.
#[inline]
pub(crate) fn try_current() -> Option<&'static Run> {
    let run = CURRENT.get();
    // SAFETY: `Guard` keeps the run alive for as long as CURRENT points to it. The reference is used within one call
    // on this thread and never stored: `'static` stands for "until the guard goes".
    unsafe { run.as_ref() }
}

/// The calling thread is in `run` from now on: a hosted thread, which other threads carry.
///
/// # Safety
/// It calls nothing of the simulation once the run is gone.
pub(crate) unsafe fn adopt(run: *const Run) {
    CURRENT.set(run);
}

/// The run that this thread is in.
///
/// # Panics
/// When there is none, at the caller's line.
#[inline]
#[track_caller]
pub(crate) fn current() -> &'static Run {
    match try_current() {
        Some(run) => run,
        None => panic!("called outside a simulation: this only works inside a process's body or a tumult test"),
    }
}

/// Borrows the world for `f`. No user code may run in it.
#[inline]
#[track_caller]
pub(crate) fn with<R>(f: impl FnOnce(&mut World) -> R) -> R {
    f(&mut current().world.borrow_mut())
}

impl Run {
    pub(crate) fn new(config: WorldConfig) -> Rc<Self> {
        panics::install();
        let id = taint::new_run();
        Rc::new(Self {
            id,
            mark: taint::Mark::of(id),
            world: RefCell::new(World::new(config)),
            futures: RefCell::default(),
            factories: RefCell::default(),
            rules: RefCell::default(),
            attendant: RefCell::default(),
            guests: RefCell::default(),
            quiet: Cell::new(false),
            preempts: Cell::new(None),
            listening: RefCell::default(),
            said_by_log: Cell::default(),
            said: RefCell::default(),
            failure: RefCell::default(),
            failed: Cell::new(false),
            seeding: Cell::new(false),
            inert: Cell::new(false),
        })
    }

    /// This thread is in the run until the guard goes.
    pub(crate) fn enter(self: &Rc<Self>) -> Guard {
        let guard = Guard {
            before: CURRENT.replace(Rc::as_ptr(self)),
            run: Rc::clone(self),
            _answers: host::enter(&super::answers::NATIVE),
        };
        // std draws the keys of its hash maps once a thread, for the first map: here, so that it is never a process's
        // draw, and from a stream of its own, so that a second simulation on one thread draws as the first did.
        self.seeding.set(true);
        #[expect(clippy::disallowed_types, reason = "this is where it draws")]
        drop(std::hash::RandomState::new());
        self.seeding.set(false);
        guard
    }

    /// What this thread, which is in the run, says by `tracing` is kept from now on, as far as the filter says.
    pub(crate) fn listen(&self, filter: LogFilter) {
        self.listening.replace(Some(Listening::begin(self.id, filter)));
    }

    /// What this thread says is kept too, where that of the run's own is: a hosted one.
    pub(crate) fn listen_here(&self) {
        if let Some(listening) = &*self.listening.borrow() {
            listening.join();
        }
    }

    #[inline]
    pub(crate) fn waker(&self, id: TaskId) -> Waker {
        waker::make(self.id, id)
    }

    #[inline]
    pub(crate) fn is_inert(&self) -> bool {
        self.inert.get()
    }

    /// What is dropped until this goes has no effect on the world.
    pub(crate) fn inert(&self) -> Inert<'_> {
        Inert { run: self, before: self.inert.replace(true) }
    }

    /// The run has failed. The first failure counts.
    pub(crate) fn fail(&self, cause: super::Cause, process: Option<ProcessId>) {
        let mut failure = self.failure.borrow_mut();
        if failure.is_none() {
            let world = self.world.borrow();
            let process = process.map(|p| world.processes.get(p).name.to_string());
            *failure = Some(Failure { cause, at: world.now(), process });
            self.failed.set(true);
        }
    }

    /// Runs `f` as a process's hand, or as nobody's: for declarations and checks between steps.
    pub(crate) fn as_nobody<R>(&self, f: impl FnOnce() -> R) -> R {
        let before = self.world.borrow_mut().actor.take();
        let result = f();
        self.world.borrow_mut().actor = before;
        result
    }

    pub(crate) fn failure(&self) -> Option<Failure> {
        self.failure.borrow().clone()
    }

    /// Whether something reached into the run from outside.
    #[inline]
    pub(crate) fn is_tainted(&self) -> bool {
        self.mark.is_set()
    }

    /// What reached into the run from outside, if anything did.
    pub(crate) fn tainted(&self) -> Option<String> {
        if self.mark.is_set() { self.taint() } else { None }
    }

    #[cold]
    fn taint(&self) -> Option<String> {
        let detail = taint::detail(self.id)?;
        Some(match detail.task {
            Some(task) => format!("{} {}", self.describe(task), detail.what),
            None => detail.what,
        })
    }

    /// A task, its process and its spawn site, for reports.
    pub(super) fn describe(&self, task: TaskId) -> String {
        match self.world.try_borrow() {
            Ok(world) if world.core.tasks.is_alive(task) => {
                let row = world.core.tasks.row(task);
                let process = &world.processes.get(row.process).name;
                format!("task `{}` of {process}, spawned at {},", row.name, row.site)
            }
            _ => format!("task {}", task.index()),
        }
    }

    /// Puts a task's future in its slot.
    pub(crate) fn keep(&self, id: TaskId, future: BoxFuture) {
        let mut futures = self.futures.borrow_mut();
        let at = id.index() as usize;
        if futures.len() <= at {
            futures.resize_with(at + 1, || None);
        }
        futures[at] = Some(future);
    }
}

/// Dropped with the run entered, so that destructors find it, and inert.
impl Drop for Guard {
    fn drop(&mut self) {
        {
            let _inert = self.run.inert();
            let futures = std::mem::take(&mut *self.run.futures.borrow_mut());
            for future in futures.into_iter().flatten() {
                // What a destructor says at the end of a run is of no interest any more.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(future)));
            }
            self.run.factories.take();
            self.run.rules.take();
            self.run.attendant.take();
        }
        log::end(self.run.listening.take());
        CURRENT.set(self.before);
    }
}

/// Keeps the thread in a run.
pub(crate) struct Guard {
    run: Rc<Run>,
    before: *const Run,
    /// Last: libc is answered while destructors run.
    _answers: host::Guard,
}

/// Keeps destructors from having an effect.
pub(crate) struct Inert<'a> {
    run: &'a Run,
    before: bool,
}

impl Drop for Inert<'_> {
    fn drop(&mut self) {
        self.run.inert.set(self.before);
    }
}

/// Catches a panic of user code and gives what it said.
#[inline]
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, panics::Caught> {
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f));
    // A call of libc that was refused could not unwind where it was made; it does now.
    let held = host::take_panic();
    match result {
        Ok(value) if held.is_none() => Ok(value),
        _ => Err(panics::take()),
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("id", &self.id).finish_non_exhaustive()
    }
}
