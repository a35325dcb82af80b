//! `pthread_once`. Its word has the values that glibc gives it, so that threads outside the run agree.

use std::ffi::{CStr, c_int, c_void};
use std::sync::atomic::{AtomicI32, Ordering};

use libc::pthread_once_t;

use super::{wait_at, wake_at};
use crate::host::{Real, real};
use crate::hosted::calls::answer;
use crate::hosted::errno::Errno;
use crate::hosted::thread::simulated;
use crate::hosted::wait;

const WAITS: &str = "whoever initialises (pthread_once)";

/// glibc's values.
const FRESH: i32 = 0;
const BEGUN: i32 = 1;
const DONE: i32 = 2;

type Routine = extern "C" fn();
type Once = unsafe extern "C" fn(*mut pthread_once_t, Routine) -> c_int;
// SAFETY: the type is this function's.
static REAL: Real<Once> = unsafe { Real::new(c"pthread_once") };

/// The routine is called on the calling thread, in the simulated world, as the program's own code.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(in crate::hosted) unsafe extern "C" fn pthread_once(once: *mut pthread_once_t, routine: Routine) -> c_int {
    if simulated().is_none() {
        let Some(real) = REAL.get() else { return libc::ENOSYS };
        // SAFETY: the caller keeps libc's contract.
        return unsafe { real(once, routine) };
    }
    // SAFETY: libc's contract: a word that all threads use so.
    let word = unsafe { &*once.cast::<AtomicI32>() };
    if word.load(Ordering::Acquire) & DONE != 0 {
        return 0;
    }
    let mine = answer(|me| {
        wait::interleave(me);
        loop {
            match word.compare_exchange(FRESH, BEGUN, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => return Ok::<_, Errno>(1),
                Err(now) if now & DONE != 0 => return Ok(0),
                Err(_) => wait_at(me, once as usize, WAITS, None),
            };
        }
    });
    if mine == 1 {
        routine();
        answer(|me| {
            word.store(DONE, Ordering::Release);
            wake_at(me, once as usize, usize::MAX);
            // SAFETY: only the address is looked at.
            unsafe { real::wake(once as usize, usize::MAX >> 33) };
            Ok::<_, Errno>(())
        });
    }
    0
}

/// The functions of this group, by name.
pub(super) fn defined() -> Vec<(&'static CStr, *const c_void)> {
    vec![(c"pthread_once", pthread_once as *const c_void)]
}
