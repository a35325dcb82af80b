//! `INV_004`.

use tumult_sim::{Verdict, invariant, violated};

use crate::WorkHistory;

/// Recovery restores correctness: after it, no completed work is denied and no accepted work is dropped.
///
/// Accepted and completed is what somebody outside the store was told is so.
#[invariant(id = "INV_004", tags = ["data", "recovery"])]
pub fn recovery_restores(work: &WorkHistory) -> Verdict {
    match work.flaw() {
        None => Verdict::Holds,
        Some(flaw) => violated!("{flaw}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::JobId;

    const ONE: JobId = JobId(1);
    const TWO: JobId = JobId(2);

    /// Two jobs are accepted, the first is completed; then the store recovers with this.
    fn recovered(known: &[(JobId, bool)]) -> WorkHistory {
        let mut work = WorkHistory::default();
        for job in [ONE, TWO] {
            work.stores(job, false);
            work.accepted(job);
        }
        work.stores(ONE, true);
        work.completed(ONE);
        assert!(recovery_restores(&work).holds());
        work.recovers(known.iter().copied());
        work
    }

    fn says(work: &WorkHistory) -> String {
        match recovery_restores(work) {
            Verdict::Violated(what) => what,
            Verdict::Holds => panic!("{work:?} holds"),
        }
    }

    #[test]
    fn what_was_promised_is_kept() {
        assert!(recovery_restores(&recovered(&[(ONE, true), (TWO, false)])).holds());
        let more = recovered(&[(ONE, true), (TWO, true), (JobId(3), false)]);
        assert!(recovery_restores(&more).holds(), "more than was promised is fine");
    }

    #[test]
    fn dropped_and_denied_work_are_named() {
        assert_eq!(says(&recovered(&[(ONE, true)])), "job 2 is accepted, and was dropped (after recovery 1)");
        let denied = recovered(&[(ONE, false), (TWO, false)]);
        assert_eq!(says(&denied), "job 1 is completed, and is denied (after recovery 1)");
        assert_eq!(says(&recovered(&[(TWO, false)])), "job 1 is completed, and is not known (after recovery 1)");
    }

    #[test]
    fn a_promise_without_anything_behind_it_is_named() {
        let mut work = WorkHistory::default();
        work.accepted(ONE);
        assert_eq!(says(&work), "job 1 is accepted, and was dropped (after recovery 0)");
    }
}
