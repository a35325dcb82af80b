//! `epoll_create`, `epoll_ctl`, `epoll_wait` and their kin.

use std::ffi::c_int;
use std::rc::Rc;
use std::time::Duration;

use libc::{epoll_event, sigset_t, timespec};

use super::libc_calls;
use super::signals::mask_at;
use crate::host::ns_of;
use crate::hosted::errno::Errno;
use crate::hosted::objects::epoll::Epoll;
use crate::hosted::signals::with_mask;
use crate::hosted::thread::Thread;
use crate::hosted::wait::{self, Interrupts};

libc_calls! {
    /// A new instance; the size says nothing.
    fn epoll_create(size: c_int) -> c_int = |me| {
        if size <= 0 { Err(Errno(libc::EINVAL)) } else { create(me, 0) }
    };

    /// A new instance.
    fn epoll_create1(flags: c_int) -> c_int = |me| create(me, flags);

    /// Adds, changes or removes an interest.
    fn epoll_ctl(epoll: c_int, operation: c_int, fd: c_int, event: *mut epoll_event) -> c_int = |me| {
        // SAFETY: libc's contract: null, or an event that can be read.
        control(me, epoll, operation, fd, unsafe { event.as_ref() }.copied())
    };

    /// Waits for events, for so many milliseconds at most.
    fn epoll_wait(epoll: c_int, into: *mut epoll_event, most: c_int, timeout: c_int) -> c_int = |me| {
        let limit = u64::try_from(timeout).ok().map(Duration::from_millis);
        // SAFETY: libc's contract.
        unsafe { wait_for(me, epoll, into, most, limit) }
    };

    /// As `epoll_wait`, with other signals blocked.
    fn epoll_pwait(
        epoll: c_int,
        into: *mut epoll_event,
        most: c_int,
        timeout: c_int,
        mask: *const sigset_t,
    ) -> c_int = |me| {
        let limit = u64::try_from(timeout).ok().map(Duration::from_millis);
        // SAFETY: libc's contract.
        unsafe { with_mask(me, mask_at(mask), || wait_for(me, epoll, into, most, limit)) }
    };

    /// As `epoll_pwait`, to the nanosecond.
    fn epoll_pwait2(
        epoll: c_int,
        into: *mut epoll_event,
        most: c_int,
        timeout: *const timespec,
        mask: *const sigset_t,
    ) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe {
            let limit = span(timeout)?;
            with_mask(me, mask_at(mask), || wait_for(me, epoll, into, most, limit))
        }
    };
}

/// A span of time, or none.
///
/// # Safety
/// It is null or can be read.
pub(super) unsafe fn span(timeout: *const timespec) -> Result<Option<Duration>, Errno> {
    if timeout.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let ns = unsafe { ns_of(timeout) }.map_err(Errno)?;
    Ok(Some(Duration::from_nanos(ns.cast_unsigned())))
}

fn create(me: &Thread, flags: c_int) -> Result<c_int, Errno> {
    if flags & !libc::EPOLL_CLOEXEC != 0 {
        return Err(Errno(libc::EINVAL));
    }
    me.life.install(Rc::new(Epoll::new()), libc::O_RDWR | flags)
}

fn control(me: &Thread, epoll: c_int, operation: c_int, fd: c_int, event: Option<epoll_event>) -> Result<c_int, Errno> {
    let event = || event.ok_or(Errno(libc::EFAULT));
    if operation != libc::EPOLL_CTL_DEL {
        event()?;
    }
    let instance = me.life.open_at(epoll)?;
    let open = me.life.open_at(fd)?;
    if !open.object.can_be_polled() {
        return Err(Errno(libc::EPERM));
    }
    let of = instance.is::<Epoll>(libc::EINVAL)?;
    if Rc::ptr_eq(&instance, &open) {
        return Err(Errno(libc::EINVAL));
    }
    match operation {
        libc::EPOLL_CTL_ADD => of.add(fd, &open, event()?)?,
        libc::EPOLL_CTL_MOD => of.change(fd, &open, event()?)?,
        libc::EPOLL_CTL_DEL => of.remove(fd, &open)?,
        _ => return Err(Errno(libc::EINVAL)),
    }
    Ok(0)
}

/// # Safety
/// `most` events can be written there.
unsafe fn wait_for(
    me: &Thread,
    epoll: c_int,
    into: *mut epoll_event,
    most: c_int,
    limit: Option<Duration>,
) -> Result<c_int, Errno> {
    let most = usize::try_from(most).ok().filter(|most| *most > 0).ok_or(Errno(libc::EINVAL))?;
    if into.is_null() {
        return Err(Errno(libc::EFAULT));
    }
    // SAFETY: the caller's promise; an event is packed, so it is always aligned.
    let into = unsafe { std::slice::from_raw_parts_mut(into, most) };
    let open = me.life.open_at(epoll)?;
    let epoll = open.is::<Epoll>(libc::EINVAL)?;
    if limit == Some(Duration::ZERO) {
        let found = wait::glance(me, || Some(epoll.take(into)).filter(|n| *n > 0));
        return Ok(found.unwrap_or(0) as c_int);
    }
    let found = wait::interruptible(me, "events (epoll_wait)", limit, Interrupts::ByAny, |me| match epoll.take(into) {
        0 => {
            epoll.wait(me.task());
            None
        }
        n => Some(n),
    });
    if !matches!(found, Ok(Some(_))) {
        epoll.give_up(me.task());
    }
    Ok(found?.unwrap_or_else(|| epoll.take(into)) as c_int)
}
