//! `timerfd_create`, `timerfd_settime`, `timerfd_gettime`.

use std::ffi::c_int;
use std::rc::Rc;

use libc::{clockid_t, itimerspec, timespec};

use super::libc_calls;
use crate::host::ns_of;
use crate::hosted::errno::Errno;
use crate::hosted::objects::timerfd::{Of, TimerFd};

libc_calls! {
    /// A timer that is not set, by a clock of the process.
    fn timerfd_create(clock: clockid_t, flags: c_int) -> c_int = |me| {
        let of = match clock {
            libc::CLOCK_MONOTONIC | libc::CLOCK_BOOTTIME => Of::Monotonic,
            libc::CLOCK_REALTIME => Of::Realtime,
            // Who may wake a machine that sleeps has a right that a program does not have.
            libc::CLOCK_REALTIME_ALARM | libc::CLOCK_BOOTTIME_ALARM => return Err(Errno(libc::EPERM)),
            _ => return Err(Errno(libc::EINVAL)),
        };
        if flags & !(libc::TFD_CLOEXEC | libc::TFD_NONBLOCK) != 0 {
            return Err(Errno(libc::EINVAL));
        }
        me.life.install(Rc::new(TimerFd::new(of)), libc::O_RDWR | flags)
    };

    /// Sets it, and tells how it was set. That it is to be cancelled by a step of the clock is accepted and ignored.
    fn timerfd_settime(fd: c_int, flags: c_int, to: *const itimerspec, before: *mut itimerspec) -> c_int = |me| {
        // SAFETY: libc's contract: null, or it can be read.
        let to = unsafe { to.as_ref() }.ok_or(Errno(libc::EFAULT))?;
        // SAFETY: references can be read.
        let (value, every) = unsafe { (ns_of(&raw const to.it_value), ns_of(&raw const to.it_interval)) };
        let (value, every) = (value.map_err(Errno)?, every.map_err(Errno)?);
        if flags & !(libc::TFD_TIMER_ABSTIME | libc::TFD_TIMER_CANCEL_ON_SET) != 0 {
            return Err(Errno(libc::EINVAL));
        }
        let open = me.life.open_at(fd)?;
        let timer = open.is::<TimerFd>(libc::EINVAL)?;
        if !before.is_null() {
            // SAFETY: libc's contract: if not null, it can be written to.
            unsafe { before.write(setting(timer)) };
        }
        timer.set(value, flags & libc::TFD_TIMER_ABSTIME != 0, every);
        Ok(0)
    };

    /// Tells how it is set.
    fn timerfd_gettime(fd: c_int, into: *mut itimerspec) -> c_int = |me| {
        let open = me.life.open_at(fd)?;
        let setting = setting(open.is::<TimerFd>(libc::EINVAL)?);
        if into.is_null() {
            return Err(Errno(libc::EFAULT));
        }
        // SAFETY: libc's contract: it can be written to.
        unsafe { into.write(setting) };
        Ok(0)
    };
}

fn setting(timer: &TimerFd) -> itimerspec {
    let (left, every) = timer.get();
    itimerspec { it_value: time(left), it_interval: time(every) }
}

fn time(ns: u64) -> timespec {
    const NS_PER_S: u64 = 1_000_000_000;
    timespec { tv_sec: (ns / NS_PER_S).cast_signed(), tv_nsec: (ns % NS_PER_S).cast_signed() }
}
