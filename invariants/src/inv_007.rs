//! `INV_007`.

use tumult_sim::{Verdict, invariant, violated};

use crate::AttemptHistory;

/// Attempts per job ≤ budget, and total attempts ≤ amplification bound × accepted jobs.
#[invariant(id = "INV_007")]
pub fn attempts_are_bounded(attempts: &AttemptHistory) -> Verdict {
    match attempts.flaw() {
        None => Verdict::Holds,
        Some(flaw) => violated!("{flaw}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bounds, JobId};

    fn history() -> AttemptHistory {
        AttemptHistory::new(Bounds { attempts: 3, amplification: 2, reserve: 1, ..Bounds::default() })
    }

    fn says(history: &AttemptHistory) -> String {
        match attempts_are_bounded(history) {
            Verdict::Violated(what) => what,
            Verdict::Holds => panic!("{history:?} holds"),
        }
    }

    #[test]
    fn attempts_within_the_budget_hold_and_the_first_beyond_is_named() {
        let mut history = history();
        for job in [JobId(1), JobId(2)] {
            for _ in 0..3 {
                history.attempts(job);
            }
        }
        assert!(attempts_are_bounded(&history).holds());
        assert_eq!(history.most_attempts(), 3);
        history.attempts(JobId(2));
        assert_eq!(says(&history), "job 2 is attempted for the 4th time, of 3");
    }

    #[test]
    fn calls_are_bounded_in_proportion_to_jobs() {
        let mut history = history();
        history.accepts();
        for _ in 0..3 {
            history.calls();
        }
        assert!(attempts_are_bounded(&history).holds(), "two for the job, and one");
        history.accepts();
        history.calls();
        history.calls();
        assert!(attempts_are_bounded(&history).holds());
        history.calls();
        assert_eq!(says(&history), "6 calls were made for 2 jobs: more than 2 for each and 1");
    }
}
