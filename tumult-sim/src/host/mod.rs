//! The libc face: what a native process asks of the operating system about time and entropy is answered by the run.
//!
//! On Linux with glibc this module defines libc's own functions in the test binary. They take precedence over the shared
//! library, for Rust, C, and callers that look them up by `dlsym`. On a thread that runs simulated code they are answered
//! by [`Hooks`]; on every other thread they hand over to the real function, at the cost of one thread-local read.
//! Elsewhere nothing is defined: native bodies work, and real clocks and entropy show through ([`ANSWERED`] tells).
//!
//! `docs/HOSTING.md` has the table of functions, how each is answered, and its test.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "its tests compare with what is answered outside"))]

pub(crate) mod fork;
#[cfg_attr(
    not(all(
        feature = "host",
        target_os = "linux",
        target_env = "gnu",
        target_pointer_width = "64",
        any(target_arch = "x86_64", target_arch = "aarch64"),
        not(target_feature = "crt-static"),
        not(miri)
    )),
    allow(dead_code, reason = "nothing asks where no function is defined")
)]
mod hook;

// A static executable has no second definition to fall through to, and Miri refuses definitions of what it models.
#[cfg(all(
    feature = "host",
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(target_feature = "crt-static"),
    not(miri)
))]
mod linux;

#[cfg(test)]
#[allow(dead_code, reason = "its helpers are for the tests of definitions, which not every build has")]
mod testing;

#[cfg(all(
    feature = "host",
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(target_feature = "crt-static"),
    not(miri)
))]
pub(crate) use linux::{Hosting, Real, check_each, errno, hosting, ns_of, reals as real};

pub(crate) use hook::is_hosting;
pub use hook::{Guard, Hooks, enter, outside, refuse_sleep, take_panic};

/// Without the functions there is nothing that could be out of place.
#[cfg(not(all(
    feature = "host",
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(target_feature = "crt-static"),
    not(miri)
)))]
mod linux {
    pub(super) const ANSWERED: bool = false;

    /// No thread is hosted.
    pub(crate) enum Hosting {}

    pub(super) fn check() -> Result<(), crate::Error> {
        Ok(())
    }

    pub(super) fn frames(into: &mut Vec<usize>, _: usize) {
        into.clear();
    }
}

/// The return addresses of the calling thread's stack, innermost first, at most `most`; none where no function is
/// defined. To be called [`outside`] the simulated world.
pub(crate) fn frames(into: &mut Vec<usize>, most: usize) {
    linux::frames(into, most);
}

/// Whether libc's clocks and entropy are answered by the simulation in this build.
pub const ANSWERED: bool = linux::ANSWERED;
