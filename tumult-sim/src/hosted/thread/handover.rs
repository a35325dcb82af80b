//! The two ways in which the turn goes from one thread to another.
//!
//! By a switch, one kernel thread carries all of them: some 30 ns there and back. By futex, each runs on its own kernel
//! thread and the others sleep: some microseconds, but nothing a debugger or valgrind would wonder at, and no word of
//! assembly. `TUMULT_HANDOVER=futex` asks for the second; where the first has not been tried on a machine, it is the rule.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::switch::{self, Context};
use crate::host::{self, real};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Switch,
    Futex,
}

fn way() -> Way {
    static WAY: OnceLock<Way> = OnceLock::new();
    *WAY.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "which way it is changes nothing that a run can see")]
        let asked = host::outside(|| std::env::var("TUMULT_HANDOVER"));
        match asked.as_deref() {
            Ok("futex") => Way::Futex,
            Ok("switch") => Way::Switch,
            Ok(other) => {
                panic!("failed to read TUMULT_HANDOVER={other}: it is `switch` or `futex`; write one, or unset it")
            }
            Err(_) if cfg!(target_arch = "x86_64") => Way::Switch,
            Err(_) => Way::Futex,
        }
    })
}

/// Whether every hosted thread runs on its own kernel thread, where each has to be prepared.
pub(super) fn is_by_futex() -> bool {
    way() == Way::Futex
}

/// Gives the turn of the calling thread, `from`, to `to`. Returns when somebody gives it back.
///
/// # Safety
/// `to` has given its turn away in here, or is in [`park`]; both stay where they are until continued.
#[inline]
pub(super) unsafe fn give(from: *const Context, to: *const Context) {
    match way() {
        // SAFETY: the caller's promise.
        Way::Switch => unsafe { switch::switch(from, to) },
        // SAFETY: the caller's promise: both live.
        Way::Futex => unsafe {
            wake(&(*to).go, TURN);
            take(&(*from).go);
        },
    }
}

/// A new thread waits for its first turn.
///
/// # Safety
/// The context lives until then.
pub(super) unsafe fn park(me: *const Context) {
    match way() {
        // SAFETY: the caller's promise.
        Way::Switch => unsafe {
            real::block_signals();
            switch::park(me);
        },
        // SAFETY: the caller's promise.
        Way::Futex => unsafe {
            wake(&(*me).parked, 1);
            take(&(*me).go);
        },
    }
}

/// The thread takes its stack home, to exit there.
pub(super) fn send_home(context: &Context) {
    wake(&context.go, TURN);
}

/// The thread is not to have the turn again: its kernel thread ends, and what is on its stack stays there.
pub(super) fn abandon(context: &Context) {
    wait_until_parked(context);
    wake(&context.go, END);
}

/// Waits until the new thread has parked.
pub(super) fn wait_until_parked(context: &Context) {
    while context.parked.load(Ordering::Acquire) == 0 {
        // SAFETY: a private futex of this process.
        unsafe { real::futex(&context.parked, libc::FUTEX_WAIT, 0) };
    }
}

/// What the word `go` says.
const TURN: u32 = 1;
const END: u32 = 2;

fn wake(word: &AtomicU32, value: u32) {
    word.store(value, Ordering::Release);
    // SAFETY: a private futex of this process.
    unsafe { real::futex(word, libc::FUTEX_WAKE, 1) };
}

/// Waits for the turn and takes it.
fn take(word: &AtomicU32) {
    loop {
        match word.swap(0, Ordering::Acquire) {
            // SAFETY: a private futex of this process.
            0 => drop(unsafe { real::futex(word, libc::FUTEX_WAIT, 0) }),
            TURN => return,
            // SAFETY: ends this kernel thread, whose stack nothing runs on any more.
            _ => drop(unsafe { real::syscall(libc::SYS_exit, [0; 6]) }),
        }
    }
}
