//! The calling thread's `errno`.

use std::ffi::c_int;

use super::super::hook;

/// Where it is, for who reads and sets it.
pub(crate) struct Place(*mut c_int);

impl Place {
    /// The calling thread's. A thread takes its thread-locals along to whoever carries it.
    #[inline]
    pub(crate) fn here() -> Self {
        // SAFETY: it has no precondition.
        Self(unsafe { libc::__errno_location() })
    }

    #[inline]
    pub(crate) fn get(&self) -> c_int {
        // SAFETY: glibc's pointer is to the calling thread's own variable, valid as long as the thread.
        unsafe { *self.0 }
    }

    #[inline]
    pub(crate) fn set(&self, value: c_int) {
        // SAFETY: as in `get`.
        unsafe { *self.0 = value }
    }
}

pub(crate) fn get() -> c_int {
    Place::here().get()
}

pub(crate) fn set(value: c_int) {
    Place::here().set(value);
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
