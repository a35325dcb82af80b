//! `nanosleep`, `clock_nanosleep`, `usleep`, `sleep`: never for real in simulated code. The hook decides what a sleep
//! means; the call returns at once, as after a full sleep. glibc's `usleep` and `sleep` do not go through its exported
//! `nanosleep`, so each is defined.

use std::ffi::{c_int, c_uint};

use libc::{clockid_t, timespec};

use super::super::hook;
use super::clock::{Clock, NS_PER_S};
use super::errno;
use super::real::Real;

type Nanosleep = unsafe extern "C" fn(*const timespec, *mut timespec) -> c_int;
// SAFETY: the type is this function's.
static NANOSLEEP: Real<Nanosleep> = unsafe { Real::new(c"nanosleep") };

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn nanosleep(request: *const timespec, rest: *mut timespec) -> c_int {
    if let Some(hooks) = hook::current() {
        // SAFETY: the caller keeps libc's contract.
        return match unsafe { ns_of(request) } {
            Ok(ns) => {
                errno::kept(|| hook::block(hooks, ns.cast_unsigned(), "nanosleep"));
                0
            }
            Err(error) => errno::fail(error),
        };
    }
    let Some(real) = NANOSLEEP.get() else { return -1 };
    // SAFETY: the caller keeps libc's contract.
    unsafe { real(request, rest) }
}

type ClockNanosleep = unsafe extern "C" fn(clockid_t, c_int, *const timespec, *mut timespec) -> c_int;
// SAFETY: the type is this function's.
static CLOCK_NANOSLEEP: Real<ClockNanosleep> = unsafe { Real::new(c"clock_nanosleep") };

/// Gives the error itself and leaves `errno`, as libc's does. A sleep by a clock of CPU time is refused as not supported.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn clock_nanosleep(
    id: clockid_t,
    flags: c_int,
    request: *const timespec,
    rest: *mut timespec,
) -> c_int {
    if let Some(hooks) = hook::current() {
        let Some(clock) = Clock::of(id) else { return libc::ENOTSUP };
        // SAFETY: the caller keeps libc's contract.
        return match unsafe { ns_of(request) } {
            Ok(mut ns) => {
                if flags & libc::TIMER_ABSTIME != 0 {
                    ns = ns.saturating_sub(clock.now_ns(hooks)).max(0);
                }
                errno::kept(|| hook::block(hooks, ns.cast_unsigned(), "clock_nanosleep"));
                0
            }
            Err(error) => error,
        };
    }
    let Some(real) = CLOCK_NANOSLEEP.get() else { return libc::ENOSYS };
    // SAFETY: the caller keeps libc's contract.
    unsafe { real(id, flags, request, rest) }
}

type Usleep = unsafe extern "C" fn(c_uint) -> c_int;
// SAFETY: the type is this function's.
static USLEEP: Real<Usleep> = unsafe { Real::new(c"usleep") };

#[unsafe(no_mangle)]
pub(super) extern "C" fn usleep(us: c_uint) -> c_int {
    if let Some(hooks) = hook::current() {
        errno::kept(|| hook::block(hooks, u64::from(us) * 1_000, "usleep"));
        return 0;
    }
    let Some(real) = USLEEP.get() else { return -1 };
    // SAFETY: libc's has no precondition.
    unsafe { real(us) }
}

type Sleep = unsafe extern "C" fn(c_uint) -> c_uint;
// SAFETY: the type is this function's.
static SLEEP: Real<Sleep> = unsafe { Real::new(c"sleep") };

#[unsafe(no_mangle)]
pub(super) extern "C" fn sleep(s: c_uint) -> c_uint {
    if let Some(hooks) = hook::current() {
        errno::kept(|| hook::block(hooks, u64::from(s) * NS_PER_S.cast_unsigned(), "sleep"));
        return 0;
    }
    let Some(real) = SLEEP.get() else { return s };
    // SAFETY: libc's has no precondition.
    unsafe { real(s) }
}

/// Nanoseconds of a time that libc would accept, never negative; else the error number.
///
/// # Safety
/// If not null, it can be read.
pub(crate) unsafe fn ns_of(time: *const timespec) -> Result<i64, c_int> {
    if time.is_null() {
        return Err(libc::EFAULT);
    }
    // SAFETY: the caller's promise.
    let time = unsafe { time.read() };
    if time.tv_sec < 0 || !(0..NS_PER_S).contains(&time.tv_nsec) {
        return Err(libc::EINVAL);
    }
    Ok(time.tv_sec.saturating_mul(NS_PER_S).saturating_add(time.tv_nsec))
}

#[cfg(test)]
mod tests;
