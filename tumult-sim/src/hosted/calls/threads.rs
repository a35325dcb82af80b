//! `pthread_create`, `pthread_join`, `pthread_detach`, `sched_yield`.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;

use libc::{pthread_attr_t, pthread_t, size_t};

use super::{identity, libc_calls};
use crate::base::Site;
use crate::host::Real;
use crate::hosted::ends;
use crate::hosted::errno::Errno;
use crate::hosted::thread::{Thread, simulated};
use crate::hosted::wait;

/// Bytes that a name may have.
const NAME_MAX: usize = 15;

type Start = extern "C-unwind" fn(*mut c_void) -> *mut c_void;

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

    /// Names a thread, for reports and `pthread_getname_np`.
    fn pthread_setname_np(thread: pthread_t, name: *const c_char) -> c_int = |me| {
        // SAFETY: libc's contract.
        let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
        if name.len() > NAME_MAX {
            return Ok(libc::ERANGE);
        }
        let Some(thread) = me.life.thread(thread) else { return Ok(libc::ESRCH) };
        *thread.name.borrow_mut() = name.into_owned();
        Ok(0)
    };

    /// The name of a thread; the process's, where none was given.
    fn pthread_getname_np(thread: pthread_t, into: *mut c_char, len: size_t) -> c_int = |me| {
        let Some(thread) = me.life.thread(thread) else { return Ok(libc::ESRCH) };
        let name = thread.shown_name();
        if len <= name.len() {
            return Ok(libc::ERANGE);
        }
        // SAFETY: libc's contract.
        identity::put(unsafe { std::slice::from_raw_parts_mut(into, len) }, &name);
        Ok(0)
    };

    /// No thread is ended from outside.
    fn pthread_cancel(_thread: pthread_t) -> c_int = |me| super::refuse(me, "`pthread_cancel`");

    /// Lets others go first.
    fn sched_yield() -> c_int = |me| {
        wait::yield_to_others(me);
        Ok::<_, Errno>(0)
    };
}

/// Ends the calling thread with a result, as glibc does it: its stack is unwound. A main thread that ends so leaves the
/// process to the others, with the last of whom it exits with 0.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(in crate::hosted) unsafe extern "C-unwind" fn pthread_exit(result: *mut c_void) -> ! {
    static REAL: Real<unsafe extern "C-unwind" fn(*mut c_void) -> !> =
        // SAFETY: the type is this function's.
        unsafe { Real::new(c"pthread_exit") };
    if simulated().is_some_and(|me| me.number == 0) {
        super::answer::<()>(|me| {
            let others_are_gone = |me: &Thread| {
                let threads = me.life.threads.borrow().clone();
                let mut others = threads.iter().filter(|t| t.number != me.number);
                // A waiter is left with the first that lives.
                others.all(|t| t.joined(me.waiter()).is_some()).then_some(())
            };
            wait::until(me, "the end of all threads (pthread_exit)", None, others_are_gone);
            super::stdio::flush(me);
            ends::exit(me, "pthread_exit", 0)
        });
    }
    match REAL.get() {
        // SAFETY: the caller keeps libc's contract.
        Some(real) => unsafe { real(result) },
        None => std::process::abort(),
    }
}

/// As `defined`, with what is not of the macro.
pub(super) fn all() -> Vec<(&'static CStr, *const c_void)> {
    let mut all = defined();
    all.push((c"pthread_exit", pthread_exit as *const c_void));
    all
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
