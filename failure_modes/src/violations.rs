//! What simulations violate that are no experiments: for the tests beside a scenario that show each part of a guard.

use std::time::Duration;

use tumult_sim::time::sleep;
use tumult_sim::{Cause, Sim};

/// In how many of 64 seeds this violates `id`.
///
/// # Panics
/// When a run fails otherwise, or violates another invariant first.
pub(crate) fn count(id: &str, declare: impl Fn(&mut Sim)) -> usize {
    let violates = |seed: &u64| {
        let mut sim = Sim::new(*seed);
        declare(&mut sim);
        // Beyond the clients' end: what is late is seen as well.
        sim.primary("end", || sleep(Duration::from_secs(20)));
        match sim.try_run() {
            Ok(_) => false,
            Err(failure) => match failure.cause {
                Cause::Violation { id: found, .. } if found == id => true,
                _ => panic!("seed {seed}: {failure}"),
            },
        }
    };
    (0..64).filter(violates).count()
}
