//! `sem_*` without a name. What is not here works on the memory alone, and is glibc's: `init`, `destroy`, `getvalue`.

use std::ffi::c_int;
use std::time::Duration;

use libc::{clockid_t, sem_t, timespec};

use super::{acquire, limit, wake_at};
use crate::host::errno;
use crate::hosted::calls::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;
use crate::hosted::wait;

const WAITS: &str = "a semaphore (sem_wait)";

libc_calls! {
    /// Waits until there is one to take.
    fn sem_wait(semaphore: *mut sem_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { take(me, semaphore, None) }
    };

    /// As `sem_wait`, until a time.
    fn sem_timedwait(semaphore: *mut sem_t, until: *const timespec) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { take(me, semaphore, Some(limit(me, libc::CLOCK_REALTIME, until)?)) }
    };

    /// As `sem_wait`, until a time by a clock.
    fn sem_clockwait(semaphore: *mut sem_t, clock: clockid_t, until: *const timespec) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { take(me, semaphore, Some(limit(me, clock, until)?)) }
    };

    /// Takes one if there is one.
    fn sem_trywait(semaphore: *mut sem_t) -> c_int = |me| {
        wait::interleave(me);
        // SAFETY: libc's contract.
        match unsafe { sem_trywait(semaphore) } {
            0 => Ok(0),
            _ => Err(Errno(errno::get())),
        }
    };

    /// One more, for whoever has waited longest.
    fn sem_post(semaphore: *mut sem_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        if unsafe { sem_post(semaphore) } != 0 {
            return Err(Errno(errno::get()));
        }
        wake_at(me, semaphore as usize, 1);
        wait::interleave(me);
        Ok(0)
    };
}

unsafe fn take(me: &Thread, semaphore: *mut sem_t, limit: Option<Duration>) -> Result<c_int, Errno> {
    wait::interleave(me);
    let result = acquire(me, semaphore as usize, WAITS, limit, || {
        // SAFETY: the caller's promise; outside the simulated world it is glibc's own.
        match unsafe { sem_trywait(semaphore) } {
            0 => 0,
            _ if errno::get() == libc::EAGAIN => libc::EBUSY,
            _ => errno::get(),
        }
    });
    if result == 0 { Ok(0) } else { Err(Errno(result)) }
}
