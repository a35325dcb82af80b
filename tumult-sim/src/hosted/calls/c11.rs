//! C11's threads: glibc has them by the same machinery as POSIX's and reaches it by itself, so each is answered here as
//! the function of POSIX that it is. What is not here works on the memory alone: `mtx_init`, `mtx_destroy`, `tss_*`,
//! `thrd_current`, `thrd_equal`.

use std::ffi::{CStr, c_int, c_void};

use libc::{pthread_cond_t, pthread_mutex_t, pthread_once_t, pthread_t, timespec};

use crate::host::Real;
use crate::hosted::thread::simulated;

/// What C11 calls results.
const SUCCESS: c_int = 0;
const BUSY: c_int = 1;
const ERROR: c_int = 2;
const NO_MEMORY: c_int = 3;
const TIMED_OUT: c_int = 4;

const fn said(number: c_int) -> c_int {
    match number {
        0 => SUCCESS,
        libc::EBUSY => BUSY,
        libc::ENOMEM | libc::EAGAIN => NO_MEMORY,
        libc::ETIMEDOUT => TIMED_OUT,
        _ => ERROR,
    }
}

unsafe extern "C" {
    // The libc crate has it not for Linux.
    fn pthread_once(once: *mut pthread_once_t, routine: extern "C" fn()) -> c_int;
}

/// Defines functions that are others where hosted: those are called in the simulated world, as by the program.
macro_rules! c11 {
    ($( $(#[$attribute:meta])* fn $name:ident($($argument:ident: $type:ty),*) -> $ret:ty = $body:expr; )*) => {
        $(
            $(#[$attribute])*
            ///
            /// # Safety
            /// As libc's.
            #[unsafe(no_mangle)]
            pub(in crate::hosted) unsafe extern "C" fn $name($($argument: $type),*) -> $ret {
                static REAL: Real<unsafe extern "C" fn($($type),*) -> $ret> =
                    // SAFETY: the type is this function's.
                    unsafe { Real::new(super::name(concat!(stringify!($name), "\0"))) };
                if simulated().is_some() {
                    // SAFETY: the caller keeps libc's contract, which is that of the function called.
                    return unsafe { $body };
                }
                match REAL.get() {
                    // SAFETY: the caller keeps libc's contract.
                    Some(real) => unsafe { real($($argument),*) },
                    None => <$ret as super::Failing>::FAILED,
                }
            }
        )*

        /// The functions of this group, by name.
        pub(super) fn defined() -> Vec<(&'static CStr, *const c_void)> {
            let mut all = vec![$((super::name(concat!(stringify!($name), "\0")), $name as *const c_void)),*];
            all.push((c"thrd_exit", thrd_exit as *const c_void));
            all
        }
    };
}

type Start = extern "C-unwind" fn(*mut c_void) -> c_int;

/// What a thread begins with.
struct Begin(Start, *mut c_void);

extern "C-unwind" fn begin(argument: *mut c_void) -> *mut c_void {
    // SAFETY: `thrd_create` made it for this thread.
    let Begin(start, argument) = *unsafe { Box::from_raw(argument.cast::<Begin>()) };
    start(argument) as isize as *mut c_void
}

/// As `pthread_exit`.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(in crate::hosted) unsafe extern "C-unwind" fn thrd_exit(result: c_int) -> ! {
    // SAFETY: the caller keeps libc's contract; a thread that is not hosted gets glibc's, which this is too.
    unsafe { super::threads::pthread_exit(result as isize as *mut c_void) }
}

c11! {
    /// As `pthread_create`.
    fn thrd_create(into: *mut pthread_t, start: Start, argument: *mut c_void) -> c_int = {
        let given = Box::into_raw(Box::new(Begin(start, argument)));
        let result = said(super::threads::pthread_create(into, std::ptr::null(), begin, given.cast()));
        if result != SUCCESS {
            drop(Box::from_raw(given));
        }
        result
    };

    /// As `pthread_join`.
    fn thrd_join(thread: pthread_t, into: *mut c_int) -> c_int = {
        let mut result = std::ptr::null_mut();
        let joined = said(libc::pthread_join(thread, &raw mut result));
        if joined == SUCCESS && !into.is_null() {
            into.write(result as isize as c_int);
        }
        joined
    };

    /// As `pthread_detach`.
    fn thrd_detach(thread: pthread_t) -> c_int = said(libc::pthread_detach(thread));

    /// As `sched_yield`.
    fn thrd_yield() -> () = _ = libc::sched_yield();

    /// As `nanosleep`.
    fn thrd_sleep(span: *const timespec, left: *mut timespec) -> c_int = match libc::nanosleep(span, left) {
        0 => 0,
        _ if *libc::__errno_location() == libc::EINTR => -1,
        _ => -2,
    };

    /// As `pthread_mutex_lock`.
    fn mtx_lock(mutex: *mut pthread_mutex_t) -> c_int = said(libc::pthread_mutex_lock(mutex));

    /// As `pthread_mutex_trylock`.
    fn mtx_trylock(mutex: *mut pthread_mutex_t) -> c_int = said(libc::pthread_mutex_trylock(mutex));

    /// As `pthread_mutex_timedlock`.
    fn mtx_timedlock(mutex: *mut pthread_mutex_t, until: *const timespec) -> c_int = {
        said(libc::pthread_mutex_timedlock(mutex, until))
    };

    /// As `pthread_mutex_unlock`.
    fn mtx_unlock(mutex: *mut pthread_mutex_t) -> c_int = said(libc::pthread_mutex_unlock(mutex));

    /// As `pthread_cond_init`.
    fn cnd_init(condition: *mut pthread_cond_t) -> c_int = {
        said(libc::pthread_cond_init(condition, std::ptr::null()))
    };

    /// As `pthread_cond_destroy`.
    fn cnd_destroy(condition: *mut pthread_cond_t) -> () = _ = libc::pthread_cond_destroy(condition);

    /// As `pthread_cond_wait`.
    fn cnd_wait(condition: *mut pthread_cond_t, mutex: *mut pthread_mutex_t) -> c_int = {
        said(libc::pthread_cond_wait(condition, mutex))
    };

    /// As `pthread_cond_timedwait`.
    fn cnd_timedwait(condition: *mut pthread_cond_t, mutex: *mut pthread_mutex_t, until: *const timespec) -> c_int = {
        said(libc::pthread_cond_timedwait(condition, mutex, until))
    };

    /// As `pthread_cond_signal`.
    fn cnd_signal(condition: *mut pthread_cond_t) -> c_int = said(libc::pthread_cond_signal(condition));

    /// As `pthread_cond_broadcast`.
    fn cnd_broadcast(condition: *mut pthread_cond_t) -> c_int = said(libc::pthread_cond_broadcast(condition));

    /// As `pthread_once`.
    fn call_once(once: *mut pthread_once_t, routine: extern "C" fn()) -> () = _ = pthread_once(once, routine);
}
