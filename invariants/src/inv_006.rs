//! `INV_006`.

use tumult_sim::{Verdict, invariant, violated};

use crate::EndHistory;

/// Every accepted job ends (SUCCEEDED or `DEAD_LETTERED`) within the liveness bound once faults stop.
#[invariant(id = "INV_006", tags = ["liveness"])]
pub fn every_job_ends(ends: &EndHistory) -> Verdict {
    match ends.overdue() {
        None => Verdict::Holds,
        Some(o) => {
            violated!(
                "{} was accepted at {} and has not ended, {:?} after faults stopped",
                o.job,
                o.accepted_at,
                o.waited
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tumult_sim::Time;

    use super::*;
    use crate::JobId;

    const ONE: JobId = JobId(1);

    fn at(s: u64) -> Time {
        Time::ZERO + Duration::from_secs(s)
    }

    /// A job is accepted at 1 s, and has 10 s.
    fn accepted() -> EndHistory {
        let mut ends = EndHistory::new(Duration::from_secs(10));
        ends.accepted(ONE, at(1));
        ends
    }

    #[test]
    fn a_job_that_ends_in_time_holds() {
        let mut ends = accepted();
        ends.looks(at(11), Some(at(0)));
        ends.ended(ONE);
        ends.looks(at(100), Some(at(0)));
        assert!(every_job_ends(&ends).holds());
        assert_eq!((ends.jobs_open(), ends.jobs_ended()), (0, 1));
        ends.accepted(ONE, at(101));
        assert_eq!(ends.jobs_open(), 0, "its client was told of it late");
    }

    #[test]
    fn a_job_that_does_not_is_named() {
        let mut ends = accepted();
        ends.looks(at(12), Some(at(0)));
        let Verdict::Violated(what) = every_job_ends(&ends) else { panic!("holds") };
        assert_eq!(what, "job 1 was accepted at 1.000s and has not ended, 11s after faults stopped");
        ends.ended(ONE);
        assert!(!every_job_ends(&ends).holds(), "it was late");
    }

    #[test]
    fn its_time_begins_when_faults_stop() {
        let mut ends = accepted();
        ends.looks(at(50), None);
        ends.looks(at(60), Some(at(50)));
        assert!(every_job_ends(&ends).holds());
        ends.looks(at(61), Some(at(50)));
        assert!(!every_job_ends(&ends).holds());
    }
}
