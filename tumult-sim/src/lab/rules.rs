//! What the seeds of a failure mode's test must have shown, taken together. Pure: figures in, a verdict out.

use std::collections::BTreeMap;

use crate::invariant::InvariantInfo;

/// What the seeds of one role showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How many seeds ran to their end.
    pub(crate) runs: u64,
    /// In how many the trigger took effect.
    pub(crate) met: u64,
    /// In how many each invariant was violated, among those that count for the role.
    pub(crate) violated: BTreeMap<&'static str, u64>,
    /// In how many any was.
    pub(crate) violating: u64,
}

/// Each named invariant is violated by some seed. (That no other one is, each seed has shown by itself.)
pub(super) fn reproduced(tally: &Tally, named: &[&InvariantInfo]) -> Result<(), String> {
    let missing: Vec<&str> = named.iter().map(|i| i.id).filter(|id| !tally.violated.contains_key(id)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "not reproduced: no seed of {} violated {} (the trigger was met in {}): widen the trigger, raise `seeds`, or \
         correct `violates` and say why in spec.md",
        tally.runs,
        missing.join(", "),
        tally.met,
    ))
}

/// The trigger was met in at least half of the seeds.
pub(super) fn met_enough(tally: &Tally) -> Result<(), String> {
    if tally.met > 0 && tally.met * 2 >= tally.runs {
        return Ok(());
    }
    Err(format!(
        "not shown: the trigger was met in {} of {} seeds, and at most half may be without: a seed that did not meet it \
         shows nothing; make the trigger wait for what it is to hit",
        tally.met, tally.runs,
    ))
}

/// Without the guard, or the action, the same seeds do violate.
pub(super) fn matters(without: &Tally, what: &str) -> Result<(), String> {
    if without.violating > 0 {
        return Ok(());
    }
    Err(format!(
        "not shown: without {what} none of the same {} seeds is violated either, so it is not what keeps them",
        without.runs,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    static ONE: InvariantInfo =
        InvariantInfo { id: "INV_001", title: "", tags: &[], name: "", module: "", file: "", line: 0 };
    static TWO: InvariantInfo = InvariantInfo { id: "INV_002", ..ONE };

    fn tally(met: u64, violating: u64) -> Tally {
        let violated = (violating > 0).then_some(("INV_001", violating));
        Tally { runs: 64, met, violated: violated.into_iter().collect(), violating }
    }

    #[test]
    fn a_repro_needs_each_named_invariant() {
        assert_eq!(reproduced(&tally(64, 1), &[&ONE]), Ok(()));
        assert!(reproduced(&tally(64, 0), &[&ONE]).unwrap_err().contains("no seed of 64 violated INV_001"));
        assert!(reproduced(&tally(64, 9), &[&ONE, &TWO]).unwrap_err().contains("violated INV_002 (the trigger"));
    }

    #[test]
    fn half_of_the_seeds_must_have_met_the_trigger() {
        assert_eq!(met_enough(&tally(32, 0)), Ok(()));
        assert!(met_enough(&tally(31, 0)).unwrap_err().contains("met in 31 of 64"));
        assert!(met_enough(&Tally::default()).is_err(), "none met is a failure");
    }

    #[test]
    fn a_guard_that_changes_nothing_is_found_out() {
        assert_eq!(matters(&tally(64, 1), "the guard"), Ok(()));
        assert!(matters(&tally(64, 0), "the guard").unwrap_err().contains("without the guard none"));
    }
}
