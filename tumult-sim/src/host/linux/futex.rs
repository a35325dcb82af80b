//! Futex waits with a timeout, which `park_timeout`, `Condvar::wait_timeout` and `recv_timeout` come down to.
//!
//! Their deadline was computed from a clock that the simulation answered, so the kernel, which waits by its own, would
//! return at once or after days. Such a wait is a sleep with the right to be woken, and while the thread that runs the
//! simulation sleeps, no simulated code can wake it: so it is a sleep. Waits without a timeout are real: locks are shared
//! with threads outside the simulation, standard output's for one.

use std::ffi::{c_int, c_long};
use std::sync::atomic::{AtomicU32, Ordering};

use libc::timespec;

use super::super::hook::{self, Hooks};
use super::clock::Clock;
use super::errno;
use super::sleep::ns_of;

const CALL: &str = "futex (park_timeout, wait_timeout, recv_timeout)";

/// `None`: not a wait with a timeout, so the kernel's business.
///
/// # Safety
/// As for the system call.
pub(super) unsafe fn wait(
    hooks: &Hooks,
    word: *const AtomicU32,
    operation: c_int,
    expected: u32,
    timeout: *const timespec,
) -> Option<c_long> {
    let command = operation & !(libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME);
    let absolute = match command {
        libc::FUTEX_WAIT => false,
        libc::FUTEX_WAIT_BITSET => true,
        _ => return None,
    };
    // The kernel has its own errors for these.
    if word.is_null() || !word.is_aligned() || timeout.is_null() {
        return None;
    }
    // SAFETY: the caller's promise; null and misaligned ones were left to the kernel.
    let found = unsafe { &*word }.load(Ordering::SeqCst);
    if found != expected {
        return Some(errno::fail(libc::EAGAIN));
    }
    // SAFETY: the caller's promise.
    let ns = match unsafe { ns_of(timeout) } {
        Ok(ns) if absolute => {
            let realtime = operation & libc::FUTEX_CLOCK_REALTIME != 0;
            let clock = if realtime { Clock::Realtime } else { Clock::Monotonic };
            ns.saturating_sub(clock.now_ns(hooks)).max(0)
        }
        Ok(ns) => ns,
        Err(error) => return Some(errno::fail(error)),
    };
    hook::block(hooks, ns.cast_unsigned(), CALL);
    Some(errno::fail(libc::ETIMEDOUT))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::sync::{Condvar, Mutex};
    use std::thread;
    use std::time::Duration;

    use super::super::super::testing::{set_monotonic, simulated, take_sleeps};
    use super::CALL;

    const LONG: Duration = Duration::from_secs(86_400);
    const LONG_NS: u64 = 86_400 * 1_000_000_000;

    /// Each would wait for days, or not at all, if the kernel were asked.
    #[test]
    fn waits_with_a_timeout_are_sleeps_inside() {
        for start in [0, 1 << 60] {
            set_monotonic(start);
            simulated(|| {
                thread::park_timeout(LONG);
                assert_eq!(take_sleeps(), [(LONG_NS, CALL)]);
                let (lock, condition) = (Mutex::new(()), Condvar::new());
                assert!(condition.wait_timeout(lock.lock().unwrap(), LONG).unwrap().1.timed_out());
                assert_eq!(take_sleeps(), [(LONG_NS, CALL)]);
                let (_sender, receiver) = channel::<()>();
                assert_eq!(receiver.recv_timeout(LONG), Err(RecvTimeoutError::Timeout));
                assert_eq!(take_sleeps(), [(LONG_NS, CALL)]);
            });
        }
    }

    #[test]
    fn a_wait_that_need_not_wait_is_no_sleep() {
        simulated(|| {
            thread::current().unpark();
            thread::park_timeout(LONG);
            assert_eq!(take_sleeps(), []);
        });
    }

    /// One that waits for a thread outside the simulation ends when that thread says so, with or without a guard.
    #[test]
    fn waits_without_a_timeout_are_real() {
        let wait = || {
            let (sender, receiver) = channel();
            let waiting = thread::current();
            let other = thread::spawn(move || {
                waiting.unpark();
                sender.send(7)
            });
            thread::park();
            assert_eq!(receiver.recv(), Ok(7));
            other.join().unwrap().unwrap();
        };
        simulated(wait);
        wait();
    }

    #[test]
    fn waits_with_a_timeout_are_real_outside() {
        let (sender, receiver) = channel();
        let other = thread::spawn(move || sender.send(7));
        assert_eq!(receiver.recv_timeout(LONG), Ok(7));
        other.join().unwrap().unwrap();
        assert_eq!(take_sleeps(), []);
    }
}
