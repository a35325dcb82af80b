//! What `host` does for hosted threads: functions that it defines anyway are handed on to them.

use std::ffi::{c_int, c_long, c_void};

use libc::{clockid_t, iovec};

use super::super::hook::{self, Hooks};

/// What a hosted thread is answered by functions that `host` defines for native bodies too. Called as by C: inside the
/// simulated world, to answer as libc's functions do, `errno` included.
pub(crate) struct Hosting {
    pub(crate) read: fn(c_int, *mut c_void, usize) -> isize,
    pub(crate) readv: fn(c_int, *const iovec, c_int) -> isize,
    /// Nanoseconds of the process's monotonic clock, as the hooks have them, for callers who read it several times a message.
    /// Called as it is, inside the simulated world: it calls nothing of libc, allocates nothing and does not panic. `None`
    /// where it would have to: then the hooks are asked.
    pub(crate) monotonic_ns: fn() -> Option<u64>,
    /// What a clock of CPU time shows; `None`: it is no such clock.
    pub(crate) cpu_ns: fn(clockid_t) -> Option<i64>,
    /// A system call by number that is none of those answered for native bodies.
    pub(crate) syscall: fn(c_long, [usize; 6]) -> c_long,
}

/// Whether the calling thread is a hosted one and runs code of the user.
#[inline]
pub(crate) fn is_current() -> bool {
    hook::current().is_some_and(|hooks| hooks.hosting.is_some())
}

/// From now on, until [`leave`], the calling thread's calls are answered by `hooks`.
pub(crate) fn enter(hooks: &'static Hooks) {
    hook::set(Some(hooks));
}

/// The calling thread's calls are real from now on.
pub(crate) fn leave() {
    hook::set(None);
}
