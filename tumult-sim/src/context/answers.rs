//! What libc is asked on a run's thread is answered by the run: the acting process's clocks and entropy.

use super::{Run, try_current};
use crate::host::{Hooks, refuse_sleep};
use crate::kernel::world::World;

/// The answers of a native run, from which those of hosted threads differ in part.
pub(crate) const ANSWERS: Hooks = Hooks {
    monotonic_ns: || {
        ask(|w| {
            let now = w.now();
            w.clock().read_monotonic(now)
        })
    },
    realtime_ns: || {
        ask(|w| {
            let now = w.now();
            w.clock().read_wall(now)
        })
    },
    fill: |bytes| {
        if let Some(run) = try_current().filter(|run| run.seeding.get()) {
            return run.world.borrow().key.child("map keys").stream().fill(bytes);
        }
        if try_current().is_none_or(Run::is_inert) {
            // A destructor of a dead process: it draws from nobody's stream.
            return bytes.fill(0x5a);
        }
        ask(|w| w.fill_entropy(bytes));
    },
    blocking_sleep: refuse_sleep,
    hosting: None,
};

/// As a native run's threads have them.
pub(super) static NATIVE: Hooks = ANSWERS;

/// The kernel reads no clock and draws no entropy by itself, so it is never borrowed here.
fn ask<R: Default>(f: impl FnOnce(&mut World) -> R) -> R {
    try_current().map_or_else(R::default, |run| f(&mut run.world.borrow_mut()))
}
