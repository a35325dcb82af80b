//! Which thread is simulated, and who answers for it.

use std::any::Any;
use std::cell::Cell;
use std::io::Write;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::time::Duration;

use super::linux::Hosting;
use crate::base::OrPanic;

/// What the simulation answers. The functions find the run and the process by themselves (a thread-local): libc's
/// functions are called without a context.
///
/// They are called outside the simulated world (see [`outside`]), so what they themselves ask of libc is real, and
/// `errno` is kept around them. They may allocate. A panic in one of them is held until [`take_panic`] or the end of the
/// guard: it cannot unwind through C.
pub struct Hooks {
    /// Nanoseconds of the calling process's monotonic clock. Never less than an answer before.
    pub monotonic_ns: fn() -> u64,
    /// Nanoseconds since 1970 on the calling process's wall clock. May go back.
    pub realtime_ns: fn() -> i64,
    /// Fills with the calling process's own randomness. Never called with an empty slice: libraries probe with one,
    /// once in a program's life, and that must not count as a draw.
    pub fill: fn(&mut [u8]),
    /// A blocking sleep of so many nanoseconds (never 0) by the named call. It must not sleep for real: it moves the
    /// process's clock, or refuses by a panic ([`refuse_sleep`]).
    pub blocking_sleep: fn(u64, &'static str),
    /// What hosted threads are answered besides; `None` for native bodies.
    pub(crate) hosting: Option<&'static Hosting>,
}

impl Hooks {
    /// Those of native bodies: the fields in their order.
    pub const fn native(
        monotonic_ns: fn() -> u64,
        realtime_ns: fn() -> i64,
        fill: fn(&mut [u8]),
        blocking_sleep: fn(u64, &'static str),
    ) -> Self {
        Self { monotonic_ns, realtime_ns, fill, blocking_sleep, hosting: None }
    }
}

/// Whether the calling thread is a hosted one and runs code of the user.
pub(crate) fn is_hosting() -> bool {
    current().is_some_and(|hooks| hooks.hosting.is_some())
}

/// After a refused sleep the process should end at its next await; one that goes on sleeping this often never will.
const REFUSED_SLEEPS_MAX: u32 = 100_000;

thread_local! {
    // Constant and without destructors, so that a read is one instruction, at any point of a thread's life.
    static CURRENT: Cell<Option<&'static Hooks>> = const { Cell::new(None) };
    static HELD: Cell<*mut Payload> = const { Cell::new(ptr::null_mut()) };
    static REFUSED_SLEEPS: Cell<u32> = const { Cell::new(0) };
}

type Payload = Box<dyn Any + Send>;

/// Marks the calling thread as simulated until the guard is dropped, which restores what was before.
///
/// Meant for just the code of users (a poll, a drop, a factory): the simulator's own code has no business with libc's
/// clock, and hooks that reach for the kernel while it is borrowed would find it borrowed.
///
/// # Panics
/// If libc's functions are defined but another definition takes precedence.
#[must_use = "the thread is simulated only while the guard lives"]
#[track_caller]
pub fn enter(hooks: &'static Hooks) -> Guard {
    super::linux::check().or_panic();
    Guard { former: CURRENT.replace(Some(hooks)), of_this_thread: PhantomData }
}

/// While it lives, its thread is simulated. Guards are dropped in the reverse order of their making.
pub struct Guard {
    former: Option<&'static Hooks>,
    of_this_thread: PhantomData<*const ()>,
}

impl Drop for Guard {
    /// # Panics
    /// With the panic of a hook that nobody took, unless the thread panics already.
    fn drop(&mut self) {
        CURRENT.set(self.former);
        if let Some(payload) = take_panic()
            && !std::thread::panicking()
        {
            resume_unwind(payload);
        }
    }
}

/// Runs `f` with the real clock and entropy: for subscribers, panic hooks, backtraces.
pub fn outside<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(Option<&'static Hooks>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _restore = Restore(CURRENT.replace(None));
    f()
}

/// Takes the panic that a hook raised during the code just run, to be raised again where unwinding is allowed: after a
/// poll, by `std::panic::resume_unwind`. Its message was printed when it happened.
///
/// Rust and C declare libc's functions as never unwinding and leave out the landing pads around their calls, so a panic
/// that left such a function would be undefined behaviour in the caller, whatever ABI the definition has.
pub fn take_panic() -> Option<Payload> {
    let held = HELD.replace(ptr::null_mut());
    if held.is_null() {
        return None;
    }
    REFUSED_SLEEPS.set(0);
    // SAFETY: `hold` made it by `Box::into_raw`, and taking it left null behind.
    Some(*unsafe { Box::from_raw(held) })
}

/// For [`Hooks::blocking_sleep`]: refuses, naming the call and what to write instead.
///
/// # Panics
/// Always; the panic is held, see [`take_panic`].
pub fn refuse_sleep(ns: u64, call: &'static str) {
    panic!(
        "failed to sleep for {:?} in `{call}`: native processes share one thread, so a call that blocks it stops all of \
         them; await `tumult_sim::time::sleep` (or `timeout`) instead",
        Duration::from_nanos(ns)
    );
}

/// Who answers on this thread; `None` outside a simulation.
#[inline]
pub(super) fn current() -> Option<&'static Hooks> {
    CURRENT.get()
}

/// From now on the calling thread is answered by these, or by nobody.
pub(super) fn set(hooks: Option<&'static Hooks>) {
    CURRENT.set(hooks);
}

/// Asks a hook, outside the simulated world; `None` if it panicked, and the panic is held.
pub(super) fn ask<R>(f: impl FnOnce() -> R) -> Option<R> {
    outside(|| catch_unwind(AssertUnwindSafe(f))).map_err(hold).ok()
}

/// Tells of a blocking sleep. One that follows a refused one returns at once, and too many of these end the program:
/// the process can only be stopped at its next await, and it does not get there.
pub(super) fn block(hooks: &Hooks, ns: u64, call: &'static str) {
    if ns == 0 {
        return;
    }
    if HELD.get().is_null() {
        ask(|| (hooks.blocking_sleep)(ns, call));
        return;
    }
    REFUSED_SLEEPS.set(REFUSED_SLEEPS.get() + 1);
    if REFUSED_SLEEPS.get() == REFUSED_SLEEPS_MAX {
        outside(|| give_up(call));
    }
}

/// Writes past the test harness's capture, which an abort would lose.
#[cold]
fn give_up(call: &'static str) -> ! {
    let payload = take_panic();
    let refusal = payload.as_ref().and_then(|payload| payload.downcast_ref::<String>());
    let refusal = refusal.map_or("a hook panicked", String::as_str);
    let mut stderr = std::io::stderr();
    let _ =
        writeln!(stderr, "{refusal}\n`{call}` was called {REFUSED_SLEEPS_MAX} times since, without an await: aborting");
    std::process::abort();
}

/// Keeps the first panic; later ones only follow from it.
fn hold(payload: Payload) {
    if HELD.get().is_null() {
        HELD.set(Box::into_raw(Box::new(payload)));
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::super::testing::{self, HOOKS};
    use super::{Hooks, ask, current, enter, outside, take_panic};

    static OTHER: Hooks = Hooks {
        monotonic_ns: || 7,
        realtime_ns: || 7,
        fill: |bytes| bytes.fill(7),
        blocking_sleep: |_, _| (),
        hosting: None,
    };

    fn now() -> Option<u64> {
        current().map(|hooks| (hooks.monotonic_ns)())
    }

    #[test]
    fn guards_nest_and_restore() {
        testing::set_monotonic(1);
        assert_eq!(now(), None);
        let first = enter(&HOOKS);
        assert_eq!(now(), Some(1));
        let second = enter(&OTHER);
        assert_eq!(now(), Some(7));
        assert_eq!(outside(now), None);
        assert_eq!(now(), Some(7));
        drop(second);
        assert_eq!(now(), Some(1));
        drop(first);
        assert_eq!(now(), None);
    }

    #[test]
    fn outside_ends_with_a_panic_too() {
        let _guard = enter(&OTHER);
        assert!(catch_unwind(|| outside(|| panic!("planted"))).is_err());
        assert_eq!(now(), Some(7));
    }

    #[test]
    fn other_threads_are_untouched() {
        let _guard = enter(&OTHER);
        assert_eq!(std::thread::spawn(now).join().unwrap(), None);
    }

    #[test]
    fn a_panic_of_a_hook_is_held_and_taken_once() {
        let _guard = enter(&OTHER);
        assert_eq!(ask(|| 3), Some(3));
        assert!(take_panic().is_none());
        assert_eq!(ask(|| -> u8 { panic!("first") }), None);
        assert_eq!(ask(|| -> u8 { panic!("second") }), None);
        assert_eq!(take_panic().unwrap().downcast_ref(), Some(&"first"));
        assert!(take_panic().is_none());
    }

    #[test]
    fn a_panic_that_nobody_took_comes_with_the_end_of_the_guard() {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _guard = enter(&OTHER);
            ask(|| panic!("left"));
        }));
        assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"left"));
        assert_eq!(now(), None);
    }
}
