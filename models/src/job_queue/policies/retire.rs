//! What the store ends before it gives out work: jobs that have used up their attempts, and jobs that nobody wants any
//! more. Also when a job may be attempted again.

use tumult_invariants::{ExecutionId, Status};

use super::super::{Abort, Event, Execution, Jobs, Policy, Stamp};

/// Who leases a job that is shed. It is no worker, and its lease no attempt.
pub(in super::super) const SHED: &str = "shed";

impl Policy {
    /// From when on a job may be attempted again whose latest execution this is.
    pub(in super::super) fn leasable_at(&self, latest: &Execution) -> Stamp {
        let aborted = latest.status == Status::Aborted;
        match self.guards.backoff {
            Some(backoff) if aborted => {
                let rest = backoff.pause_of(latest.attempt, latest.job.0);
                latest.lease_expires_at.min(latest.started_at + rest)
            }
            _ if !aborted && !self.guards.lease_expiry => Stamp(u64::MAX),
            _ => latest.lease_expires_at,
        }
    }
}

impl Jobs {
    /// The dead letters and the shed: events that end jobs that must not be attempted again. A job whose last attempt
    /// has run out is aborted, which ends it by its budget. A job that cannot be done before its deadline any
    /// more, and is not being attempted, is leased to nobody and aborted.
    pub fn retired(&self, now: Stamp, policy: &Policy) -> Vec<Event> {
        if policy.budget.is_none() && !policy.guards.deadlines {
            return vec![];
        }
        let mut events = vec![];
        let mut next = self.executions().last().map_or(0, |e| e.id.0);
        for job in self.open_jobs() {
            let latest = job.latest().and_then(|e| self.execution(e));
            if latest.is_some_and(|e| policy.leasable_at(e) > now) {
                continue;
            }
            // Begun now, it would be done too late: first in, first out, the oldest that is in time is always nearly late.
            let soonest = now + policy.work + policy.work / 4;
            let shed = policy.guards.deadlines && self.due(job.id).is_some_and(|by| by <= soonest);
            let spent = policy.budget.is_some_and(|budget| job.attempt() >= budget);
            let moved = |execution, to, abort| Event::Moved { execution, to, abort, at: now };
            match latest.filter(|e| !e.status.is_final()) {
                // The effect is applied: what is left is to say so.
                Some(e) if e.status == Status::Committed && (shed || spent) => {
                    events.push(moved(e.id, Status::Done, None));
                    continue;
                }
                Some(e) if shed || spent => events.push(moved(e.id, Status::Aborted, Some(Abort::Expired))),
                _ => {}
            }
            if shed && !spent {
                next += 1;
                let execution = ExecutionId(next);
                let owner = SHED.to_string();
                events.push(Event::Leased { execution, job: job.id, owner, at: now, expires_at: now });
                events.push(moved(execution, Status::Aborted, Some(Abort::Shed)));
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tumult_invariants::JobId;

    use super::super::super::JobState;
    use super::super::{Backoff, Guards};
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    struct Queue {
        jobs: Jobs,
        policy: Policy,
        now: Stamp,
    }

    impl Queue {
        fn new(guards: Guards, budget: Option<u32>) -> Self {
            let policy = Policy { lease: SECOND, guards, budget, ..Policy::default() };
            let mut jobs = Jobs::default();
            let (job, event) = jobs.submit("a", &[], Stamp(0));
            jobs.apply(&event.expect("it is new"), &policy);
            jobs.apply(&Event::Due { job, by: Stamp(0) + 5 * SECOND }, &policy);
            Self { jobs, policy, now: Stamp(0) }
        }

        fn lease(&mut self) -> Option<ExecutionId> {
            let (execution, event) = self.jobs.lease("A", self.now, &self.policy).ok()?;
            self.jobs.apply(&event, &self.policy);
            Some(execution)
        }

        fn retire(&mut self) -> usize {
            let events = self.jobs.retired(self.now, &self.policy);
            for event in &events {
                self.jobs.apply(event, &self.policy);
            }
            events.len()
        }

        fn state(&self) -> JobState {
            self.jobs.state(JobId(1), &self.policy).expect("it is known")
        }

        fn after(&mut self, duration: Duration) {
            self.now = self.now + duration;
        }
    }

    #[test]
    fn a_job_whose_workers_die_is_dead_lettered_after_its_last_attempt() {
        let mut q = Queue::new(Guards::default(), Some(2));
        for _ in 0..2 {
            assert!(q.lease().is_some());
            assert_eq!(q.retire(), 0, "its lease is not over");
            q.after(SECOND);
        }
        assert_eq!((q.retire(), q.state(), q.jobs.open()), (1, JobState::DeadLettered, 0));
        let mut without = Queue::new(Guards::default(), None);
        for _ in 0..9 {
            assert!(without.lease().is_some());
            without.after(SECOND);
            assert_eq!(without.retire(), 0);
        }
    }

    #[test]
    fn a_job_that_would_be_late_is_shed_unless_it_is_being_attempted_or_committed() {
        let guards = Guards { deadlines: true, ..Guards::default() };
        let mut q = Queue::new(guards.clone(), None);
        q.after(SECOND * 17 / 4);
        assert_eq!((q.retire(), q.state()), (0, JobState::Pending), "its work takes half a second");
        q.after(SECOND / 4);
        assert_eq!((q.retire(), q.state()), (2, JobState::DeadLettered));
        let mut q = Queue::new(guards.clone(), None);
        q.after(4 * SECOND);
        q.lease();
        q.after(SECOND * 3 / 4);
        assert_eq!((q.retire(), q.state()), (0, JobState::Running), "a worker has it");
        q.after(SECOND / 4);
        assert_eq!((q.retire(), q.state()), (3, JobState::DeadLettered), "its lease is over");
        let mut q = Queue::new(guards, None);
        let execution = q.lease().unwrap();
        for to in [Status::InProgress, Status::Committed] {
            let event = q.jobs.progress(execution, to, q.now, &q.policy).unwrap().unwrap();
            q.jobs.apply(&event, &q.policy);
        }
        q.after(9 * SECOND);
        assert_eq!((q.retire(), q.state()), (1, JobState::Succeeded));
    }

    #[test]
    fn a_lease_that_never_expires_keeps_its_job() {
        let mut q = Queue::new(Guards { lease_expiry: false, ..Guards::default() }, Some(1));
        q.lease();
        q.after(1000 * SECOND);
        assert_eq!((q.lease(), q.retire()), (None, 0));
    }

    #[test]
    fn after_a_failed_attempt_a_job_rests_for_its_backoff() {
        let backoff = Backoff { first: SECOND / 10, longest: SECOND };
        let mut q = Queue::new(Guards { backoff: Some(backoff), ..Guards::default() }, None);
        let execution = q.lease().unwrap();
        let event = q.jobs.progress(execution, Status::Aborted, q.now, &q.policy).unwrap().unwrap();
        q.jobs.apply(&event, &q.policy);
        q.after(SECOND / 25);
        assert_eq!(q.lease(), None, "half of it at least");
        q.after(SECOND / 10);
        assert!(q.lease().is_some());
    }
}
