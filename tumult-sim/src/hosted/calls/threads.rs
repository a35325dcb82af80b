//! `pthread_create`, `pthread_join`, `pthread_detach`, `sched_yield`.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use libc::{pthread_attr_t, pthread_t};

use super::libc_calls;
use crate::base::Site;
use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;
use crate::hosted::wait;

type Start = extern "C" fn(*mut c_void) -> *mut c_void;

libc_calls! {
    /// A new thread of the process: a task of the run. That it is to be detached is kept here; the pthread itself is
    /// always joined.
    fn pthread_create(
        into: *mut pthread_t,
        attributes: *const pthread_attr_t,
        start: Start,
        argument: *mut c_void,
    ) -> c_int = |me| {
        let detached = is_detached(attributes);
        let copy = joinable(attributes);
        let entry = Box::new(move || start(argument));
        let copy = copy.as_ref().map_or(std::ptr::null(), MaybeUninit::as_ptr);
        match Thread::spawn(&me.life, entry, copy, Site::caller()) {
            Ok(thread) => {
                thread.detached.set(detached);
                // SAFETY: libc's contract: it can be written to.
                unsafe { into.write(thread.handle()) };
                wait::interleave(me);
                Ok(0)
            }
            Err(number) => Ok(number),
        }
    };

    /// Waits for the end of a thread.
    fn pthread_join(thread: pthread_t, into: *mut *mut c_void) -> c_int = |me| {
        let Some(other) = me.life.thread(thread) else { return Ok(libc::ESRCH) };
        if other.number == me.number {
            return Ok(libc::EDEADLK);
        }
        if other.detached.replace(true) {
            return Ok(libc::EINVAL);
        }
        let joined = |me: &Thread| other.joined(me.waiter());
        let result = wait::until(me, "the end of a thread (pthread_join)", None, joined);
        if !into.is_null() {
            // SAFETY: libc's contract: if not null, it can be written to.
            unsafe { into.write(result.unwrap_or(std::ptr::null_mut())) };
        }
        me.life.forget(other.number);
        Ok(0)
    };

    /// Nobody will join the thread.
    fn pthread_detach(thread: pthread_t) -> c_int = |me| {
        let Some(other) = me.life.thread(thread) else { return Ok(libc::ESRCH) };
        if other.detached.replace(true) {
            return Ok(libc::EINVAL);
        }
        if other.is_gone() {
            me.life.forget(other.number);
        }
        Ok(0)
    };

    /// Lets others go first.
    fn sched_yield() -> c_int = |me| {
        wait::yield_to_others(me);
        Ok::<_, Errno>(0)
    };
}

unsafe extern "C" {
    // The libc crate has only the setter.
    fn pthread_attr_getdetachstate(attributes: *const pthread_attr_t, into: *mut c_int) -> c_int;
}

fn is_detached(attributes: *const pthread_attr_t) -> bool {
    let mut state = libc::PTHREAD_CREATE_JOINABLE;
    // SAFETY: libc's contract: null, or attributes.
    !attributes.is_null()
        && unsafe { pthread_attr_getdetachstate(attributes, &raw mut state) } == 0
        && state == libc::PTHREAD_CREATE_DETACHED
}

/// The attributes without their being detached; the bits are copied, as nothing in them refers to themselves.
fn joinable(attributes: *const pthread_attr_t) -> Option<MaybeUninit<pthread_attr_t>> {
    if attributes.is_null() {
        return None;
    }
    // SAFETY: libc's contract: attributes that can be read.
    let mut copy = MaybeUninit::new(unsafe { attributes.read() });
    // SAFETY: initialised just now.
    unsafe { libc::pthread_attr_setdetachstate(copy.as_mut_ptr(), libc::PTHREAD_CREATE_JOINABLE) };
    Some(copy)
}
