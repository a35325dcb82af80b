//! Hooks for the tests of this folder: a clock that stands, a counting entropy source, sleeps that move the clock.

use std::cell::{Cell, RefCell};

use super::{Hooks, enter};

pub(super) static HOOKS: Hooks = Hooks {
    monotonic_ns: || MONOTONIC.get(),
    realtime_ns: || REALTIME.get(),
    fill: |bytes| bytes.fill_with(|| COUNT.replace(COUNT.get().wrapping_add(1))),
    blocking_sleep: |ns, call| {
        MONOTONIC.set(MONOTONIC.get() + ns);
        SLEEPS.with_borrow_mut(|sleeps| sleeps.push((ns, call)));
    },
    hosting: None,
};

thread_local! {
    static MONOTONIC: Cell<u64> = const { Cell::new(0) };
    static REALTIME: Cell<i64> = const { Cell::new(0) };
    static COUNT: Cell<u8> = const { Cell::new(0) };
    static SLEEPS: RefCell<Vec<(u64, &'static str)>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn set_monotonic(ns: u64) {
    MONOTONIC.set(ns);
}

pub(super) fn set_realtime(ns: i64) {
    REALTIME.set(ns);
}

/// The next byte of entropy; the one after it is one more.
pub(super) fn set_entropy(next: u8) {
    COUNT.set(next);
}

pub(super) fn take_sleeps() -> Vec<(u64, &'static str)> {
    SLEEPS.take()
}

/// Runs `f` as simulated code.
pub(super) fn simulated<R>(f: impl FnOnce() -> R) -> R {
    let _guard = enter(&HOOKS);
    f()
}
