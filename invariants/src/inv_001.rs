//! `INV_001`.

use tumult_sim::{Verdict, invariant, violated};

use crate::EffectLedger;

/// A job's logical effect is applied at most once.
#[invariant(id = "INV_001", tags = ["data", "recovery"])]
pub fn at_most_once(ledger: &EffectLedger) -> Verdict {
    let Some(duplicate) = ledger.first_duplicate() else { return Verdict::Holds };
    let by: Vec<String> = duplicate.effects.iter().map(|e| format!("by {} at {}", e.execution, e.at)).collect();
    violated!("the effect of `{}` was applied {} times: {}", duplicate.key, duplicate.times, by.join(", "))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tumult_sim::Time;

    use super::*;
    use crate::{Effect, ExecutionId};

    fn ledger(effects: &[(&str, u64)]) -> EffectLedger {
        let mut ledger = EffectLedger::default();
        for (key, n) in effects {
            ledger.apply(key, Effect { execution: ExecutionId(*n), at: Time::ZERO + Duration::from_secs(*n) });
        }
        ledger
    }

    #[test]
    fn one_effect_a_key_holds() {
        assert!(at_most_once(&EffectLedger::default()).holds());
        assert!(at_most_once(&ledger(&[("a", 1), ("b", 2)])).holds());
    }

    #[test]
    fn a_second_effect_for_a_key_is_named() {
        let Verdict::Violated(what) = at_most_once(&ledger(&[("a", 1), ("b", 2), ("a", 3)])) else { panic!("holds") };
        assert_eq!(what, "the effect of `a` was applied 2 times: by execution 1 at 1.000s, by execution 3 at 3.000s");
    }
}
