//! A hosted thread: a pthread of its own, carried by the run's kernel thread while it has the turn.
//!
//! It begins as every pthread does, and at once leaves its stack and stays parked ([`handover::park`]). From then on the
//! run's own kernel thread continues it, and it gives the turn back ([`handover::give`]). Its thread-locals, its panics
//! and its `errno` are its own. To end, it goes home: its own kernel thread takes the stack back and exits as pthreads do,
//! after all destructors of thread-locals have run.
//!
//! A process that is killed leaves the stacks and thread-locals of its threads as they are, and no destructor runs, as a
//! kernel would have it; only their kernel threads end. That memory is never given back, since statics that all processes
//! of a program share may point into it: one reason to isolate runs in processes of their own.

mod handover;
mod switch;
mod turn;

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::{CStr, c_void};
use std::rc::Rc;

use self::switch::Context;
use super::life::Life;
use super::signals::{self, OfThread};
use super::watchdog::{self, Turns};
use crate::base::{Counter, Site, Time};
use crate::context::{self, Caught, Run, take_panic};
use crate::host::{self, hosting, real};
use crate::kernel::task::{TaskId, Waiter};
use crate::task::spawn_in;

pub(crate) use turn::start_main;

/// What a thread runs.
pub(in crate::hosted) type Entry = Box<dyn FnOnce() -> *mut c_void>;

/// Why a thread gave the turn back, or that it has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It has not had the turn yet.
    New,
    Running,
    Waiting,
    /// The body of its process has returned; it is not to be continued.
    Returned,
    /// All it had to do is done: its own kernel thread is to take it home.
    Leaving,
    Gone,
}

/// A hosted thread.
pub(crate) struct Thread {
    context: Context,
    /// Who carries it, to be continued when it gives the turn back.
    carrier: Cell<*const Context>,
    pub(in crate::hosted) life: Rc<Life>,
    /// 0 is the main thread.
    pub(in crate::hosted) number: u32,
    task: Cell<Option<TaskId>>,
    real: Cell<libc::pthread_t>,
    state: Cell<State>,
    /// The kernel's number of its own kernel thread, by which glibc's locks know it.
    pub(in crate::hosted) real_tid: Cell<i32>,
    /// The address at which it waits; 0 when it does not, or at none.
    pub(in crate::hosted) waits_at: Cell<usize>,
    /// As `pthread_setname_np` set it.
    pub(in crate::hosted) name: RefCell<String>,
    /// What it waits for, for reports.
    waits_for: Cell<&'static str>,
    entry: Cell<Option<Entry>>,
    /// What the body panicked with.
    panic: RefCell<Option<(Box<dyn Any + Send>, Caught)>>,
    /// What the thread returned, once it is gone.
    result: Cell<*mut c_void>,
    /// Who waits for its end.
    joiners: RefCell<Vec<Waiter>>,
    pub(in crate::hosted) detached: Cell<bool>,
    /// Where its carrier says who has the turn.
    watched: OnceCell<&'static Turns>,
    /// It is asked where it is, and the answer.
    asked: Cell<bool>,
    backtrace: RefCell<Option<Backtrace>>,
    /// What its choices are drawn from, and how many it has made.
    choices: Counter,
    chosen: Cell<u64>,
    allocations: Cell<u64>,
    pub(in crate::hosted) signals: OfThread,
    pub(in crate::hosted) alternate_stack: Cell<Option<libc::stack_t>>,
    /// How often it has yielded at which instant.
    yields: Cell<(Time, u32)>,
    /// How often it has given the turn back.
    pub(in crate::hosted) turns: Cell<u64>,
    /// How often it has gone on since, where others would have had the turn if they had been ready.
    gone_on: Cell<u32>,
    /// It has read from a pair of sockets since it last waited, and may be about to pass on what it heard there.
    pub(in crate::hosted) heard: Cell<bool>,
}

thread_local! {
    // Constant and without a destructor: read at any point of a thread's life.
    static ME: Cell<*const Thread> = const { Cell::new(std::ptr::null()) };
}

/// The hosted thread that runs, when it runs code of the user and not ours.
#[inline]
pub(in crate::hosted) fn simulated() -> Option<&'static Thread> {
    if hosting::is_current() { me() } else { None }
}

/// The hosted thread that runs.
#[inline]
pub(in crate::hosted) fn me() -> Option<&'static Thread> {
    // SAFETY: `trampoline` sets it on this very thread to a thread that its life keeps; the life outlives the thread's
    // last turn, and nobody keeps the reference longer than a call.
    unsafe { ME.get().as_ref() }
}

impl Thread {
    /// A thread of `life` that runs `entry`, as a task of its process; `attributes` are those of `pthread_create`.
    ///
    /// # Errors
    /// What `pthread_create` says.
    pub(in crate::hosted) fn spawn(
        life: &Rc<Life>,
        entry: Entry,
        attributes: *const libc::pthread_attr_t,
        site: Site,
    ) -> Result<Rc<Self>, i32> {
        let thread = Self::new(life, entry);
        thread.begin(attributes)?;
        life.add(&thread);
        spawn_in(context::current(), life.process, "thread", site, Box::pin(turn::Turn::new(Rc::clone(&thread))));
        Ok(thread)
    }

    fn new(life: &Rc<Life>, entry: Entry) -> Rc<Self> {
        let number = life.next_thread();
        Rc::new(Self {
            context: Context::default(),
            carrier: Cell::new(std::ptr::null()),
            life: Rc::clone(life),
            number,
            task: Cell::new(None),
            real: Cell::new(0),
            state: Cell::new(State::New),
            real_tid: Cell::new(0),
            waits_at: Cell::new(0),
            name: RefCell::default(),
            waits_for: Cell::new(""),
            entry: Cell::new(Some(entry)),
            panic: RefCell::new(None),
            result: Cell::new(std::ptr::null_mut()),
            joiners: RefCell::default(),
            detached: Cell::new(false),
            watched: OnceCell::new(),
            asked: Cell::new(false),
            backtrace: RefCell::default(),
            choices: life.choices.below(u64::from(number)),
            chosen: Cell::new(0),
            allocations: Cell::new(0),
            signals: OfThread::inherit(me().map_or(0, |parent| parent.signals.mask())),
            alternate_stack: Cell::new(None),
            yields: Cell::new((Time::ZERO, 0)),
            turns: Cell::new(0),
            gone_on: Cell::new(0),
            heard: Cell::new(false),
        })
    }

    /// Makes the pthread, which parks at once.
    fn begin(self: &Rc<Self>, attributes: *const libc::pthread_attr_t) -> Result<(), i32> {
        let mut real = 0;
        let argument = Rc::as_ptr(self).cast_mut().cast();
        // SAFETY: the attributes are the caller's or null; the thread is kept by its life and its task until it is gone.
        let error = unsafe { real::pthread_create(&raw mut real, attributes, trampoline, argument) };
        self.real.set(real);
        if error == 0 { Ok(()) } else { Err(error) }
    }

    /// Names it: what `pthread_self` gives there.
    pub(in crate::hosted) fn handle(&self) -> libc::pthread_t {
        self.real.get()
    }

    pub(in crate::hosted) fn task(&self) -> TaskId {
        self.task.get().expect("a thread that has had the turn has a task")
    }

    /// A waiter that gives this thread the turn.
    pub(in crate::hosted) fn waiter(&self) -> Waiter {
        Waiter::Task(self.task())
    }

    /// Gives the turn back until something wakes the task. `why` is what reports say of it meanwhile.
    pub(in crate::hosted) fn give_turn(&self, why: &'static str) {
        self.waits_for.set(why);
        self.state.set(State::Waiting);
        self.count_turn();
        self.leave();
        while self.asked.take() {
            *self.backtrace.borrow_mut() = Some(Backtrace::force_capture());
            self.state.set(State::Waiting);
            self.leave();
        }
        self.waits_for.set("");
        signals::turn(self);
    }

    /// Gives it the turn, whatever it waits for; if it has had none yet, it will have one.
    pub(in crate::hosted) fn wake(&self) {
        if let Some(task) = self.task.get() {
            context::with(|w| w.core.tasks.wake(task));
        }
    }

    /// It has had the turn once more, which is CPU time.
    pub(in crate::hosted) fn count_turn(&self) {
        self.turns.set(self.turns.get() + 1);
        self.gone_on.set(0);
        self.life.turns.set(self.life.turns.get() + 1);
    }

    /// Switches to whoever carries it, and returns when it is continued.
    fn leave(&self) {
        // SAFETY: the carrier waits in `resume`, where it gave the turn away; both contexts are kept.
        unsafe { handover::give(&raw const self.context, self.carrier.get()) };
        self.state.set(State::Running);
    }

    /// Never has the turn again: its process has ended.
    pub(in crate::hosted) fn stop(&self) -> ! {
        self.waits_for.set("nothing: its process has ended");
        loop {
            self.state.set(State::Waiting);
            self.leave();
        }
    }

    /// A number for the next choice that this thread makes: the same whatever other threads do.
    pub(in crate::hosted) fn draw(&self) -> u64 {
        self.choices.draw(self.chosen.replace(self.chosen.get() + 1), 0)
    }

    /// A number for its next allocation, which moves none of the other choices.
    pub(in crate::hosted) fn draw_of_allocation(&self) -> u64 {
        self.choices.draw(self.allocations.replace(self.allocations.get() + 1), 1)
    }

    /// What it returned, once it has gone; else `waiter` waits for that.
    pub(in crate::hosted) fn joined(&self, waiter: Waiter) -> Option<*mut c_void> {
        if self.state.get() == State::Gone {
            return Some(self.result.get());
        }
        self.joiners.borrow_mut().push(waiter);
        None
    }

    /// It yields once more at this instant: how often it has.
    pub(in crate::hosted) fn yields_at(&self, now: Time) -> u32 {
        let (at, n) = self.yields.get();
        let n = if at == now { n + 1 } else { 1 };
        self.yields.set((now, n));
        n
    }

    /// It goes on although others might have had the turn: how often it has since it last gave it back.
    pub(in crate::hosted) fn goes_on(&self) -> u32 {
        self.gone_on.set(self.gone_on.get() + 1);
        self.gone_on.get()
    }

    /// Its name, or, as the kernel has it, the beginning of its process's.
    pub(in crate::hosted) fn shown_name(&self) -> String {
        let name = self.name.borrow();
        if name.is_empty() { self.life.name().chars().take(15).collect() } else { name.clone() }
    }

    pub(in crate::hosted) fn is_gone(&self) -> bool {
        self.state.get() == State::Gone
    }

    /// What it waits for, for reports.
    pub(in crate::hosted) fn waits_for(&self) -> &'static str {
        self.waits_for.get()
    }

    pub(in crate::hosted) fn is_task(&self, task: TaskId) -> bool {
        self.task.get() == Some(task)
    }

    /// It calls a function of libc: its name, should it stay there.
    #[inline]
    pub(in crate::hosted) fn calls(&self, name: &'static CStr) {
        if let Some(turns) = self.watched.get() {
            turns.call(name);
        }
    }

    // ---- on the carrier's side

    /// Where a thread that waits is: it has the turn just to say so.
    pub(in crate::hosted) fn backtrace(&self) -> Option<String> {
        if self.state.get() != State::Waiting {
            return None;
        }
        self.asked.set(true);
        self.resume();
        self.backtrace.take().map(|trace| trace.to_string())
    }

    /// Lets it run until it gives the turn back, and says why it did.
    fn resume(&self) -> State {
        if self.state.get() == State::New {
            // Its kernel thread is about to leave its stack.
            handover::wait_until_parked(&self.context);
        }
        let carrier = Context::default();
        self.carrier.set(&raw const carrier);
        let turns = self.watched.get_or_init(|| watchdog::watched(self));
        turns.begin(self);
        let shown = self.life.identity.borrow().environment.show();
        // SAFETY: the thread has left its stack, in `park` or in `leave`, and only this continues it.
        unsafe { handover::give(&raw const carrier, &raw const self.context) };
        if let Some(shown) = shown {
            shown.hide();
        }
        turns.end();
        self.state.get()
    }

    /// It will not have the turn again. Its stack and its thread-locals stay: what is in statics may refer to them.
    fn abandon(&self) {
        if self.state.get() != State::Gone {
            handover::abandon(&self.context);
        }
    }

    /// It goes home and exits.
    fn go_home(&self) {
        handover::send_home(&self.context);
        let mut result = std::ptr::null_mut();
        // SAFETY: it was made joinable, and nobody else joins the pthread itself.
        unsafe { real::pthread_join(self.real.get(), &raw mut result) };
        self.result.set(result);
        self.state.set(State::Gone);
        let joiners = std::mem::take(&mut *self.joiners.borrow_mut());
        context::with(|w| joiners.into_iter().for_each(|waiter| w.core.wake(waiter)));
        self.life.gone(self.number);
    }
}

/// Where every hosted pthread begins.
extern "C-unwind" fn trampoline(argument: *mut c_void) -> *mut c_void {
    let thread: *const Thread = argument.cast();
    // SAFETY: `begin` passed it, and its life keeps it. Until it is continued this touches nothing but the context and
    // its own stack: others run meanwhile.
    unsafe {
        (*thread).real_tid.set(real::tid());
        handover::park(&raw const (*thread).context);
    }
    if handover::is_by_futex() {
        super::strict::begin();
    }
    // SAFETY: as above.
    let me = unsafe { &*thread };
    me.state.set(State::Running);
    ME.set(thread);
    // SAFETY: the first to be registered is the last to be called.
    unsafe { real::at_thread_exit(leave_for_good, argument) };
    me.life.enter();
    context::current().listen_here();
    let entry = me.entry.take().expect("a thread begins once");
    entry()
}

/// The last of the thread's destructors: from here on it is alone on its own kernel thread.
unsafe extern "C" fn leave_for_good(argument: *mut c_void) {
    hosting::leave();
    // SAFETY: what `trampoline` registered.
    let me = unsafe { &*argument.cast_const().cast::<Thread>() };
    me.state.set(State::Leaving);
    // Continued by `go_home`, on the kernel thread that waits in `park`.
    // SAFETY: as in `leave`.
    unsafe { handover::give(&raw const me.context, me.carrier.get()) };
}

/// Runs the body of a process on its main thread, keeps what it panicked with, and never returns: the process ends with
/// it, and what is on this stack stays there.
fn run_main(body: impl FnOnce()) -> *mut c_void {
    let me = me().expect("this is a hosted thread");
    host::outside(|| signals::watch(me));
    if let Err(payload) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)) {
        let caught = host::outside(take_panic);
        me.panic.replace(Some((payload, caught)));
    }
    crate::hosted::calls::stdio::flush(me);
    hosting::leave();
    me.life.flush_streams();
    me.state.set(State::Returned);
    // SAFETY: as in `leave`.
    unsafe { handover::give(&raw const me.context, me.carrier.get()) };
    unreachable!("a thread that has returned is not continued")
}

impl std::fmt::Debug for Thread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Thread").field("number", &self.number).finish_non_exhaustive()
    }
}

/// The run that a life belongs to, as its threads find it.
pub(in crate::hosted) fn adopt(run: *const Run) {
    // SAFETY: the run outlives the last turn of every thread in it.
    unsafe { context::adopt(run) };
}
