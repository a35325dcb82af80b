//! Clocks, the time zone, the locale.

use std::ffi::CStr;
use std::mem::zeroed;
use std::time::{Duration, Instant, SystemTime};

use super::Seen;

const CLOCKS: [libc::clockid_t; 11] = [
    libc::CLOCK_REALTIME,
    libc::CLOCK_MONOTONIC,
    libc::CLOCK_MONOTONIC_RAW,
    libc::CLOCK_REALTIME_COARSE,
    libc::CLOCK_MONOTONIC_COARSE,
    libc::CLOCK_BOOTTIME,
    libc::CLOCK_REALTIME_ALARM,
    libc::CLOCK_BOOTTIME_ALARM,
    libc::CLOCK_TAI,
    libc::CLOCK_PROCESS_CPUTIME_ID,
    libc::CLOCK_THREAD_CPUTIME_ID,
];

/// A clock, and how fine it is.
fn read(clock: libc::clockid_t, by_number: bool) -> [(i64, i64); 2] {
    let mut times = [libc::timespec { tv_sec: 0, tv_nsec: 0 }; 2];
    // SAFETY: both can be written.
    unsafe {
        let got = if by_number {
            libc::syscall(libc::SYS_clock_gettime, clock, &raw mut times[0]) as i32
        } else {
            libc::clock_gettime(clock, &raw mut times[0])
        };
        assert_eq!((got, libc::clock_getres(clock, &raw mut times[1])), (0, 0));
    }
    times.map(|t| (t.tv_sec, t.tv_nsec))
}

pub(super) fn clocks(seen: &mut Seen) {
    for round in 0..2 {
        for clock in &CLOCKS[..9] {
            seen.note(format_args!("clock {clock}"), (read(*clock, false), read(*clock, true)[0]));
        }
        // SAFETY: what is written to lives as long as the call.
        unsafe {
            let mut day: libc::timeval = zeroed();
            libc::gettimeofday(&raw mut day, std::ptr::null_mut());
            seen.note("time of day", (day.tv_sec, day.tv_usec, libc::time(std::ptr::null_mut())));
        }
        seen.note("std", (Instant::now(), SystemTime::now()));
        std::thread::sleep(Duration::from_millis(7 + round));
    }
}

pub(super) fn clocks_of_cpu_time(seen: &mut Seen) {
    for _ in 0..3 {
        for clock in &CLOCKS[9..] {
            seen.note(format_args!("clock {clock}"), (read(*clock, false), read(*clock, true)[0]));
        }
        // SAFETY: what is written to lives as long as the call.
        unsafe {
            let mut used: libc::tms = zeroed();
            let passed = libc::times(&raw mut used);
            seen.note("times", (passed, used.tms_utime, used.tms_stime, used.tms_cutime, clock()));
            for who in [libc::RUSAGE_SELF, libc::RUSAGE_THREAD, libc::RUSAGE_CHILDREN] {
                let mut usage: libc::rusage = zeroed();
                assert_eq!(libc::getrusage(who, &raw mut usage), 0);
                let time = (usage.ru_utime.tv_sec, usage.ru_utime.tv_usec, usage.ru_stime.tv_usec);
                let faults = (usage.ru_maxrss, usage.ru_minflt, usage.ru_majflt, usage.ru_nvcsw, usage.ru_nivcsw);
                seen.note(format_args!("usage {who}"), (time, faults));
            }
        }
        std::thread::spawn(|| (0..100_000_u64).map(std::hint::black_box).sum::<u64>()).join().unwrap();
    }
}

unsafe extern "C" {
    fn clock() -> libc::clock_t;
}

#[cfg(target_arch = "x86_64")]
pub(super) fn counter_of_the_processor(seen: &mut Seen) {
    for _ in 0..3 {
        let mut core = 0;
        // SAFETY: neither has a precondition.
        let counts = unsafe { (std::arch::x86_64::_rdtsc(), std::arch::x86_64::__rdtscp(&raw mut core)) };
        seen.note("counter", (counts, core));
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A text of C.
fn text(at: *const libc::c_char) -> Option<String> {
    // SAFETY: libc gave it: null, or a text that ends with a zero.
    (!at.is_null()).then(|| unsafe { CStr::from_ptr(at) }.to_string_lossy().into_owned())
}

pub(super) fn time_zone(seen: &mut Seen) {
    // SAFETY: what is written to lives as long as the call.
    unsafe {
        for at in [0_i64, 1_750_000_000, 4_000_000_000] {
            let mut fields: libc::tm = zeroed();
            libc::localtime_r(&raw const at, &raw mut fields);
            let zone = (fields.tm_gmtoff, text(fields.tm_zone));
            seen.note(at, (fields.tm_year, fields.tm_yday, fields.tm_hour, fields.tm_isdst, zone));
            seen.note("the same in one place", (*libc::localtime(&raw const at)).tm_hour);
            seen.note("and back", libc::mktime(&raw mut fields));
        }
    }
    seen.note("/etc/localtime", std::fs::read("/etc/localtime").map_err(|e| e.kind()));
    seen.note("/etc/timezone", std::fs::read("/etc/timezone").map_err(|e| e.kind()));
    seen.note("TZ", std::env::var("TZ"));
}

pub(super) fn locale(seen: &mut Seen) {
    // SAFETY: the texts end with a zero; what is written to has so much room.
    unsafe {
        seen.note("of the environment", text(libc::setlocale(libc::LC_ALL, c"".as_ptr())));
        seen.note("in force", text(libc::setlocale(libc::LC_ALL, std::ptr::null())));
        seen.note("unknown", text(libc::setlocale(libc::LC_ALL, c"de_DE.UTF-8".as_ptr())));
        let of = libc::newlocale(libc::LC_ALL_MASK, c"".as_ptr(), std::ptr::null_mut());
        seen.note("letters", (text(libc::nl_langinfo(libc::CODESET)), text(libc::nl_langinfo_l(libc::CODESET, of))));
        seen.note("decimal point", text((*libc::localeconv()).decimal_point));
        let mut written = [0; 64];
        let fields: libc::tm = zeroed();
        libc::strftime(written.as_mut_ptr(), 64, c"%A %B %c".as_ptr(), &raw const fields);
        seen.note("a day", text(written.as_ptr()));
    }
    for name in ["LANG", "LC_ALL", "LANGUAGE"] {
        seen.note(name, std::env::var(name));
    }
}
