//! `INV_005`.

use tumult_sim::{Verdict, invariant, violated};

use crate::OutcomeHistory;

/// Every failure is detectable: an ambiguous outcome counts as a failure.
#[invariant(id = "INV_005")]
pub fn failures_are_detectable(outcomes: &OutcomeHistory) -> Verdict {
    match outcomes.first_undetected() {
        None => Verdict::Holds,
        Some(o) => violated!("{} was counted as a success, and the answer was: {}", o.what, o.answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Counted, Outcome};

    fn ends(answer: Answer, counted: Counted) -> OutcomeHistory {
        let mut outcomes = OutcomeHistory::default();
        outcomes.ends(Outcome { what: "A's commit".into(), answer, counted });
        outcomes
    }

    #[test]
    fn only_what_was_confirmed_may_count_as_a_success() {
        assert!(failures_are_detectable(&ends(Answer::Confirmed, Counted::Success)).holds());
        for answer in [Answer::Confirmed, Answer::Refused, Answer::Silence] {
            assert!(failures_are_detectable(&ends(answer, Counted::Failure)).holds(), "{answer}");
        }
        for (answer, said) in [(Answer::Refused, "refused"), (Answer::Silence, "no answer")] {
            let Verdict::Violated(what) = failures_are_detectable(&ends(answer, Counted::Success)) else {
                panic!("{answer} holds")
            };
            assert_eq!(what, format!("A's commit was counted as a success, and the answer was: {said}"));
        }
    }
}
