//! `poll`, `select` and their kin.

use std::ffi::{c_int, c_long, c_short, c_ulong};
use std::time::Duration;

use libc::{fd_set, nfds_t, pollfd, sigset_t, timespec, timeval};

use super::epoll::span;
use super::libc_calls;
use super::signals::mask_at;
use crate::hosted::descriptors::FIRST;
use crate::hosted::errno::Errno;
use crate::hosted::object::Events;
use crate::hosted::signals::with_mask;
use crate::hosted::thread::Thread;
use crate::hosted::wait::{self, Interrupts};

libc_calls! {
    /// Waits for events of these, for so many milliseconds at most.
    fn poll(fds: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { wait_for(me, fds, count, millis(timeout)) }
    };

    /// As `poll`, where the compiler knows how much room there is.
    fn __poll_chk(fds: *mut pollfd, count: nfds_t, timeout: c_int, _room: usize) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { wait_for(me, fds, count, millis(timeout)) }
    };

    /// As `poll`, to the nanosecond, with other signals blocked.
    fn ppoll(fds: *mut pollfd, count: nfds_t, timeout: *const timespec, mask: *const sigset_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe {
            let limit = span(timeout)?;
            with_mask(me, mask_at(mask), || wait_for(me, fds, count, limit))
        }
    };

    /// As `ppoll`, where the compiler knows how much room there is.
    fn __ppoll_chk(
        fds: *mut pollfd,
        count: nfds_t,
        timeout: *const timespec,
        mask: *const sigset_t,
        _room: usize,
    ) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe {
            let limit = span(timeout)?;
            with_mask(me, mask_at(mask), || wait_for(me, fds, count, limit))
        }
    };

    /// A sleep, and a wait for the standard streams: no other descriptor is small enough for a set.
    fn select(count: c_int, read: *mut fd_set, write: *mut fd_set, other: *mut fd_set, timeout: *mut timeval) -> c_int = |me| {
        // SAFETY: libc's contract: null, or it can be read.
        let limit = match unsafe { timeout.as_ref() } {
            None => None,
            Some(t) if t.tv_sec < 0 || t.tv_usec < 0 => return Err(Errno(libc::EINVAL)),
            Some(t) => {
                Some(Duration::from_secs(t.tv_sec.cast_unsigned()) + Duration::from_micros(t.tv_usec.cast_unsigned()))
            }
        };
        let begun = me.life.monotonic_ns();
        // SAFETY: libc's contract.
        let found = unsafe { select_from(me, count, [read, write, other], limit) };
        if let Some(limit) = limit {
            // Linux tells how much of the time is left.
            let passed = Duration::from_nanos((me.life.monotonic_ns() - begun).cast_unsigned());
            let left = limit.saturating_sub(passed);
            // SAFETY: as above, and it can be written to.
            unsafe {
                (*timeout).tv_sec = left.as_secs().cast_signed();
                (*timeout).tv_usec = left.subsec_micros().into();
            }
        }
        found
    };

    /// As `select`, to the nanosecond, with other signals blocked.
    fn pselect(
        count: c_int,
        read: *mut fd_set,
        write: *mut fd_set,
        other: *mut fd_set,
        timeout: *const timespec,
        mask: *const sigset_t,
    ) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe {
            let limit = span(timeout)?;
            with_mask(me, mask_at(mask), || select_from(me, count, [read, write, other], limit))
        }
    };

    /// What `FD_SET` and its kin call in C code that was compiled with checks.
    fn __fdelt_chk(fd: c_long) -> c_long = |me| {
        if usize::try_from(fd).is_ok_and(|fd| fd < libc::FD_SETSIZE) {
            return Ok(fd / c_long::from(c_ulong::BITS));
        }
        super::refuse(me, "`FD_SET` with a simulated descriptor, none of which fits into a set: use `poll`")
    };
}

fn millis(timeout: c_int) -> Option<Duration> {
    u64::try_from(timeout).ok().map(Duration::from_millis)
}

/// # Safety
/// There are so many there.
unsafe fn wait_for(me: &Thread, fds: *mut pollfd, count: nfds_t, limit: Option<Duration>) -> Result<c_int, Errno> {
    let fds = match usize::try_from(count).unwrap_or(usize::MAX) {
        0 => &mut [][..],
        _ if fds.is_null() => return Err(Errno(libc::EFAULT)),
        // SAFETY: the caller's promise.
        count => unsafe { std::slice::from_raw_parts_mut(fds, count) },
    };
    wait_until(me, "events (poll)", limit, |me, watches| look(me, fds, watches))
}

/// Waits until `look` finds some. It is told whether waiters are to be left.
fn wait_until(
    me: &Thread,
    why: &'static str,
    limit: Option<Duration>,
    mut look: impl FnMut(&Thread, bool) -> c_int,
) -> Result<c_int, Errno> {
    if limit == Some(Duration::ZERO) {
        return Ok(wait::glance(me, || Some(look(me, false)).filter(|n| *n > 0)).unwrap_or(0));
    }
    let found = wait::interruptible(me, why, limit, Interrupts::ByAny, |me| match look(me, true) {
        0 => None,
        found => Some(found),
    })?;
    Ok(found.unwrap_or_else(|| look(me, false)))
}

/// Tells of each what holds of it. Gives of how many something does; if of none, and it `watches`, waiters are left.
fn look(me: &Thread, fds: &mut [pollfd], watches: bool) -> c_int {
    let mut found = 0;
    for at in fds.iter_mut() {
        at.revents = match of(me, at.fd) {
            _ if at.fd < 0 => 0,
            None => libc::POLLNVAL,
            Some(ready) => (ready.0 as c_short) & (at.events | libc::POLLERR | libc::POLLHUP),
        };
        found += c_int::from(at.revents != 0);
    }
    if found == 0 && watches {
        for at in &*fds {
            watch(me, at.fd);
        }
    }
    found
}

/// What holds of what is open there.
fn of(me: &Thread, fd: c_int) -> Option<Events> {
    let open = me.life.open_at(fd).ok()?;
    let ready = if open.object.can_be_polled() { open.object.ready() } else { Events::IN.and(Events::OUT) };
    Some(ready.with_classes())
}

fn watch(me: &Thread, fd: c_int) {
    if let Ok(open) = me.life.open_at(fd) {
        open.object.watch(&mut || me.waiter());
    }
}

/// What of a descriptor each of the three sets of `select` asks for.
const SETS: [u32; 3] = [
    Events::IN.and(Events::HUP).and(Events::ERR).0 | libc::POLLRDNORM as u32,
    Events::OUT.and(Events::ERR).0 | libc::POLLWRNORM as u32,
    libc::POLLPRI as u32,
];

/// # Safety
/// Each set is null or can be read and written.
unsafe fn select_from(
    me: &Thread,
    count: c_int,
    sets: [*mut fd_set; 3],
    limit: Option<Duration>,
) -> Result<c_int, Errno> {
    let count = usize::try_from(count).map_err(|_| Errno(libc::EINVAL))?;
    if count > libc::FD_SETSIZE {
        super::refuse(me, &format!("`select` up to descriptor {} (of {FIRST} and above): use `poll`", count - 1));
    }
    // SAFETY: the caller's promise; the set is long enough for the number.
    let is_in = |set: *mut fd_set, fd: usize| !set.is_null() && unsafe { libc::FD_ISSET(fd as c_int, set) };
    let asked: Vec<(c_int, [bool; 3])> = (0..count)
        .map(|fd| (fd as c_int, sets.map(|set| is_in(set, fd))))
        .filter(|(_, asked)| asked.contains(&true))
        .collect();
    if let Some((fd, _)) = asked.iter().find(|(fd, _)| me.life.open_at(*fd).is_err()) {
        return Err(me.life.open_at(*fd).err().unwrap_or(Errno(libc::EBADF)));
    }
    let mut held = vec![[false; 3]; asked.len()];
    let found = wait_until(me, "events (select)", limit, |me, watches| {
        let mut found = 0;
        for ((fd, asked), held) in asked.iter().zip(&mut held) {
            let ready = of(me, *fd).map_or(0, |ready| ready.0);
            for n in 0..3 {
                held[n] = asked[n] && ready & SETS[n] != 0;
                found += c_int::from(held[n]);
            }
        }
        if found == 0 && watches {
            for (fd, _) in &asked {
                watch(me, *fd);
            }
        }
        found
    })?;
    for ((fd, asked), held) in asked.iter().zip(&held) {
        for n in (0..3).filter(|n| asked[*n] && !held[*n]) {
            // SAFETY: as above: it was in this set.
            unsafe { libc::FD_CLR(*fd, sets[n]) };
        }
    }
    Ok(found)
}
