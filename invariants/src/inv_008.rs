//! `INV_008`.

use tumult_sim::{Verdict, invariant, violated};

use crate::ReplicaHistory;

/// Replicas that have seen the same operations hold the same state.
///
/// In whatever order they have seen them, and however often: what a replica was told counts as seen from then on, unless
/// it still waits for what comes before.
#[invariant(id = "INV_008", tags = ["data"])]
pub fn replicas_agree(replicas: &ReplicaHistory) -> Verdict {
    match replicas.flaw() {
        None => Verdict::Holds,
        Some(flaw) => violated!("{flaw}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each is a replica that sees an operation, and the state that it has then.
    fn history(sights: &[(&str, u64, u64)]) -> ReplicaHistory {
        let mut history = ReplicaHistory::default();
        for (replica, number, state) in sights {
            history.sees(replica, *number, *state);
        }
        history
    }

    fn says(history: &ReplicaHistory) -> String {
        match replicas_agree(history) {
            Verdict::Violated(what) => what,
            Verdict::Holds => panic!("{history:?} holds"),
        }
    }

    #[test]
    fn the_same_operations_and_the_same_state_hold_in_any_order() {
        assert!(replicas_agree(&ReplicaHistory::default()).holds());
        let agree = history(&[("a", 0, 10), ("b", 1, 20), ("b", 0, 30), ("a", 1, 30), ("a", 0, 30)]);
        assert!(replicas_agree(&agree).holds());
        assert_eq!((agree.seen("a"), agree.seen("b")), (2, 2));
    }

    #[test]
    fn replicas_that_have_seen_different_operations_may_differ() {
        assert!(replicas_agree(&history(&[("a", 0, 10), ("b", 1, 20), ("a", 2, 30), ("b", 2, 40)])).holds());
        let mut restarted = history(&[("a", 0, 10), ("a", 1, 30), ("b", 0, 10)]);
        restarted.starts("a");
        restarted.sees("a", 1, 20);
        assert!(replicas_agree(&restarted).holds(), "what it had seen before its start is gone");
    }

    #[test]
    fn replicas_that_differ_are_named() {
        let orders = history(&[("a", 0, 10), ("a", 1, 30), ("b", 1, 20), ("b", 0, 31)]);
        assert_eq!(says(&orders), "a and b have seen the same 2 operations and differ");
        let again = history(&[("a", 0, 10), ("a", 1, 30), ("b", 0, 10), ("b", 1, 30), ("b", 0, 10)]);
        assert_eq!(says(&again), "a and b have seen the same 2 operations and differ", "one was applied again");
    }
}
