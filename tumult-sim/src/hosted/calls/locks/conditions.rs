//! `pthread_cond_*`: waiters are kept here alone, and glibc's memory is only initialised.

use std::ffi::c_int;
use std::time::Duration;

use libc::{clockid_t, pthread_cond_t, pthread_condattr_t, pthread_mutex_t, timespec};

use super::{limit, mutexes, wait_for, wake_at};
use crate::hosted::calls::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;
use crate::hosted::wait;

const WAITS: &str = "a condition (pthread_cond_wait)";

libc_calls! {
    /// Keeps the clock of the attributes.
    fn pthread_cond_init(condition: *mut pthread_cond_t, attributes: *const pthread_condattr_t) -> c_int = |me| {
        let mut clock = libc::CLOCK_REALTIME;
        if !attributes.is_null() {
            // SAFETY: libc's contract.
            unsafe { libc::pthread_condattr_getclock(attributes, &raw mut clock) };
        }
        let clocks = &mut *me.life.clocks.borrow_mut();
        if clock == libc::CLOCK_REALTIME {
            clocks.remove(&(condition as usize));
        } else {
            clocks.insert(condition as usize, clock);
        }
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { pthread_cond_init(condition, attributes) })
    };

    /// Nobody waits.
    fn pthread_cond_destroy(condition: *mut pthread_cond_t) -> c_int = |me| {
        me.life.clocks.borrow_mut().remove(&(condition as usize));
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { pthread_cond_destroy(condition) })
    };

    /// Frees the mutex, waits for a signal, and takes the mutex again.
    fn pthread_cond_wait(condition: *mut pthread_cond_t, mutex: *mut pthread_mutex_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { wait(me, condition, mutex, None) })
    };

    /// As `pthread_cond_wait`, until a time by the condition's clock.
    fn pthread_cond_timedwait(
        condition: *mut pthread_cond_t,
        mutex: *mut pthread_mutex_t,
        until: *const timespec,
    ) -> c_int = |me| {
        let clock = me.life.clocks.borrow().get(&(condition as usize)).copied().unwrap_or(libc::CLOCK_REALTIME);
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { timed(me, condition, mutex, clock, until) })
    };

    /// As `pthread_cond_wait`, until a time by a clock.
    fn pthread_cond_clockwait(
        condition: *mut pthread_cond_t,
        mutex: *mut pthread_mutex_t,
        clock: clockid_t,
        until: *const timespec,
    ) -> c_int = |me| {
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { timed(me, condition, mutex, clock, until) })
    };

    /// Wakes the one that has waited longest.
    fn pthread_cond_signal(condition: *mut pthread_cond_t) -> c_int = |me| {
        wake_at(me, condition as usize, 1);
        wait::interleave(me);
        Ok::<_, Errno>(0)
    };

    /// Wakes all.
    fn pthread_cond_broadcast(condition: *mut pthread_cond_t) -> c_int = |me| {
        wake_at(me, condition as usize, usize::MAX);
        wait::interleave(me);
        Ok::<_, Errno>(0)
    };
}

unsafe fn timed(
    me: &Thread,
    condition: *mut pthread_cond_t,
    mutex: *mut pthread_mutex_t,
    clock: clockid_t,
    until: *const timespec,
) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { limit(me, clock, until) } {
        // SAFETY: as above.
        Ok(limit) => unsafe { wait(me, condition, mutex, Some(limit)) },
        Err(error) => error.0,
    }
}

unsafe fn wait(
    me: &Thread,
    condition: *mut pthread_cond_t,
    mutex: *mut pthread_mutex_t,
    limit: Option<Duration>,
) -> c_int {
    // It waits before the mutex is free: no signal is lost in between.
    let number = me.life.futexes.borrow_mut().add(condition as usize, u32::MAX, me.waiter());
    // SAFETY: the caller's promise.
    let unlocked = unsafe { mutexes::unlock(me, mutex) };
    if unlocked != 0 {
        me.life.futexes.borrow_mut().give_up(number);
        return unlocked;
    }
    let woken = wait_for(me, number, condition as usize, WAITS, limit);
    // SAFETY: as above.
    match unsafe { mutexes::lock(me, mutex, None) } {
        0 if !woken => libc::ETIMEDOUT,
        other => other,
    }
}
