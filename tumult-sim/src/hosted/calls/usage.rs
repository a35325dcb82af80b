//! What a process has used, by clocks of CPU time and otherwise: a function of how often its threads had the turn, so
//! that it is the same on every machine.

use std::ffi::{c_int, c_long};

use libc::{clock_t, clockid_t, pid_t, pthread_t, rusage, timespec, tms};

use super::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::identity::cpu_ns;
use crate::hosted::thread::Thread;

/// Numbers of clocks below this are those of threads' CPU time, as [`pthread_getcpuclockid`] gives them.
const OF_THREADS: clockid_t = -1_000_000;

/// Bytes of memory that a process is said to have had at most, in KiB.
const MEMORY_KIB: c_long = 65_536;

/// What a clock of CPU time shows; `None`: it is no such clock. To look costs a turn's time, so that a loop that waits
/// for such a clock ends.
pub(super) fn clock_ns(me: &Thread, clock: clockid_t) -> Option<i64> {
    let turns = match clock {
        libc::CLOCK_PROCESS_CPUTIME_ID => me.life.turns.get(),
        libc::CLOCK_THREAD_CPUTIME_ID => me.turns.get(),
        ..=OF_THREADS => {
            let threads = me.life.threads.borrow();
            threads.iter().find(|t| t.number.cast_signed() == OF_THREADS - clock)?.turns.get()
        }
        _ => return None,
    };
    me.count_turn();
    Some(cpu_ns(turns))
}

libc_calls! {
    /// Every clock that there is shows nanoseconds.
    fn clock_getres(clock: clockid_t, into: *mut timespec) -> c_int = |_| {
        let known = (libc::CLOCK_REALTIME..=libc::CLOCK_BOOTTIME_ALARM).contains(&clock)
            || clock == libc::CLOCK_TAI
            || clock <= OF_THREADS;
        if !known {
            return Err(Errno(libc::EINVAL));
        }
        if !into.is_null() {
            // SAFETY: libc's contract: if not null, it can be written to.
            unsafe { into.write(timespec { tv_sec: 0, tv_nsec: 1 }) };
        }
        Ok(0)
    };

    /// The clock of the process's own CPU time.
    fn clock_getcpuclockid(pid: pid_t, into: *mut clockid_t) -> c_int = |me| {
        if pid != 0 && pid != me.life.pid() {
            return Ok::<_, Errno>(libc::ESRCH);
        }
        // SAFETY: libc's contract.
        unsafe { into.write(libc::CLOCK_PROCESS_CPUTIME_ID) };
        Ok(0)
    };

    /// The clock of a thread's CPU time.
    fn pthread_getcpuclockid(thread: pthread_t, into: *mut clockid_t) -> c_int = |me| {
        let Some(thread) = me.life.thread(thread) else { return Ok::<_, Errno>(libc::ESRCH) };
        // SAFETY: libc's contract.
        unsafe { into.write(OF_THREADS - thread.number.cast_signed()) };
        Ok(0)
    };

    /// The process's CPU time, in microseconds.
    fn clock() -> clock_t = |me| {
        let ns = clock_ns(me, libc::CLOCK_PROCESS_CPUTIME_ID).unwrap_or(0);
        Ok::<_, Errno>(ns / 1_000)
    };

    /// The process's CPU time and the time that has passed, in hundredths of a second.
    fn times(into: *mut tms) -> clock_t = |me| {
        let used = clock_ns(me, libc::CLOCK_PROCESS_CPUTIME_ID).unwrap_or(0);
        if !into.is_null() {
            // SAFETY: libc's contract: if not null, it can be written to.
            unsafe { into.write(tms { tms_utime: used / 10_000_000, tms_stime: 0, tms_cutime: 0, tms_cstime: 0 }) };
        }
        Ok::<_, Errno>(me.life.monotonic_ns() / 10_000_000)
    };

    /// CPU time, and how often it gave the turn back; memory is a constant, all else 0.
    fn getrusage(who: c_int, into: *mut rusage) -> c_int = |me| {
        let clock = match who {
            libc::RUSAGE_SELF => Some(libc::CLOCK_PROCESS_CPUTIME_ID),
            libc::RUSAGE_THREAD => Some(libc::CLOCK_THREAD_CPUTIME_ID),
            libc::RUSAGE_CHILDREN => None,
            _ => return Err(Errno(libc::EINVAL)),
        };
        if into.is_null() {
            return Err(Errno(libc::EFAULT));
        }
        // SAFETY: libc's contract; zeros are a value of it.
        let usage = unsafe {
            into.write_bytes(0, 1);
            &mut *into
        };
        if let Some(ns) = clock.and_then(|clock| clock_ns(me, clock)) {
            usage.ru_utime.tv_sec = ns / 1_000_000_000;
            usage.ru_utime.tv_usec = ns % 1_000_000_000 / 1_000;
            usage.ru_maxrss = MEMORY_KIB;
            usage.ru_nvcsw = me.life.turns.get().cast_signed();
        }
        Ok(0)
    };
}
