//! The state of the queue as a plain state machine: what is asked for is decided, what was decided is applied.
//!
//! Deciding reads only, and gives the events that follow, or refuses. Applying is done after the events are in the log,
//! and again, with the same result, when the log is replayed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tumult_invariants::{ExecutionId, JobId, Status};

use super::outbox::Outbox;
use super::renewal::over_at;
use super::{Abort, Event, Execution, Job, JobState, Outgoing, Policy, Stamp};

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// There is no such execution.
    Unknown,
    /// The execution cannot go there from where it is.
    Undeclared {
        /// Where it is.
        from: Status,
        /// Where it was to go.
        to: Status,
    },
    /// The job was leased anew: the lease with this number is the one that counts.
    Superseded(ExecutionId),
    /// The log has no room for it, or the disk has failed.
    Unavailable,
    /// There is more work than there is room for: ask again later, if at all.
    Overloaded,
}

/// What reconciliation did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    /// Executions that were COMMITTED, and are DONE now.
    pub finished: Vec<ExecutionId>,
    /// Executions whose lease had expired before they committed, and are ABORTED now.
    pub aborted: Vec<ExecutionId>,
}

/// All jobs and executions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jobs {
    by_id: BTreeMap<JobId, Job>,
    by_key: BTreeMap<String, JobId>,
    executions: BTreeMap<ExecutionId, Execution>,
    /// Jobs in no final state, oldest first.
    open: BTreeSet<JobId>,
    outbox: Outbox,
    /// Until when jobs are of use, of those whose clients said so.
    due: BTreeMap<JobId, Stamp>,
}

impl Jobs {
    /// A job's state.
    pub fn state(&self, job: JobId, policy: &Policy) -> Option<JobState> {
        let job = self.by_id.get(&job)?;
        Some(JobState::of(job.executions.iter().filter_map(|e| self.executions.get(e)), policy.budget))
    }

    /// The job of that key.
    pub fn by_key(&self, key: &str) -> Option<&Job> {
        self.by_id.get(self.by_key.get(key)?)
    }

    /// A job.
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.by_id.get(&id)
    }

    /// An execution.
    pub fn execution(&self, id: ExecutionId) -> Option<&Execution> {
        self.executions.get(&id)
    }

    /// All executions, oldest first.
    pub fn executions(&self) -> impl Iterator<Item = &Execution> {
        self.executions.values()
    }

    /// All jobs, oldest first, and whether each is completed.
    pub fn completions(&self) -> impl Iterator<Item = (JobId, bool)> {
        self.by_id.values().map(|job| (job.id, self.is_done(job)))
    }

    fn is_done(&self, job: &Job) -> bool {
        job.executions.iter().any(|e| self.executions[e].status == Status::Done)
    }

    /// How many jobs are in no final state.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// Effects to be delivered.
    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// When the latest lease was given.
    pub(super) fn latest_lease(&self) -> Stamp {
        self.executions.values().map(|e| e.started_at).max().unwrap_or(Stamp(0))
    }

    /// The latest execution of each job that is in no final state.
    pub(super) fn latest_of_open(&self) -> impl Iterator<Item = &Execution> {
        self.open.iter().filter_map(|id| self.executions.get(&self.by_id[id].latest()?))
    }

    /// Whether an execution of the job has committed.
    pub fn is_committed(&self, job: JobId) -> bool {
        let committed = |e| matches!(self.executions[&e].status, Status::Committed | Status::Done);
        self.by_id.get(&job).is_some_and(|job| job.executions.iter().copied().any(committed))
    }

    /// Whether an event is about what is there: it can be [applied](Self::apply).
    pub fn fits(&self, event: &Event) -> bool {
        match event {
            Event::Accepted { .. } | Event::Queued(_) | Event::Delivered { .. } => true,
            Event::Leased { job, .. } | Event::Due { job, .. } => self.by_id.contains_key(job),
            Event::Moved { execution, .. } | Event::LeaseEnds { execution, .. } => {
                self.executions.contains_key(execution)
            }
        }
    }

    /// Jobs in no final state, oldest first.
    pub fn open_jobs(&self) -> impl Iterator<Item = &Job> {
        self.open.iter().filter_map(|id| self.by_id.get(id))
    }

    /// Until when a job is of use, if its client said so.
    pub fn due(&self, job: JobId) -> Option<Stamp> {
        self.due.get(&job).copied()
    }

    // ---- deciding

    /// A job is submitted. One whose key is known is that job: there is nothing to do.
    pub fn submit(&self, key: &str, payload: &[u8], now: Stamp) -> (JobId, Option<Event>) {
        if let Some(job) = self.by_key.get(key) {
            return (*job, None);
        }
        let job = JobId(1 + self.by_id.last_key_value().map_or(0, |(last, _)| last.0));
        (job, Some(Event::Accepted { job, key: key.to_string(), payload: payload.to_vec(), at: now }))
    }

    /// The oldest job that is leasable is leased to `owner`: one that was never leased, or whose latest lease has
    /// expired, and which is in no final state. `Err`: there is none, for so long at least.
    ///
    /// # Errors
    /// How long it takes until a lease expires; `None` if there is nothing to wait for.
    pub fn lease(&self, owner: &str, now: Stamp, policy: &Policy) -> Result<(ExecutionId, Event), Option<Duration>> {
        let mut soonest: Option<Duration> = None;
        for id in &self.open {
            let expires_at = self.by_id[id].latest().map(|e| policy.leasable_at(&self.executions[&e]));
            if let Some(at) = expires_at.filter(|at| *at > now) {
                soonest = Some(soonest.map_or(at.since(now), |s| s.min(at.since(now))));
                continue;
            }
            let execution = ExecutionId(1 + self.executions.last_key_value().map_or(0, |(last, _)| last.0));
            let (owner, expires_at) = (owner.to_string(), over_at(now, policy));
            return Ok((execution, Event::Leased { execution, job: *id, owner, at: now, expires_at }));
        }
        Err(soonest)
    }

    /// A worker moves its execution on. Asked twice for the same, there is nothing to do.
    ///
    /// # Errors
    /// When the execution is not known, its lease is not the job's latest, or it cannot go there.
    pub fn progress(
        &self,
        execution: ExecutionId,
        to: Status,
        now: Stamp,
        policy: &Policy,
    ) -> Result<Option<Event>, Refusal> {
        let e = self.executions.get(&execution).ok_or(Refusal::Unknown)?;
        if e.status == to {
            return Ok(None);
        }
        let latest = self.by_id[&e.job].latest().unwrap_or(execution);
        if policy.fencing && latest != execution {
            return Err(Refusal::Superseded(latest));
        }
        if policy.transition_check && !e.status.may_become(to) {
            return Err(Refusal::Undeclared { from: e.status, to });
        }
        let abort = (to == Status::Aborted).then_some(Abort::Failed);
        Ok(Some(Event::Moved { execution, to, abort, at: now }))
    }

    /// The effect that belongs into the transaction of `event`, if there is an outbox and the event commits: once for a
    /// job where its key is recorded, else as often as it commits.
    pub fn effect(&self, event: &Event, policy: &Policy) -> Option<Event> {
        let Event::Moved { execution, to: Status::Committed, .. } = event else { return None };
        let job = self.by_id.get(&self.executions.get(execution)?.job)?;
        if !policy.store.outbox || (policy.store.recorded_keys && self.is_committed(job.id)) {
            return None;
        }
        let (key, payload) = (job.key.clone(), job.payload.clone());
        Some(Event::Queued(Outgoing { number: self.outbox.next_number(), execution: *execution, key, payload }))
    }

    /// First every COMMITTED execution is finished, then those are aborted whose lease expired before they committed,
    /// which opens their jobs again, where nothing is committed.
    pub fn reconcile(&self, now: Stamp) -> (Reconciled, Vec<Event>) {
        let ids = |pick: &dyn Fn(&Execution) -> bool| -> Vec<ExecutionId> {
            self.executions.values().filter(|e| pick(e)).map(|e| e.id).collect()
        };
        let finished = ids(&|e| e.status == Status::Committed);
        let aborted = ids(&|e| e.status.may_become(Status::Aborted) && e.lease_expires_at <= now);
        let moved = |execution: &ExecutionId, to, abort| Event::Moved { execution: *execution, to, abort, at: now };
        let events = finished
            .iter()
            .map(|e| moved(e, Status::Done, None))
            .chain(aborted.iter().map(|e| moved(e, Status::Aborted, Some(Abort::Expired))))
            .collect();
        (Reconciled { finished, aborted }, events)
    }

    // ---- applying

    /// The event takes effect.
    ///
    /// # Panics
    /// When it is about a job or an execution that is not there: the log is not this queue's.
    pub fn apply(&mut self, event: &Event, policy: &Policy) {
        let job = match event {
            Event::Accepted { job, key, payload, at } => {
                let (key, payload) = (key.clone(), payload.clone());
                self.by_key.insert(key.clone(), *job);
                let accepted = Job { id: *job, key, payload, executions: vec![], created_at: *at, updated_at: *at };
                self.by_id.insert(*job, accepted);
                *job
            }
            Event::Leased { execution, job, owner, at, expires_at } => {
                let j = self.by_id.get_mut(job).expect("a lease is of a job that was accepted");
                j.executions.push(*execution);
                j.updated_at = *at;
                let e = Execution {
                    id: *execution,
                    job: *job,
                    attempt: j.attempt(),
                    lease_owner: owner.clone(),
                    lease_expires_at: *expires_at,
                    status: Status::Leased,
                    abort: None,
                    started_at: *at,
                    finished_at: None,
                };
                self.executions.insert(*execution, e);
                *job
            }
            Event::Moved { execution, to, abort, at } => {
                let e = self.executions.get_mut(execution).expect("only an execution that was leased moves");
                e.status = *to;
                e.abort = *abort;
                e.finished_at = to.is_final().then_some(*at);
                self.by_id.get_mut(&e.job).expect("an execution is of a job").updated_at = *at;
                e.job
            }
            Event::LeaseEnds { execution, at } => {
                let e = self.executions.get_mut(execution).expect("only an execution that was leased has a lease");
                e.lease_expires_at = *at;
                e.job
            }
            Event::Queued(outgoing) => return self.outbox.add(outgoing),
            Event::Delivered { number, .. } => return self.outbox.delivered(*number),
            Event::Due { job, by } => {
                self.due.insert(*job, *by);
                *job
            }
        };
        if self.state(job, policy).is_some_and(JobState::is_final) {
            self.open.remove(&job);
        } else {
            self.open.insert(job);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A queue with a lease of one second, at a time of its own.
    struct Queue {
        jobs: Jobs,
        policy: Policy,
        now: Stamp,
    }

    impl Queue {
        fn new() -> Self {
            Self { jobs: Jobs::default(), policy: Policy { lease: SECOND, ..Policy::default() }, now: Stamp(0) }
        }

        fn submit(&mut self, key: &str) -> JobId {
            let (job, event) = self.jobs.submit(key, &[], self.now);
            self.jobs.apply(&event.expect("it is new"), &self.policy);
            job
        }

        fn lease(&mut self) -> ExecutionId {
            let (execution, event) = self.jobs.lease("A", self.now, &self.policy).expect("there is work");
            self.jobs.apply(&event, &self.policy);
            execution
        }

        fn progress(&mut self, execution: ExecutionId, steps: &[Status]) {
            for to in steps {
                let event =
                    self.jobs.progress(execution, *to, self.now, &self.policy).expect("it may").expect("it is new");
                self.jobs.apply(&event, &self.policy);
            }
        }

        fn reconcile(&mut self) -> Reconciled {
            let (reconciled, events) = self.jobs.reconcile(self.now);
            for event in events {
                self.jobs.apply(&event, &self.policy);
            }
            reconciled
        }

        fn state(&self, job: JobId) -> JobState {
            self.jobs.state(job, &self.policy).expect("it is known")
        }
    }

    #[test]
    fn jobs_are_leased_in_their_order_and_again_when_a_lease_is_over() {
        let mut q = Queue::new();
        let (first, second) = (q.submit("a"), q.submit("b"));
        let (one, two) = (q.lease(), q.lease());
        assert_eq!([one, two].map(|e| q.jobs.execution(e).unwrap().job), [first, second]);
        q.now = q.now + SECOND / 4;
        assert_eq!(q.jobs.lease("B", q.now, &q.policy), Err(Some(SECOND * 3 / 4)));
        q.now = Stamp(0) + SECOND;
        let again = q.lease();
        assert_eq!(q.jobs.execution(again).map(|e| (e.job, e.attempt)), Some((first, 2)), "expired is `<= now`");
    }

    #[test]
    fn reconciliation_finishes_what_is_committed_and_aborts_what_expired_before_that() {
        use Status::{Committed, InProgress};
        let mut q = Queue::new();
        let jobs = ["committed", "begun", "leased", "fresh"].map(|key| q.submit(key));
        let [committed, begun, leased] = [q.lease(), q.lease(), q.lease()];
        q.progress(committed, &[InProgress, Committed]);
        q.progress(begun, &[InProgress]);
        q.now = q.now + SECOND;
        assert_eq!(q.jobs.lease("B", Stamp(0) + SECOND / 2, &q.policy).map(|(e, _)| e), Ok(ExecutionId(4)), "`fresh`");
        assert_eq!(q.reconcile(), Reconciled { finished: vec![committed], aborted: vec![begun, leased] });
        assert_eq!(
            jobs.map(|job| q.state(job)),
            [JobState::Succeeded, JobState::Pending, JobState::Pending, JobState::Pending]
        );
        assert_eq!(q.jobs.open(), 3);
        assert_eq!(q.reconcile(), Reconciled::default(), "once is enough");
    }

    #[test]
    fn a_lease_that_is_not_over_is_left_alone() {
        let mut q = Queue::new();
        let job = q.submit("a");
        q.lease();
        q.now = q.now + SECOND / 2;
        assert_eq!(q.reconcile(), Reconciled::default());
        assert_eq!(q.state(job), JobState::Running);
    }

    #[test]
    fn a_budget_ends_a_job_that_always_fails() {
        let mut q = Queue::new();
        q.policy.budget = Some(2);
        let job = q.submit("a");
        for state in [JobState::Failed, JobState::DeadLettered] {
            let execution = q.lease();
            q.progress(execution, &[Status::Aborted]);
            assert_eq!(q.state(job), state);
            q.now = q.now + SECOND;
        }
        assert_eq!(q.jobs.lease("A", q.now, &q.policy), Err(None));
    }
}
