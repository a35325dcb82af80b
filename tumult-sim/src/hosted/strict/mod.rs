//! What does not go through libc's functions, on x86-64: system calls made by an instruction of their own, and the
//! processor's time stamp counter.
//!
//! Both are trapped by the kernel for the one kernel thread that carries a run's hosted threads, and answered like the
//! calls that go through libc: so they are simulated, or refused by name, and none reaches the OS from simulated code.
//! `TUMULT_STRICT=off` traps neither: valgrind makes its own system calls where the program's are made, and they would be
//! taken for the program's.
//!
//! Code that is not simulated on that thread (ours, the test's) gets the real answer, by a detour of about a
//! microsecond.

#[cfg(target_arch = "x86_64")]
mod calls;
#[cfg(target_arch = "x86_64")]
mod tsc;

/// Traps them from now on for the calling kernel thread. Asked again, it does nothing. Where the kernel refuses, they
/// stay real: docs/HOSTING.md says since when it has them.
#[cfg(target_arch = "x86_64")]
pub(super) fn begin() {
    use std::cell::Cell;
    thread_local!(static BEGUN: Cell<bool> = const { Cell::new(false) });
    if !BEGUN.replace(true) && !is_off() {
        crate::host::outside(|| {
            calls::trap();
            tsc::trap();
        });
    }
}

#[cfg(target_arch = "x86_64")]
fn is_off() -> bool {
    use std::sync::OnceLock;
    static OFF: OnceLock<bool> = OnceLock::new();
    *OFF.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "a program that goes through libc sees no difference")]
        let asked = crate::host::outside(|| std::env::var("TUMULT_STRICT"));
        match asked.as_deref() {
            Ok("off") => true,
            Ok("on") | Err(_) => false,
            Ok(other) => panic!("failed to read TUMULT_STRICT={other}: it is `on` or `off`; write one, or unset it"),
        }
    })
}

/// Nothing is trapped on other processors.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn begin() {}
