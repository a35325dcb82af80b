//! glibc's own primitives, which C libraries use: mutexes, conditions, read-write locks, semaphores and the rest.
//!
//! Each is tried for real and without waiting, on glibc's own memory; where that would have to wait, the thread waits in
//! the simulation at the address. So what glibc keeps there (owners, counts, kinds) is what it always is.

mod barriers;
mod conditions;
pub(in crate::hosted) mod mutexes;
mod once;
pub(in crate::hosted) mod rwlocks;
mod semaphores;
mod spins;

use std::ffi::{CStr, c_int, c_void};
use std::time::Duration;

use libc::timespec;

use super::futex::{self, wait_for};
use crate::host::ns_of;
use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;

/// The functions of these groups, by name.
pub(super) fn defined() -> Vec<(&'static CStr, *const c_void)> {
    [
        barriers::defined(),
        conditions::defined(),
        mutexes::defined(),
        once::defined(),
        rwlocks::defined(),
        semaphores::defined(),
        spins::defined(),
    ]
    .concat()
}

/// How long a wait may take that ends at `time` by one of the process's clocks.
///
/// # Safety
/// `time` can be read.
unsafe fn limit(me: &Thread, clock: c_int, time: *const timespec) -> Result<Duration, Errno> {
    // SAFETY: the caller's promise.
    let ns = unsafe { ns_of(time) }.map_err(Errno)?;
    let now = match clock {
        libc::CLOCK_REALTIME => me.life.realtime_ns(),
        libc::CLOCK_MONOTONIC => me.life.monotonic_ns(),
        _ => return Err(Errno(libc::EINVAL)),
    };
    Ok(Duration::from_nanos(u64::try_from(ns.saturating_sub(now)).unwrap_or(0)))
}

/// Waits at an address until somebody who wakes there takes this thread out. False when `limit` was over before.
fn wait_at(me: &Thread, address: usize, what: &'static str, limit: Option<Duration>) -> bool {
    let number = me.life.futexes.borrow_mut().add(address, u32::MAX, me.waiter());
    wait_for(me, number, address, what, limit)
}

/// Takes out at most so many of those that wait at an address, and wakes them.
fn wake_at(me: &Thread, address: usize, most: usize) {
    futex::wake_at(me, address, most, u32::MAX);
}

/// Tries until it does not say EBUSY, and waits in between. Gives what it said last, or that the time is over.
fn acquire(
    me: &Thread,
    address: usize,
    what: &'static str,
    limit: Option<Duration>,
    mut attempt: impl FnMut() -> c_int,
) -> c_int {
    // Each attempt that fails has been woken before, so what is left of the limit is to be computed anew.
    let until = limit.map(|limit| me.life.monotonic_ns().saturating_add(limit.as_nanos() as i64));
    loop {
        match attempt() {
            libc::EBUSY => {}
            other => return other,
        }
        let left = until.map(|until| Duration::from_nanos(u64::try_from(until - me.life.monotonic_ns()).unwrap_or(0)));
        if !wait_at(me, address, what, left) {
            return match attempt() {
                libc::EBUSY => libc::ETIMEDOUT,
                other => other,
            };
        }
    }
}
