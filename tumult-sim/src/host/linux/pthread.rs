//! The real functions by which hosted threads are made and parked.

use std::ffi::{c_int, c_long, c_void};
use std::ptr;
use std::sync::atomic::AtomicU32;

use libc::{pthread_attr_t, pthread_t};

use super::real::Real;
use super::syscall::real_syscall;

type Start = extern "C-unwind" fn(*mut c_void) -> *mut c_void;
type Create = unsafe extern "C" fn(*mut pthread_t, *const pthread_attr_t, Start, *mut c_void) -> c_int;
// SAFETY: the type is this function's.
static PTHREAD_CREATE: Real<Create> = unsafe { Real::new(c"pthread_create") };

/// # Safety
/// As libc's.
pub(crate) unsafe fn pthread_create(
    into: *mut pthread_t,
    attributes: *const pthread_attr_t,
    start: Start,
    argument: *mut c_void,
) -> c_int {
    let Some(real) = PTHREAD_CREATE.get() else { return libc::ENOSYS };
    // SAFETY: the caller keeps libc's contract.
    unsafe { real(into, attributes, start, argument) }
}

type Join = unsafe extern "C" fn(pthread_t, *mut *mut c_void) -> c_int;
// SAFETY: the type is this function's.
static PTHREAD_JOIN: Real<Join> = unsafe { Real::new(c"pthread_join") };

/// # Safety
/// As libc's.
pub(crate) unsafe fn pthread_join(thread: pthread_t, into: *mut *mut c_void) -> c_int {
    let Some(real) = PTHREAD_JOIN.get() else { return libc::ENOSYS };
    // SAFETY: the caller keeps libc's contract.
    unsafe { real(thread, into) }
}

type Sigaction = unsafe extern "C" fn(c_int, *const libc::sigaction, *mut libc::sigaction) -> c_int;
// SAFETY: the type is this function's.
static SIGACTION: Real<Sigaction> = unsafe { Real::new(c"sigaction") };

/// # Safety
/// As libc's.
pub(crate) unsafe fn sigaction(signal: c_int, new: *const libc::sigaction, old: *mut libc::sigaction) -> c_int {
    let Some(real) = SIGACTION.get() else { return -1 };
    // SAFETY: the caller keeps libc's contract.
    unsafe { real(signal, new, old) }
}

/// A futex of this process: waits while `word` is `value`, or wakes so many.
///
/// # Safety
/// `operation` is a wait or a wake.
pub(crate) unsafe fn futex(word: &AtomicU32, operation: c_int, value: u32) -> c_long {
    let operation = operation | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the word can be read, and no other pointer is passed.
    unsafe {
        real_syscall(libc::SYS_futex, [ptr::from_ref(word) as usize, operation as usize, value as usize, 0, 0, 0])
    }
}

/// Wakes so many of those that wait, for real, at a word.
///
/// # Safety
/// None: the kernel looks at the address alone.
pub(crate) unsafe fn wake(word: usize, most: usize) {
    let operation = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: no pointer is followed.
    super::errno::kept(|| unsafe { real_syscall(libc::SYS_futex, [word, operation as usize, most, 0, 0, 0]) });
}

/// The kernel's number of the calling kernel thread.
pub(crate) fn tid() -> c_int {
    // SAFETY: it has no precondition.
    unsafe { real_syscall(libc::SYS_gettid, [0; 6]) as c_int }
}

/// Blocks all signals for the calling kernel thread, those that glibc keeps for itself too.
///
/// # Safety
/// The thread runs no code that needs signals from now on.
pub(crate) unsafe fn block_signals() {
    let all = u64::MAX;
    let set = ptr::from_ref(&all) as usize;
    // SAFETY: the set can be read, and is as long as the kernel's.
    unsafe { real_syscall(libc::SYS_rt_sigprocmask, [libc::SIG_SETMASK as usize, set, 0, size_of::<u64>(), 0, 0]) };
}

unsafe extern "C" {
    static __dso_handle: u8;
    fn __cxa_thread_atexit_impl(
        destructor: unsafe extern "C" fn(*mut c_void),
        object: *mut c_void,
        dso: *const u8,
    ) -> c_int;
}

/// Has `destructor` called when the calling thread exits, after those that are registered later.
///
/// # Safety
/// It may be called with `object` then.
pub(crate) unsafe fn at_thread_exit(destructor: unsafe extern "C" fn(*mut c_void), object: *mut c_void) {
    // SAFETY: the caller's promise; the handle names this executable.
    unsafe { __cxa_thread_atexit_impl(destructor, object, &raw const __dso_handle) };
}
