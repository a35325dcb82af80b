//! timerfd and the timeouts of waits: to the nanosecond inside, and the same on both arms where time is coarse.

use std::ffi::c_int;
use std::thread::sleep;
use std::time::{Duration, Instant};

use libc::{CLOCK_MONOTONIC, CLOCK_REALTIME, EPOLLET, EPOLLIN, TFD_NONBLOCK, TFD_TIMER_ABSTIME, itimerspec, timespec};

use super::os::{Epoll, both, count, result, timed};
use super::threads::alone;

const MS: i64 = 1_000_000;

fn time(ns: i64) -> timespec {
    timespec { tv_sec: ns / 1_000_000_000, tv_nsec: ns % 1_000_000_000 }
}

fn ns(time: timespec) -> i64 {
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

fn timer(clock: c_int, flags: c_int) -> c_int {
    // SAFETY: no precondition.
    result(unsafe { libc::timerfd_create(clock, flags) }).unwrap()
}

/// Sets it, and gives how it was set.
fn set(fd: c_int, flags: c_int, value: i64, every: i64) -> Result<(i64, i64), c_int> {
    let (to, mut before) = (setting(value, every), setting(0, 0));
    // SAFETY: the one can be read, the other written.
    result(unsafe { libc::timerfd_settime(fd, flags, &raw const to, &raw mut before) })?;
    Ok((ns(before.it_value), ns(before.it_interval)))
}

fn setting(value: i64, every: i64) -> itimerspec {
    itimerspec { it_value: time(value), it_interval: time(every) }
}

fn get(fd: c_int) -> (i64, i64) {
    let mut now = setting(0, 0);
    // SAFETY: it can be written.
    result(unsafe { libc::timerfd_gettime(fd, &raw mut now) }).unwrap();
    (ns(now.it_value), ns(now.it_interval))
}

fn now(clock: c_int) -> i64 {
    let mut now = time(0);
    // SAFETY: it can be written.
    unsafe { libc::clock_gettime(clock, &raw mut now) };
    ns(now)
}

#[test]
fn a_timer_expires_once_or_at_intervals() {
    both(|| {
        let fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
        let mut seen = vec![count(fd)];
        set(fd, 0, 20 * MS, 0).unwrap();
        seen.push(count(fd));
        sleep(Duration::from_millis(30));
        seen.extend([count(fd), count(fd)]);
        assert_eq!(get(fd), (0, 0));
        set(fd, 0, 20 * MS, 200 * MS).unwrap();
        sleep(Duration::from_millis(330));
        seen.extend([count(fd), count(fd)]);
        let (left, every) = get(fd);
        assert!(left > 0 && left < 100 * MS && every == 200 * MS, "{left}");
        sleep(Duration::from_millis(420));
        seen.push(count(fd));
        let before = set(fd, 0, 0, 0).unwrap();
        assert!(before.0 > 0 && before.1 == 200 * MS, "{before:?}");
        sleep(Duration::from_millis(20));
        seen.push(count(fd));
        seen
    });
}

#[test]
fn an_absolute_timer_goes_by_its_own_clock() {
    both(|| {
        let mut seen = vec![];
        for clock in [CLOCK_MONOTONIC, CLOCK_REALTIME] {
            let fd = timer(clock, 0);
            set(fd, TFD_TIMER_ABSTIME, now(clock) + 25 * MS, 0).unwrap();
            let (expired, took) = timed(|| count(fd));
            seen.push((expired, took >= Duration::from_millis(24)));
            // Long ago: at once, and as often as it would have been.
            sleep(Duration::from_millis(500));
            set(fd, TFD_TIMER_ABSTIME, now(clock) - 450 * MS, 100 * MS).unwrap();
            seen.push((count(fd), true));
        }
        seen
    });
}

#[test]
fn a_timer_wakes_who_waits_and_an_expiry_that_was_read_is_an_edge() {
    both(|| {
        let (epoll, fd) = (Epoll::new(), timer(CLOCK_MONOTONIC, TFD_NONBLOCK));
        epoll.add(fd, EPOLLIN | EPOLLET, 3);
        let mut seen = vec![epoll.wait(4, 10)];
        set(fd, 0, 20 * MS, 200 * MS).unwrap();
        let ((), took) = timed(|| {
            seen.push(epoll.wait(4, 10_000));
            // It is not read: the next expiry is no edge.
            seen.push(epoll.wait(4, 300));
            seen.push(vec![(count(fd).unwrap(), 0)]);
            seen.extend([epoll.wait(4, 10_000), epoll.wait(4, 10)]);
        });
        assert!(took >= Duration::from_millis(320), "{took:?}");
        (seen, count(fd))
    });
}

#[test]
fn mistakes_have_their_numbers() {
    both(|| {
        let fd = timer(CLOCK_MONOTONIC, 0);
        let (other, mut into) = (super::os::eventfd(0, 0), setting(0, 0));
        // SAFETY: no precondition; what is null is refused.
        let null = unsafe {
            [
                result(libc::timerfd_create(99, 0)),
                result(libc::timerfd_create(CLOCK_MONOTONIC, 7)),
                result(libc::timerfd_settime(fd, 0, std::ptr::null(), std::ptr::null_mut())),
                result(libc::timerfd_gettime(other, &raw mut into)),
                result(libc::timerfd_gettime(-1, &raw mut into)),
            ]
        };
        let wrong = [set(fd, 0, -1, 0), set(fd, 16, 1, 0), set(other, 0, 1, 0), set(-1, 0, 1, 0)];
        (null, wrong)
    });
}

#[test]
fn inside_a_timer_is_exact() {
    let (took, _) = alone(1, || {
        let fd = timer(CLOCK_MONOTONIC, 0);
        let mut all = vec![];
        for span in [1, 999, 1_000_001, 7_000_000_003] {
            let begun = now(CLOCK_MONOTONIC);
            set(fd, 0, span, 0).unwrap();
            count(fd).unwrap();
            all.push(now(CLOCK_MONOTONIC) - begun - span);
        }
        all
    });
    assert_eq!(took, [0; 4]);
}

/// As Linux: never early, by whole milliseconds or to the nanosecond, whatever the call takes.
#[test]
fn inside_a_wait_lasts_as_long_as_it_was_told() {
    let (all, _) = alone(1, || {
        let epoll = Epoll::new();
        let mut all = vec![timed(|| epoll.wait(1, 17)).1];
        let span = time(1_234_567);
        let mut event = libc::epoll_event { events: 0, u64: 0 };
        // SAFETY: times can be read, events written, and there are no descriptors.
        unsafe {
            all.push(timed(|| libc::epoll_pwait2(epoll.0, &raw mut event, 1, &raw const span, std::ptr::null())).1);
            all.push(timed(|| libc::poll(std::ptr::null_mut(), 0, 5)).1);
            all.push(timed(|| libc::ppoll(std::ptr::null_mut(), 0, &raw const span, std::ptr::null())).1);
        }
        all
    });
    assert_eq!(all, [17_000_000, 1_234_567, 5_000_000, 1_234_567].map(Duration::from_nanos));
}

#[test]
fn a_busy_wait_for_a_timer_ends() {
    let (polls, _) = alone(1, || {
        let (epoll, fd) = (Epoll::new(), timer(CLOCK_MONOTONIC, TFD_NONBLOCK));
        epoll.add(fd, EPOLLIN, 1);
        set(fd, 0, 5 * MS, 0).unwrap();
        let begun = Instant::now();
        let polls = (0..1_000_000).take_while(|_| epoll.now().is_empty()).count();
        assert!(begun.elapsed() >= Duration::from_millis(5));
        polls
    });
    assert!(polls > 64, "{polls}");
}
