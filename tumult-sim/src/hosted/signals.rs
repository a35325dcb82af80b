//! Signals of a hosted process: what it does at each, which are blocked, and their delivery.
//!
//! A signal is delivered on a thread of the process that does not block it, the main thread before others, when that
//! thread next waits or is given the turn; one that a thread sends to itself, before the call returns. The handler runs
//! there as any code of the program does. A wait that it interrupted goes on, or fails with EINTR, as on Linux; sleeps
//! and locks go on.

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::mem::{MaybeUninit, transmute};

use libc::{siginfo_t, ucontext_t};

use super::calls::ANSWERS;
use super::ends;
use super::thread::Thread;
use crate::context;
use crate::host::{errno, hosting};

/// The highest number.
pub(super) const LAST: c_int = 64;
/// Those that can be neither handled nor blocked.
const UNSTOPPABLE: u64 = bit(libc::SIGKILL) | bit(libc::SIGSTOP);
/// Those of which a process takes no notice unless it asks.
const UNNOTICED: u64 = bit(libc::SIGCHLD) | bit(libc::SIGURG) | bit(libc::SIGWINCH) | bit(libc::SIGCONT);
/// Those that stop a process.
const STOPPING: u64 = bit(libc::SIGSTOP) | bit(libc::SIGTSTP) | bit(libc::SIGTTIN) | bit(libc::SIGTTOU);

/// A signal's place in a mask.
pub(super) const fn bit(signal: c_int) -> u64 {
    1 << (signal - 1)
}

/// What a process does at a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Action {
    /// The address of the handler, or `SIG_DFL` or `SIG_IGN`.
    pub(super) handler: usize,
    pub(super) flags: c_int,
    /// Blocked meanwhile.
    pub(super) mask: u64,
}

const DEFAULT: Action = Action { handler: libc::SIG_DFL, flags: 0, mask: 0 };

/// Those of one life.
#[derive(Debug)]
pub(super) struct Signals {
    actions: RefCell<[Action; LAST as usize]>,
    /// Sent to the process and not delivered.
    pending: Cell<u64>,
    /// What sent the last one, for reports.
    sent_by: Cell<&'static str>,
}

impl Default for Signals {
    fn default() -> Self {
        let signals =
            Self { actions: RefCell::new([DEFAULT; LAST as usize]), pending: Cell::new(0), sent_by: Cell::new("") };
        // As std has it in every program: a write to a pipe without a reader fails and does no more.
        signals.set(libc::SIGPIPE, Action { handler: libc::SIG_IGN, ..DEFAULT });
        signals
    }
}

impl Signals {
    pub(super) fn action(&self, signal: c_int) -> Action {
        self.actions.borrow()[signal as usize - 1]
    }

    pub(super) fn set(&self, signal: c_int, action: Action) {
        self.actions.borrow_mut()[signal as usize - 1] = action;
    }
}

/// What one thread blocks and has waiting.
#[derive(Debug, Default)]
pub(super) struct OfThread {
    mask: Cell<u64>,
    pending: Cell<u64>,
    /// What it waits for in `sigwait`.
    awaited: Cell<u64>,
    /// How many handlers have run on it, and how many of these interrupt what may be restarted.
    handled: Cell<u64>,
    interrupting: Cell<u64>,
}

impl OfThread {
    /// As its parent, with nothing waiting.
    pub(super) fn inherit(mask: u64) -> Self {
        Self { mask: Cell::new(mask), ..Self::default() }
    }

    pub(super) fn mask(&self) -> u64 {
        self.mask.get()
    }

    /// How often a wait on this thread has been interrupted: by any handler, or by one without `SA_RESTART`.
    pub(super) fn interruptions(&self, by_any: bool) -> u64 {
        if by_any { self.handled.get() } else { self.interrupting.get() }
    }
}

/// From now on the thread blocks these. What is unblocked so is delivered.
pub(super) fn set_mask(me: &Thread, mask: u64) {
    me.signals.mask.set(mask & !UNSTOPPABLE);
    deliver(me);
}

/// What waits to be delivered to the thread.
pub(super) fn pending(me: &Thread) -> u64 {
    me.signals.pending.get() | me.life.signals.pending.get()
}

/// Runs `f` with other signals blocked, if others are given.
pub(super) fn with_mask<R>(me: &Thread, mask: Option<u64>, f: impl FnOnce() -> R) -> R {
    let Some(mask) = mask else { return f() };
    let before = me.signals.mask.replace(mask & !UNSTOPPABLE);
    let result = f();
    set_mask(me, before);
    result
}

/// Sends a signal to the process, by the hand of one of its threads.
pub(super) fn send(me: &Thread, signal: c_int, by: &'static str) {
    let all = &me.life.signals;
    all.pending.set(all.pending.get() | bit(signal));
    all.sent_by.set(by);
    deliver(me);
    pass_on(me);
}

/// Sends a signal to one thread of the process.
pub(super) fn send_to(me: &Thread, to: &Thread, signal: c_int, by: &'static str) {
    to.signals.pending.set(to.signals.pending.get() | bit(signal));
    me.life.signals.sent_by.set(by);
    if to.number == me.number {
        deliver(me);
    } else {
        to.wake();
    }
}

/// Wakes a thread that takes what this one does not.
fn pass_on(me: &Thread) {
    let pending = me.life.signals.pending.get();
    if pending == 0 {
        return;
    }
    let threads = me.life.threads.borrow();
    let takes = |t: &Thread| pending & (!t.signals.mask.get() | t.signals.awaited.get()) != 0;
    if let Some(other) = threads.iter().find(|t| t.number != me.number && takes(t)) {
        other.wake();
    }
}

/// What the simulation has sent arrives at the main thread, which is woken for it.
#[cold]
fn arrive(me: &Thread) {
    let sent = context::with(|w| std::mem::take(&mut w.processes.get_mut(me.life.process).signals));
    let all = &me.life.signals;
    all.pending.set(all.pending.get() | sent);
    all.sent_by.set("");
    watch(me);
}

/// The main thread is woken when the simulation sends a signal.
pub(super) fn watch(me: &Thread) {
    let waiter = me.waiter();
    context::with(|w| w.processes.get_mut(me.life.process).waits_for_end.push(waiter));
}

/// Delivers what has arrived for a thread that has the turn, if anything has.
#[inline]
pub(super) fn turn(me: &Thread) {
    if me.number == 0 && context::with(|w| w.processes.get(me.life.process).signals != 0) {
        arrive(me);
    }
    if pending(me) != 0 {
        deliver(me);
        pass_on(me);
    }
}

#[cold]
fn deliver(me: &Thread) {
    // Bounded: each round takes one away, and a handler that sends more is the program's loop, not ours.
    loop {
        let due = pending(me) & !me.signals.mask.get() & !me.signals.awaited.get();
        if due == 0 {
            return;
        }
        let signal = due.trailing_zeros() as c_int + 1;
        take(me, signal);
        act(me, signal);
    }
}

/// One that waits to be delivered is not any more.
fn take(me: &Thread, signal: c_int) {
    let own = me.signals.pending.get();
    if own & bit(signal) != 0 {
        me.signals.pending.set(own & !bit(signal));
    } else {
        let all = &me.life.signals.pending;
        all.set(all.get() & !bit(signal));
    }
}

/// Takes one of these if it waits to be delivered; else says that the thread waits for them.
pub(super) fn accept(me: &Thread, set: u64) -> Option<c_int> {
    let due = pending(me) & set;
    me.signals.awaited.set(if due == 0 { set } else { 0 });
    (due != 0).then(|| {
        let signal = due.trailing_zeros() as c_int + 1;
        take(me, signal);
        signal
    })
}

/// The thread does not wait for any in `sigwait`.
pub(super) fn stop_accepting(me: &Thread) {
    me.signals.awaited.set(0);
}

fn act(me: &Thread, signal: c_int) {
    let action = match me.life.signals.action(signal) {
        DEFAULT => me.life.inherited(signal).unwrap_or(DEFAULT),
        action => action,
    };
    match action.handler {
        libc::SIG_IGN => {}
        libc::SIG_DFL if bit(signal) & UNNOTICED != 0 => {}
        libc::SIG_DFL if bit(signal) & STOPPING != 0 => {
            super::calls::refuse(me, &format!("default action at {}, which stops a process", name(signal)))
        }
        libc::SIG_DFL => match me.life.signals.sent_by.get() {
            "" => ends::killed(me),
            by => ends::abort(me, &format!("{by}({})", name(signal))),
        },
        _ => handle(me, signal, action),
    }
}

fn handle(me: &Thread, signal: c_int, action: Action) {
    let of = &me.signals;
    let itself = if action.flags & libc::SA_NODEFER == 0 { bit(signal) } else { 0 };
    let before = of.mask.replace((of.mask.get() | action.mask | itself) & !UNSTOPPABLE);
    if action.flags & libc::SA_RESETHAND != 0 {
        me.life.signals.set(signal, DEFAULT);
    }
    let number = errno::get();
    hosting::enter(&ANSWERS);
    // SAFETY: the program said that this is the address of a handler of this kind.
    unsafe { call(signal, action, me.life.pid()) };
    hosting::leave();
    errno::set(number);
    of.mask.set(before);
    of.handled.set(of.handled.get() + 1);
    if action.flags & libc::SA_RESTART == 0 {
        of.interrupting.set(of.interrupting.get() + 1);
    }
}

/// # Safety
/// The action's handler is one.
unsafe fn call(signal: c_int, action: Action, pid: c_int) {
    if action.flags & libc::SA_SIGINFO == 0 {
        // SAFETY: the caller's promise.
        return unsafe { transmute::<usize, extern "C" fn(c_int)>(action.handler)(signal) };
    }
    // SAFETY: all bits zero are valid in both.
    let (mut info, mut machine) = unsafe {
        (MaybeUninit::<siginfo_t>::zeroed().assume_init(), MaybeUninit::<ucontext_t>::zeroed().assume_init())
    };
    info.si_signo = signal;
    // SAFETY: what `kill` tells begins after three numbers, with padding to a word: who sent it.
    unsafe { (&raw mut info).cast::<c_int>().add(4).write(pid) };
    // SAFETY: the caller's promise.
    unsafe {
        let handler = transmute::<usize, extern "C" fn(c_int, *mut siginfo_t, *mut c_void)>(action.handler);
        handler(signal, &raw mut info, (&raw mut machine).cast());
    }
}

/// What it is called.
pub(super) fn name(signal: c_int) -> String {
    let known = match signal {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGILL => "SIGILL",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGUSR1 => "SIGUSR1",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGUSR2 => "SIGUSR2",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGALRM => "SIGALRM",
        libc::SIGTERM => "SIGTERM",
        libc::SIGSTOP => "SIGSTOP",
        libc::SIGTSTP => "SIGTSTP",
        _ => return format!("signal {signal}"),
    };
    known.to_owned()
}
