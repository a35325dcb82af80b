//! `INV_003`.

use tumult_sim::{Verdict, invariant, violated};

use crate::TransitionHistory;

/// State moves only by declared transitions, each persisted, observable and auditable.
#[invariant(id = "INV_003")]
pub fn declared_transitions(history: &TransitionHistory) -> Verdict {
    match history.flaw() {
        None => Verdict::Holds,
        Some(flaw) => violated!("{flaw}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Status::{Aborted, Committed, Done, InProgress, Leased};
    use crate::{ExecutionId, Status, Transition};

    const E: ExecutionId = ExecutionId(7);

    fn history(steps: &[Status]) -> TransitionHistory {
        let mut history = TransitionHistory::default();
        let mut from = None;
        for (n, to) in (0..).zip(steps) {
            history.moves(Transition { execution: E, from, to: *to, record: Some(n) });
            from = Some(*to);
        }
        history
    }

    fn says(history: &TransitionHistory) -> String {
        match declared_transitions(history) {
            Verdict::Violated(what) => what,
            Verdict::Holds => panic!("{history:?} holds"),
        }
    }

    #[test]
    fn the_ways_through_hold() {
        for way in [&[Leased, InProgress, Committed, Done][..], &[Leased, Aborted], &[Leased, InProgress, Aborted]] {
            assert!(declared_transitions(&history(way)).holds(), "{way:?}");
        }
    }

    #[test]
    fn an_undeclared_step_is_named() {
        assert_eq!(
            says(&history(&[InProgress])),
            "execution 7 moved from nothing to IN_PROGRESS, which is not declared"
        );
        let skips = history(&[Leased, Committed]);
        assert_eq!(says(&skips), "execution 7 moved from LEASED to COMMITTED, which is not declared");
        assert!(says(&history(&[Leased, InProgress, Aborted, Committed])).contains("from ABORTED to COMMITTED"));
    }

    #[test]
    fn a_step_without_a_record_and_one_from_elsewhere_are_named() {
        let mut silent = history(&[Leased]);
        silent.moves(Transition { execution: E, from: Some(Leased), to: InProgress, record: None });
        assert!(says(&silent).ends_with("to IN_PROGRESS without a record of it"));
        let mut unseen = history(&[Leased]);
        unseen.moves(Transition { execution: E, from: Some(InProgress), to: Committed, record: Some(1) });
        assert_eq!(says(&unseen), "execution 7 moved from IN_PROGRESS and was LEASED");
    }

    #[test]
    fn a_crash_may_complete_a_step_and_never_undo_one() {
        for is in [Leased, InProgress, Aborted] {
            let mut history = history(&[Leased]);
            history.recovers([(E, is)]);
            assert!(declared_transitions(&history).holds(), "{is}");
        }
        let mut back = history(&[Leased, InProgress]);
        back.recovers([(E, Leased)]);
        assert_eq!(says(&back), "execution 7 was IN_PROGRESS and is LEASED after a crash");
        let mut gone = history(&[Leased]);
        gone.recovers([]);
        assert_eq!(says(&gone), "execution 7 was LEASED and is gone after a crash");
    }
}
