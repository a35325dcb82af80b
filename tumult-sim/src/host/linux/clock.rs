//! `clock_gettime`, `gettimeofday`, `time`, `timespec_get`. The clocks of CPU time are passed on for now, and so is
//! `clock_getres`, which is not defined here at all.

use std::ffi::{c_int, c_void};
use std::ptr;

use libc::{clockid_t, suseconds_t, time_t, timespec, timeval};

use super::super::hook::{self, Hooks};
use super::errno;
use super::real::Real;

pub(super) const NS_PER_S: i64 = 1_000_000_000;

/// What C calls the base of calendar time; the `libc` crate has no name for it.
const TIME_UTC: c_int = 1;

/// The two clocks of a process that libc's many are views of.
#[derive(Clone, Copy)]
pub(super) enum Clock {
    Monotonic,
    Realtime,
}

impl Clock {
    /// `None`: a clock of CPU time or of a device, which the operating system answers.
    pub(super) fn of(id: clockid_t) -> Option<Self> {
        match id {
            // A simulated machine is not suspended, so its time since boot is the monotonic one.
            libc::CLOCK_MONOTONIC
            | libc::CLOCK_MONOTONIC_RAW
            | libc::CLOCK_MONOTONIC_COARSE
            | libc::CLOCK_BOOTTIME
            | libc::CLOCK_BOOTTIME_ALARM => Some(Self::Monotonic),
            // A kernel that nobody told of leap seconds gives atomic time with an offset of 0.
            libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE | libc::CLOCK_REALTIME_ALARM | libc::CLOCK_TAI => {
                Some(Self::Realtime)
            }
            _ => None,
        }
    }

    /// Nanoseconds; 0 from a hook that panicked.
    pub(super) fn now_ns(self, hooks: &Hooks) -> i64 {
        if let (Self::Monotonic, Some(hosting)) = (self, hooks.hosting)
            && let Some(ns) = (hosting.monotonic_ns)()
        {
            return i64::try_from(ns).unwrap_or(i64::MAX);
        }
        let now = match self {
            Self::Monotonic => errno::ask(|| i64::try_from((hooks.monotonic_ns)()).unwrap_or(i64::MAX)),
            Self::Realtime => errno::ask(hooks.realtime_ns),
        };
        now.unwrap_or(0)
    }

    fn now(self, hooks: &Hooks) -> timespec {
        let ns = self.now_ns(hooks);
        let seconds = ns.div_euclid(NS_PER_S);
        timespec { tv_sec: seconds, tv_nsec: ns - seconds * NS_PER_S }
    }
}

type ClockGettime = unsafe extern "C" fn(clockid_t, *mut timespec) -> c_int;
// SAFETY: the type is this function's.
static CLOCK_GETTIME: Real<ClockGettime> = unsafe { Real::new(c"clock_gettime") };

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn clock_gettime(id: clockid_t, into: *mut timespec) -> c_int {
    if let Some(hooks) = hook::current()
        && let Some(clock) = Clock::of(id)
    {
        if into.is_null() {
            return errno::fail(libc::EFAULT);
        }
        // SAFETY: libc's contract: if not null, it can be written to.
        unsafe { into.write(clock.now(hooks)) };
        return 0;
    }
    if let Some(hosting) = hook::current().and_then(|hooks| hooks.hosting)
        && let Some(ns) = (hosting.cpu_ns)(id)
    {
        if into.is_null() {
            return errno::fail(libc::EFAULT);
        }
        // SAFETY: as above.
        unsafe { into.write(timespec { tv_sec: ns / NS_PER_S, tv_nsec: ns % NS_PER_S }) };
        return 0;
    }
    let Some(real) = CLOCK_GETTIME.get() else { return -1 };
    // SAFETY: the caller keeps libc's contract.
    unsafe { real(id, into) }
}

type Gettimeofday = unsafe extern "C" fn(*mut timeval, *mut c_void) -> c_int;
// SAFETY: the type is this function's.
static GETTIMEOFDAY: Real<Gettimeofday> = unsafe { Real::new(c"gettimeofday") };

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn gettimeofday(into: *mut timeval, zone: *mut c_void) -> c_int {
    if let Some(hooks) = hook::current() {
        let now = Clock::Realtime.now(hooks);
        if !into.is_null() {
            let now = timeval { tv_sec: now.tv_sec, tv_usec: (now.tv_nsec / 1_000) as suseconds_t };
            // SAFETY: libc's contract: if not null, it can be written to.
            unsafe { into.write(now) };
        }
        if !zone.is_null() {
            // SAFETY: as above; `struct timezone` is two ints, and glibc sets both to 0 as well.
            unsafe { zone.cast::<[c_int; 2]>().write([0, 0]) };
        }
        return 0;
    }
    let Some(real) = GETTIMEOFDAY.get() else { return -1 };
    // SAFETY: the caller keeps libc's contract.
    unsafe { real(into, zone) }
}

type Time = unsafe extern "C" fn(*mut time_t) -> time_t;
// SAFETY: the type is this function's.
static TIME: Real<Time> = unsafe { Real::new(c"time") };

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn time(into: *mut time_t) -> time_t {
    if let Some(hooks) = hook::current() {
        let now = Clock::Realtime.now(hooks).tv_sec;
        if !into.is_null() {
            // SAFETY: libc's contract: if not null, it can be written to.
            unsafe { into.write(now) };
        }
        return now;
    }
    let Some(real) = TIME.get() else { return -1 };
    // SAFETY: the caller keeps libc's contract.
    unsafe { real(into) }
}

type TimespecGet = unsafe extern "C" fn(*mut timespec, c_int) -> c_int;
// SAFETY: the type is this function's.
static TIMESPEC_GET: Real<TimespecGet> = unsafe { Real::new(c"timespec_get") };

/// Defined because glibc's own asks the kernel without going through `clock_gettime`. Gives 0 for what it cannot tell.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn timespec_get(into: *mut timespec, base: c_int) -> c_int {
    if let Some(hooks) = hook::current()
        && base == TIME_UTC
    {
        // SAFETY: libc's contract: it can be written to.
        unsafe { ptr::write(into, Clock::Realtime.now(hooks)) };
        return base;
    }
    let Some(real) = TIMESPEC_GET.get() else { return 0 };
    // SAFETY: the caller keeps libc's contract.
    unsafe { real(into, base) }
}

#[cfg(test)]
mod tests;
