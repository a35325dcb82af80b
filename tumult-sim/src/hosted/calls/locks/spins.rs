//! `pthread_spin_*`: who would spin waits.

use std::ffi::c_int;

use libc::pthread_spinlock_t;

use super::{acquire, wake_at};
use crate::hosted::calls::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::wait;

const WAITS: &str = "a spin lock (pthread_spin_lock)";

libc_calls! {
    /// Waits until it is free.
    fn pthread_spin_lock(lock: *mut pthread_spinlock_t) -> c_int = |me| {
        wait::interleave(me);
        // SAFETY: libc's contract; outside the simulated world it is glibc's own.
        Ok::<_, Errno>(acquire(me, lock as usize, WAITS, None, || unsafe { pthread_spin_trylock(lock) }))
    };

    /// Takes it if it is free.
    fn pthread_spin_trylock(lock: *mut pthread_spinlock_t) -> c_int = |me| {
        wait::interleave(me);
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { pthread_spin_trylock(lock) })
    };

    /// Frees it, and wakes one that waits for it.
    fn pthread_spin_unlock(lock: *mut pthread_spinlock_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        let result = unsafe { pthread_spin_unlock(lock) };
        wake_at(me, lock as usize, 1);
        wait::interleave(me);
        Ok::<_, Errno>(result)
    };
}
