//! Each clock inside a simulation and outside.

use std::ptr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use libc::{timespec, timeval};

use super::super::super::testing::{set_monotonic, set_realtime, simulated};
use crate::host::linux::errno;
use crate::host::{Hooks, enter, take_panic};

/// 2020-01-01: the machine that runs the tests is not before it, and the simulated times below are.
const SOME_PAST_S: i64 = 1_577_836_800;

fn read(id: libc::clockid_t) -> (i64, i64) {
    let mut now = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time can be written.
    assert_eq!(unsafe { libc::clock_gettime(id, &raw mut now) }, 0);
    (now.tv_sec, now.tv_nsec)
}

#[test]
fn monotonic_clocks_are_answered_inside_and_real_outside() {
    use libc::{CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC_RAW};
    set_monotonic(u64::MAX >> 1);
    errno::set(libc::EXDEV);
    for id in [CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME] {
        assert_eq!(simulated(|| read(id)), (9_223_372_036, 854_775_807));
        assert!(read(id).0 < 9_223_372_036);
    }
    assert_eq!(errno::get(), libc::EXDEV);
}

#[test]
fn calendar_clocks_are_answered_inside_and_real_outside() {
    set_realtime(7_000_000_009);
    for id in [libc::CLOCK_REALTIME, libc::CLOCK_REALTIME_COARSE, libc::CLOCK_TAI] {
        assert_eq!(simulated(|| read(id)), (7, 9));
        assert!(read(id).0 > SOME_PAST_S);
    }
}

/// Real machines without a clock that can wake them refuse these, so nothing is asserted outside.
#[test]
fn alarm_clocks_are_answered_inside() {
    set_monotonic(1_000_000_002);
    set_realtime(7_000_000_009);
    assert_eq!(simulated(|| read(libc::CLOCK_BOOTTIME_ALARM)), (1, 2));
    assert_eq!(simulated(|| read(libc::CLOCK_REALTIME_ALARM)), (7, 9));
}

#[test]
fn a_time_before_1970_is_normal() {
    set_realtime(-1);
    assert_eq!(simulated(|| read(libc::CLOCK_REALTIME)), (-1, 999_999_999));
}

/// Passed on for now: they differ from the simulated ones, inside and outside.
#[test]
fn cpu_clocks_are_real_inside_and_outside() {
    set_monotonic(u64::MAX >> 1);
    for id in [libc::CLOCK_PROCESS_CPUTIME_ID, libc::CLOCK_THREAD_CPUTIME_ID] {
        assert!(simulated(|| read(id)).0 < 9_223_372_036);
        assert!(read(id).0 < 9_223_372_036);
    }
}

#[test]
fn a_clock_that_is_none_and_a_null_pointer_are_errors() {
    let mut now = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time can be written.
    let unknown = || (unsafe { libc::clock_gettime(1_000, &raw mut now) }, errno::get());
    assert_eq!(simulated(unknown), (-1, libc::EINVAL));
    // SAFETY: null is refused inside.
    let null = || (unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, ptr::null_mut()) }, errno::get());
    assert_eq!(simulated(null), (-1, libc::EFAULT));
}

#[test]
fn clock_getres_is_libcs() {
    let resolution = || {
        let mut got = timespec { tv_sec: 9, tv_nsec: 9 };
        // SAFETY: the time can be written.
        assert_eq!(unsafe { libc::clock_getres(libc::CLOCK_MONOTONIC, &raw mut got) }, 0);
        (got.tv_sec, got.tv_nsec)
    };
    assert_eq!(simulated(resolution), resolution());
}

#[test]
fn gettimeofday_is_answered_inside_and_real_outside() {
    set_realtime(7_000_009_999);
    let read = || {
        let (mut now, mut zone) = (timeval { tv_sec: 0, tv_usec: 0 }, [1_i32; 2]);
        // SAFETY: time and zone can be written.
        assert_eq!(unsafe { libc::gettimeofday(&raw mut now, (&raw mut zone).cast()) }, 0);
        assert_eq!(zone, [0, 0]);
        (now.tv_sec, now.tv_usec)
    };
    assert_eq!(simulated(read), (7, 9));
    assert!(read().0 > SOME_PAST_S);
}

#[test]
fn time_is_answered_inside_and_real_outside() {
    set_realtime(7_999_999_999);
    let read = || {
        let mut now = 0;
        // SAFETY: the time can be written, and need not be given.
        unsafe { (libc::time(&raw mut now), now, libc::time(ptr::null_mut())) }
    };
    assert_eq!(simulated(read), (7, 7, 7));
    assert!(read().0 > SOME_PAST_S);
}

#[test]
fn timespec_get_is_answered_inside_and_real_outside() {
    unsafe extern "C" {
        fn timespec_get(into: *mut timespec, base: i32) -> i32;
    }
    set_realtime(7_000_000_009);
    let read = |base| {
        let mut now = timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the time can be written.
        (unsafe { timespec_get(&raw mut now, base) }, now.tv_sec)
    };
    assert_eq!(simulated(|| read(1)), (1, 7));
    assert!(read(1).1 > SOME_PAST_S);
    assert_eq!(simulated(|| read(1_000)).0, 0);
}

#[test]
fn std_reads_the_simulated_clocks_inside_and_real_ones_outside() {
    set_monotonic(5_000_000_000);
    set_realtime(7_000_000_009);
    simulated(|| {
        let start = Instant::now();
        assert_eq!(start.elapsed(), Duration::ZERO);
        set_monotonic(5_000_000_042);
        assert_eq!(start.elapsed(), Duration::from_nanos(42));
        assert_eq!(SystemTime::now().duration_since(UNIX_EPOCH).unwrap(), Duration::new(7, 9));
    });
    assert!(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() > SOME_PAST_S.cast_unsigned());
    let start = Instant::now();
    let mut reads = 0_u64;
    // Bounded by the real clock, which goes on.
    while start.elapsed().is_zero() {
        reads += 1;
        assert!(reads < 1_000_000_000);
    }
}

#[test]
fn a_hook_that_panics_gives_zero_and_the_panic_later() {
    static PLANTED: Hooks = Hooks {
        monotonic_ns: || panic!("planted"),
        realtime_ns: || 0,
        fill: |_| (),
        blocking_sleep: |_, _| (),
        hosting: None,
    };
    let _guard = enter(&PLANTED);
    assert_eq!(read(libc::CLOCK_MONOTONIC), (0, 0));
    assert_eq!(take_panic().unwrap().downcast_ref(), Some(&"planted"));
}
