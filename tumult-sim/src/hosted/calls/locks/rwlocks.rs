//! `pthread_rwlock_*`. What is not here works on the memory alone, and is glibc's.

use std::ffi::c_int;
use std::time::Duration;

use libc::{clockid_t, pthread_rwlock_t, timespec};

use super::{acquire, limit, wake_at};
use crate::hosted::calls::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;
use crate::hosted::wait;

/// What reports say of who waits for one.
pub(in crate::hosted) const WAITS: &str = "a read-write lock (pthread_rwlock)";

/// The word of glibc's lock that says who holds it for writing.
const WRITER: usize = 6;

/// The call that takes a lock without waiting.
type Attempt = unsafe extern "C" fn(*mut pthread_rwlock_t) -> c_int;

libc_calls! {
    /// Waits until nobody writes.
    fn pthread_rwlock_rdlock(lock: *mut pthread_rwlock_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { take(me, lock, pthread_rwlock_tryrdlock, None) })
    };

    /// Waits until nobody reads or writes.
    fn pthread_rwlock_wrlock(lock: *mut pthread_rwlock_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { take(me, lock, pthread_rwlock_trywrlock, None) })
    };

    /// As `pthread_rwlock_rdlock`, until a time.
    fn pthread_rwlock_timedrdlock(lock: *mut pthread_rwlock_t, until: *const timespec) -> c_int = |me| {
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { timed(me, lock, pthread_rwlock_tryrdlock, libc::CLOCK_REALTIME, until) })
    };

    /// As `pthread_rwlock_wrlock`, until a time.
    fn pthread_rwlock_timedwrlock(lock: *mut pthread_rwlock_t, until: *const timespec) -> c_int = |me| {
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { timed(me, lock, pthread_rwlock_trywrlock, libc::CLOCK_REALTIME, until) })
    };

    /// As `pthread_rwlock_rdlock`, until a time by a clock.
    fn pthread_rwlock_clockrdlock(lock: *mut pthread_rwlock_t, clock: clockid_t, until: *const timespec) -> c_int = |me| {
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { timed(me, lock, pthread_rwlock_tryrdlock, clock, until) })
    };

    /// As `pthread_rwlock_wrlock`, until a time by a clock.
    fn pthread_rwlock_clockwrlock(lock: *mut pthread_rwlock_t, clock: clockid_t, until: *const timespec) -> c_int = |me| {
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { timed(me, lock, pthread_rwlock_trywrlock, clock, until) })
    };

    /// Takes it for reading if nobody writes.
    fn pthread_rwlock_tryrdlock(lock: *mut pthread_rwlock_t) -> c_int = |me| {
        wait::interleave(me);
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { pthread_rwlock_tryrdlock(lock) })
    };

    /// Takes it for writing if it is free.
    fn pthread_rwlock_trywrlock(lock: *mut pthread_rwlock_t) -> c_int = |me| {
        wait::interleave(me);
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { pthread_rwlock_trywrlock(lock) })
    };

    /// Frees it, and wakes all that wait: readers can go on together.
    fn pthread_rwlock_unlock(lock: *mut pthread_rwlock_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        let result = unsafe { pthread_rwlock_unlock(lock) };
        wake_at(me, lock as usize, usize::MAX);
        wait::interleave(me);
        Ok::<_, Errno>(result)
    };
}

unsafe fn take(me: &Thread, lock: *mut pthread_rwlock_t, attempt: Attempt, limit: Option<Duration>) -> c_int {
    wait::interleave(me);
    acquire(me, lock as usize, WAITS, limit, || {
        // SAFETY: the caller's promise; outside the simulated world it is glibc's own.
        match unsafe { attempt(lock) } {
            // Whoever writes would wait for itself.
            libc::EBUSY if writer(lock as usize) == me.real_tid.get() => libc::EDEADLK,
            other => other,
        }
    })
}

unsafe fn timed(
    me: &Thread,
    lock: *mut pthread_rwlock_t,
    attempt: Attempt,
    clock: clockid_t,
    until: *const timespec,
) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { limit(me, clock, until) } {
        // SAFETY: as above.
        Ok(limit) => unsafe { take(me, lock, attempt, Some(limit)) },
        Err(error) => error.0,
    }
}

/// The kernel's number of the thread that holds the lock at an address for writing; 0 if none does.
pub(in crate::hosted) fn writer(lock: usize) -> i32 {
    // SAFETY: somebody waits for it, so it is there.
    unsafe { (lock as *const i32).add(WRITER).read() }
}
