//! What simulations violate that are no experiments: for the tests beside a scenario that show each part of a guard.

use std::time::Duration;

use tumult_sim::time::sleep;
use tumult_sim::{Cause, Sim};

/// Which invariant this violates first.
///
/// # Panics
/// When the run fails otherwise.
pub(crate) fn first(seed: u64, declare: impl Fn(&mut Sim)) -> Option<&'static str> {
    let mut sim = Sim::new(seed);
    declare(&mut sim);
    // Beyond the clients' end: what is late is seen as well.
    sim.primary("end", || sleep(Duration::from_secs(20)));
    match sim.try_run() {
        Ok(_) => None,
        Err(failure) => match failure.cause {
            Cause::Violation { id, .. } => Some(id),
            _ => panic!("seed {seed}: {failure}"),
        },
    }
}

/// In how many of 64 seeds this violates `id`.
///
/// # Panics
/// When a run fails otherwise, or violates another invariant first.
pub(crate) fn count(id: &str, declare: impl Fn(&mut Sim)) -> usize {
    let violates = |seed: &u64| match first(*seed, &declare) {
        None => false,
        Some(found) if found == id => true,
        Some(found) => panic!("seed {seed}: {found}"),
    };
    (0..64).filter(violates).count()
}
