//! `pthread_mutex_*`. What is not here works on the memory alone, and is glibc's: `init`, `destroy`, attributes.

use std::ffi::c_int;
use std::time::Duration;

use libc::{clockid_t, pthread_mutex_t, timespec};

use super::{acquire, limit, wake_at};
use crate::hosted::calls::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;
use crate::hosted::wait;

/// What reports say of who waits for one.
pub(in crate::hosted) const WAITS: &str = "a mutex (pthread_mutex_lock)";

/// The words of glibc's mutex, of which the third says who holds it and the fifth what kind it is, in its lowest bits.
const OWNER: usize = 2;
const KIND: usize = 4;
const KINDS: u32 = 3;

libc_calls! {
    /// Waits until the mutex is free.
    fn pthread_mutex_lock(mutex: *mut pthread_mutex_t) -> c_int = |me| {
        wait::interleave(me);
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { lock(me, mutex, None) })
    };

    /// As `pthread_mutex_lock`, until a time.
    fn pthread_mutex_timedlock(mutex: *mut pthread_mutex_t, until: *const timespec) -> c_int = |me| {
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { timed(me, mutex, libc::CLOCK_REALTIME, until) })
    };

    /// As `pthread_mutex_lock`, until a time by a clock.
    fn pthread_mutex_clocklock(mutex: *mut pthread_mutex_t, clock: clockid_t, until: *const timespec) -> c_int = |me| {
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { timed(me, mutex, clock, until) })
    };

    /// Takes the mutex if it is free.
    fn pthread_mutex_trylock(mutex: *mut pthread_mutex_t) -> c_int = |me| {
        wait::interleave(me);
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { pthread_mutex_trylock(mutex) })
    };

    /// Frees the mutex, and wakes one that waits for it.
    fn pthread_mutex_unlock(mutex: *mut pthread_mutex_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        let result = unsafe { unlock(me, mutex) };
        wait::interleave(me);
        Ok::<_, Errno>(result)
    };
}

/// # Safety
/// As libc's.
pub(super) unsafe fn lock(me: &Thread, mutex: *mut pthread_mutex_t, limit: Option<Duration>) -> c_int {
    acquire(me, mutex as usize, WAITS, limit, || {
        // SAFETY: the caller's promise; outside the simulated world it is glibc's own.
        match unsafe { pthread_mutex_trylock(mutex) } {
            // A mutex that checks for errors says so to its owner.
            // SAFETY: as above.
            libc::EBUSY if unsafe { is_own(me, mutex) } => libc::EDEADLK,
            other => other,
        }
    })
}

unsafe fn timed(me: &Thread, mutex: *mut pthread_mutex_t, clock: clockid_t, until: *const timespec) -> c_int {
    wait::interleave(me);
    // SAFETY: the caller's promise.
    match unsafe { limit(me, clock, until) } {
        // SAFETY: as above.
        Ok(limit) => unsafe { lock(me, mutex, Some(limit)) },
        // The time does not matter where there is no need to wait.
        // SAFETY: as above.
        Err(error) => match unsafe { pthread_mutex_trylock(mutex) } {
            libc::EBUSY => error.0,
            other => other,
        },
    }
}

/// # Safety
/// As libc's.
pub(super) unsafe fn unlock(me: &Thread, mutex: *mut pthread_mutex_t) -> c_int {
    // SAFETY: the caller's promise; outside the simulated world it is glibc's own.
    let result = unsafe { pthread_mutex_unlock(mutex) };
    if result == 0 {
        wake_at(me, mutex as usize, 1);
    }
    result
}

/// Whether a mutex of the kind that checks for errors is held by the calling thread.
unsafe fn is_own(me: &Thread, mutex: *const pthread_mutex_t) -> bool {
    // SAFETY: the caller's promise; the mutex is longer than these words.
    let kind = unsafe { mutex.cast::<u32>().add(KIND).read() };
    kind & KINDS == libc::PTHREAD_MUTEX_ERRORCHECK.cast_unsigned() && holder(mutex as usize) == me.real_tid.get()
}

/// The kernel's number of the thread that holds the mutex at an address, as glibc keeps it there.
pub(in crate::hosted) fn holder(mutex: usize) -> i32 {
    // SAFETY: somebody waits for it, so it is there.
    unsafe { (mutex as *const i32).add(OWNER).read() }
}
