//! Each sleep inside a simulation, where no real time passes, and outside, where it does.

use std::process::Command;
use std::ptr;
use std::thread;
use std::time::{Duration, Instant};

use libc::timespec;

use super::super::super::testing::{set_monotonic, set_realtime, simulated, take_sleeps};
use crate::host::linux::errno;
use crate::host::{Hooks, enter, refuse_sleep, take_panic};

const DAY_S: u32 = 86_400;
const DAY_NS: u64 = 86_400 * 1_000_000_000;

static REFUSING: Hooks =
    Hooks { monotonic_ns: || 0, realtime_ns: || 0, fill: |_| (), blocking_sleep: refuse_sleep, hosting: None };

fn span(tv_sec: i64, tv_nsec: i64) -> timespec {
    timespec { tv_sec, tv_nsec }
}

fn nanosleep(request: timespec) -> i32 {
    // SAFETY: the request can be read; the rest need not be given.
    unsafe { libc::nanosleep(&raw const request, ptr::null_mut()) }
}

fn clock_nanosleep(id: libc::clockid_t, flags: i32, request: timespec) -> i32 {
    // SAFETY: the request can be read; the rest need not be given.
    unsafe { libc::clock_nanosleep(id, flags, &raw const request, ptr::null_mut()) }
}

#[test]
fn every_sleep_is_told_and_none_is_real_inside() {
    errno::set(libc::EXDEV);
    let day = || span(i64::from(DAY_S), 0);
    simulated(|| {
        assert_eq!(nanosleep(day()), 0);
        assert_eq!(take_sleeps(), [(DAY_NS, "nanosleep")]);
        assert_eq!(clock_nanosleep(libc::CLOCK_BOOTTIME, 0, day()), 0);
        assert_eq!(take_sleeps(), [(DAY_NS, "clock_nanosleep")]);
        // SAFETY: neither has a precondition.
        unsafe {
            assert_eq!(libc::usleep(1_000_000 * 60), 0);
            assert_eq!(libc::sleep(DAY_S), 0);
        }
        assert_eq!(take_sleeps(), [(60_000_000_000, "usleep"), (DAY_NS, "sleep")]);
        let start = Instant::now();
        thread::sleep(Duration::from_secs(u64::from(DAY_S)));
        assert_eq!(start.elapsed().as_secs(), u64::from(DAY_S));
        assert_eq!(take_sleeps().len(), 1);
    });
    assert_eq!(errno::get(), libc::EXDEV);
}

#[test]
fn a_sleep_until_is_what_remains_of_it() {
    set_monotonic(3_000_000_000);
    set_realtime(-5);
    simulated(|| {
        let until = |id, s| clock_nanosleep(id, libc::TIMER_ABSTIME, span(s, 0));
        assert_eq!(until(libc::CLOCK_MONOTONIC, 5), 0);
        assert_eq!(until(libc::CLOCK_REALTIME, 1), 0);
        assert_eq!(take_sleeps(), [(2_000_000_000, "clock_nanosleep"), (1_000_000_005, "clock_nanosleep")]);
        assert_eq!(until(libc::CLOCK_MONOTONIC, 1), 0);
        assert_eq!(take_sleeps(), [], "a time that is past is not waited for");
    });
}

/// No upper limit is asserted: a sleep takes at least as long as asked.
#[test]
fn sleeps_are_real_outside() {
    let start = Instant::now();
    assert_eq!(nanosleep(span(0, 1_000_000)), 0);
    assert_eq!(clock_nanosleep(libc::CLOCK_MONOTONIC, 0, span(0, 1_000_000)), 0);
    // SAFETY: neither has a precondition.
    unsafe {
        assert_eq!(libc::usleep(1_000), 0);
        assert_eq!(libc::sleep(0), 0);
    }
    thread::sleep(Duration::from_millis(1));
    assert!(start.elapsed() >= Duration::from_millis(4));
    assert_eq!(take_sleeps(), []);
}

#[test]
fn errors_are_the_same_inside_and_outside() {
    let errors = || {
        [span(-1, 0), span(0, -1), span(0, 1_000_000_000)].map(|wrong| {
            errno::set(0);
            let of_clock = clock_nanosleep(libc::CLOCK_MONOTONIC, 0, wrong);
            assert_eq!(errno::get(), 0);
            (of_clock, nanosleep(wrong), errno::get())
        })
    };
    assert_eq!(simulated(errors), [(libc::EINVAL, -1, libc::EINVAL); 3]);
    assert_eq!(errors(), [(libc::EINVAL, -1, libc::EINVAL); 3]);
    assert_eq!(simulated(|| clock_nanosleep(libc::CLOCK_PROCESS_CPUTIME_ID, 0, span(0, 1))), libc::ENOTSUP);
    assert_eq!(take_sleeps(), []);
}

#[test]
fn a_refused_sleep_is_named_with_what_to_write_instead() {
    let _guard = enter(&REFUSING);
    // SAFETY: it has no precondition.
    assert_eq!(unsafe { libc::sleep(2) }, 0);
    thread::sleep(Duration::from_secs(3));
    let payload = take_panic().unwrap();
    let message = payload.downcast_ref::<String>().unwrap();
    assert!(message.starts_with("failed to sleep for 2s in `sleep`: "), "{message}");
    assert!(message.contains("await `tumult_sim::time::sleep`"), "{message}");
    assert!(take_panic().is_none(), "the first refusal is the one that counts");
}

/// Runs itself again in a child, which loops around a refused sleep: it must end, and say why.
#[test]
fn a_loop_around_a_refused_sleep_ends() {
    const CHILD: &str = "TUMULT_TEST_OF_REFUSED_SLEEPS";
    if std::env::var_os(CHILD).is_some() {
        let _guard = enter(&REFUSING);
        loop {
            thread::sleep(Duration::from_secs(1));
        }
    }
    let name = thread::current().name().unwrap().to_owned();
    let child =
        Command::new(std::env::current_exe().unwrap()).args(["--exact", &name]).env(CHILD, "1").output().unwrap();
    assert!(!child.status.success());
    let said = String::from_utf8_lossy(&child.stderr) + String::from_utf8_lossy(&child.stdout);
    assert!(
        said.contains("failed to sleep for 1s") && said.contains("times since, without an await: aborting"),
        "{said}"
    );
}
