//! The calling thread's `errno`.

use std::ffi::c_int;

use super::super::hook;

pub(crate) fn get() -> c_int {
    // SAFETY: glibc's pointer is to the calling thread's own variable, valid as long as the thread.
    unsafe { *libc::__errno_location() }
}

pub(crate) fn set(value: c_int) {
    // SAFETY: as in `get`.
    unsafe { *libc::__errno_location() = value }
}

/// Sets it and gives the −1 with which libc's functions say so.
pub(crate) fn fail<R: From<i8>>(value: c_int) -> R {
    set(value);
    R::from(-1)
}

/// Runs `f` and leaves `errno` as it was.
pub(crate) fn kept<R>(f: impl FnOnce() -> R) -> R {
    let before = get();
    let answer = f();
    set(before);
    answer
}

/// Asks a hook, as [`hook::ask`], and leaves `errno` as it was.
pub(crate) fn ask<R>(f: impl FnOnce() -> R) -> Option<R> {
    kept(|| hook::ask(f))
}
