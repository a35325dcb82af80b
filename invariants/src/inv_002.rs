//! `INV_002`.

use tumult_sim::{Verdict, invariant, violated};

use crate::LogHistory;

/// Partial execution leaves no irreversible damage.
///
/// After a crash the state is one that some crash-free history could have reached. The state is what the log's
/// transactions make of it, in their order; so that is to say that the log holds a prefix of the transactions that were
/// written: none in part, none that was never written.
#[invariant(id = "INV_002", tags = ["data"])]
pub fn no_partial_damage(log: &LogHistory) -> Verdict {
    match log.flaw() {
        None => Verdict::Holds,
        Some(flaw) => violated!("{flaw}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Transactions of 1, 2 and 1 records are written; then this is found.
    fn found(records: &[u32]) -> LogHistory {
        let mut log = LogHistory::default();
        log.writes([10]);
        log.writes([20, 21]);
        log.writes([30]);
        log.recovers(records);
        log
    }

    #[test]
    fn any_prefix_of_whole_transactions_holds() {
        for prefix in [&[][..], &[10], &[10, 20, 21], &[10, 20, 21, 30]] {
            assert!(no_partial_damage(&found(prefix)).holds(), "{prefix:?}");
        }
    }

    #[test]
    fn what_was_lost_may_be_written_anew() {
        let mut log = found(&[10]);
        log.writes([40]);
        log.recovers(&[10, 40]);
        assert!(no_partial_damage(&log).holds());
        log.recovers(&[10, 20]);
        assert!(!no_partial_damage(&log).holds(), "it was lost before");
    }

    #[test]
    fn a_transaction_in_part_and_a_foreign_record_are_named() {
        let says = |records: &[u32]| match no_partial_damage(&found(records)) {
            Verdict::Violated(what) => what,
            Verdict::Holds => panic!("{records:?} holds"),
        };
        assert_eq!(says(&[10, 20]), "recovery 1 found 1 of the 2 records of transaction 1");
        assert_eq!(says(&[10, 99]), "recovery 1 found a record 1 that was never written there");
        assert_eq!(says(&[10, 20, 21, 30, 5]), "recovery 1 found a record 4 that was never written there");
    }
}
