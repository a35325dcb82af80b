//! How hosted code waits: for a future, or for something to become so, on its own stack.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::errno::Errno;
use super::object::How;
use super::thread::{Thread, me};
use crate::context::current;
use crate::kernel::task::{Schedule, Waiter};
use crate::time::sleep;

/// Lets the calling thread wait until `future` is done. `why` is what reports say of it meanwhile.
///
/// # Panics
/// On a thread that is not hosted.
pub(super) fn block_on<F: Future>(why: &'static str, future: F) -> F::Output {
    let me = me().expect("only hosted threads wait here");
    let waker = current().waker(me.task());
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        me.give_turn(why);
    }
}

/// What ends a wait before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interrupts {
    Nothing,
    /// A handler of a signal that was set without `SA_RESTART`.
    ByDecisive,
    /// Any handler of a signal.
    ByAny,
}

/// Lets the calling thread wait until `ready` gives something, at most for `limit` by its process's clock: then `None`.
/// `ready` is asked again after each wake; while it gives nothing it has left a waiter with what may change that.
pub(super) fn until<T>(
    me: &Thread,
    why: &'static str,
    limit: Option<Duration>,
    ready: impl FnMut(&Thread) -> Option<T>,
) -> Option<T> {
    // Nothing interrupts it.
    interruptible(me, why, limit, Interrupts::Nothing, ready).ok().flatten()
}

/// As [`until`], unless a handler of a signal runs on the thread meanwhile.
///
/// # Errors
/// EINTR.
pub(super) fn interruptible<T>(
    me: &Thread,
    why: &'static str,
    limit: Option<Duration>,
    interrupts: Interrupts,
    mut ready: impl FnMut(&Thread) -> Option<T>,
) -> Result<Option<T>, Errno> {
    if let Some(value) = ready(me) {
        return Ok(Some(value));
    }
    let handled = || me.signals.interruptions(interrupts == Interrupts::ByAny);
    let before = handled();
    let mut again = || {
        me.heard.set(false);
        me.give_turn(why);
        match ready(me) {
            None if interrupts != Interrupts::Nothing && handled() != before => Err(Errno(libc::EINTR)),
            found => Ok(found),
        }
    };
    let Some(limit) = limit else {
        loop {
            if let Some(value) = again()? {
                return Ok(Some(value));
            }
        }
    };
    let waker = current().waker(me.task());
    let mut late = pin!(sleep(limit));
    while late.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
        if let Some(value) = again()? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// Lets the calling thread wait until `attempt` gives something, or asks once where it may not wait.
///
/// # Errors
/// EAGAIN when there is nothing and it may not wait, EINTR.
pub(super) fn as_asked<T>(
    me: &Thread,
    why: &'static str,
    how: How,
    mut attempt: impl FnMut(&Thread) -> Option<T>,
) -> Result<T, Errno> {
    let got =
        if how.nonblocking { attempt(me) } else { interruptible(me, why, None, Interrupts::ByDecisive, attempt)? };
    got.ok_or(Errno(libc::EAGAIN))
}

/// A sleep of the calling thread.
pub(super) fn sleep_ns(ns: u64, call: &'static str) {
    block_on(call, sleep(Duration::from_nanos(ns)));
}

/// One in so many calls lets other threads of the process go first, under a random schedule.
const PREEMPTED: u64 = 4;
/// A thread that goes on at so many of these, as no other is ready, gives the turn all the same: one that calls without end
/// is a stall of the run and does not keep the turn for good.
const GOES_ON: u32 = 64;

/// A point at which the threads of a process may interleave, although the call would not wait: the choice is the
/// schedule's. Costs a branch in a process of one thread, and mostly no turn where no other thread could have it: none
/// becomes ready at this instant but by what this one does.
#[inline]
pub(super) fn interleave(me: &Thread) {
    if me.life.is_threaded() {
        may_interleave(me);
    }
}

fn may_interleave(me: &Thread) {
    let world = current().world.borrow();
    let yields = match world.config().schedule {
        Schedule::Fifo => false,
        Schedule::Random => me.draw().is_multiple_of(PREEMPTED),
        // By priority: whoever has the highest goes on.
        Schedule::Pct(_) => true,
    };
    if !yields {
        return;
    }
    let others = world.core.tasks.any_queued(world.processes.get(me.life.process).tasks);
    drop(world);
    if others || me.goes_on() > GOES_ON {
        yield_now(me);
    }
}

/// The thread is ready again at once, in an order that the schedule decides.
pub(super) fn yield_now(me: &Thread) {
    crate::context::with(|w| w.core.wake(me.waiter()));
    me.give_turn("its next turn");
}

/// A thread that yields more often than this at one instant spins until something happens, so time has to pass.
const YIELDS_MAX: u32 = 16;
/// What such a yield takes, by the clock of its process.
const SPIN: Duration = Duration::from_micros(1);

/// `sched_yield`: lets others of this instant go first.
pub(super) fn yield_to_others(me: &Thread) {
    if me.yields_at(crate::context::with(|w| w.now())) > YIELDS_MAX {
        block_on("the passing of time (sched_yield)", sleep(SPIN));
    } else {
        yield_now(me);
    }
}

/// A call that only looks whether there is something. If not, others go first, and who does nothing but look makes time
/// pass, so that a busy wait ends.
pub(super) fn glance<T>(me: &Thread, mut found: impl FnMut() -> Option<T>) -> Option<T> {
    found().or_else(|| {
        yield_to_others(me);
        found()
    })
}

/// Wakes whoever waits.
pub(super) fn wake_all(waiters: Vec<Waiter>) {
    crate::context::with(|w| waiters.into_iter().for_each(|waiter| w.core.wake(waiter)));
}
