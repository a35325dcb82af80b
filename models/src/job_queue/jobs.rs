//! The state of the queue as a plain state machine: what is asked for is decided, what was decided is applied.
//!
//! Deciding reads only, and gives the events that follow, or refuses. Applying is done after the events are in the log,
//! and again, with the same result, when the log is replayed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tumult_invariants::{ExecutionId, JobId, Status};

use super::{Abort, Event, Execution, Job, JobState, Policy, Stamp};

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
    jobs: BTreeMap<JobId, Job>,
    by_key: BTreeMap<String, JobId>,
    executions: BTreeMap<ExecutionId, Execution>,
    /// Jobs in no final state, oldest first.
    open: BTreeSet<JobId>,
}

impl Jobs {
    /// A job's state.
    pub fn state(&self, job: JobId, policy: &Policy) -> Option<JobState> {
        let job = self.jobs.get(&job)?;
        Some(JobState::of(job.executions.iter().filter_map(|e| self.executions.get(e)), policy.budget))
    }

    /// The job of that key.
    pub fn by_key(&self, key: &str) -> Option<&Job> {
        self.jobs.get(self.by_key.get(key)?)
    }

    /// A job.
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.get(&id)
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
        self.jobs.values().map(|job| (job.id, self.is_done(job)))
    }

    fn is_done(&self, job: &Job) -> bool {
        job.executions.iter().any(|e| self.executions[e].status == Status::Done)
    }

    /// How many jobs are in no final state.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    // ---- deciding

    /// A job is submitted. One whose key is known is that job: there is nothing to do.
    pub fn submit(&self, key: &str, payload: &[u8], now: Stamp) -> (JobId, Option<Event>) {
        if let Some(job) = self.by_key.get(key) {
            return (*job, None);
        }
        let job = JobId(1 + self.jobs.last_key_value().map_or(0, |(last, _)| last.0));
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
            let expires_at = self.jobs[id].latest().map(|e| self.executions[&e].lease_expires_at);
            if let Some(at) = expires_at.filter(|at| *at > now) {
                soonest = Some(soonest.map_or(at.since(now), |s| s.min(at.since(now))));
                continue;
            }
            let execution = ExecutionId(1 + self.executions.last_key_value().map_or(0, |(last, _)| last.0));
            let (owner, expires_at) = (owner.to_string(), now + policy.lease);
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
        let latest = self.jobs[&e.job].latest().unwrap_or(execution);
        if policy.fencing && latest != execution {
            return Err(Refusal::Superseded(latest));
        }
        if policy.transition_check && !e.status.may_become(to) {
            return Err(Refusal::Undeclared { from: e.status, to });
        }
        let abort = (to == Status::Aborted).then_some(Abort::Failed);
        Ok(Some(Event::Moved { execution, to, abort, at: now }))
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
                self.jobs.insert(*job, accepted);
                *job
            }
            Event::Leased { execution, job, owner, at, expires_at } => {
                let j = self.jobs.get_mut(job).expect("a lease is of a job that was accepted");
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
                self.jobs.get_mut(&e.job).expect("an execution is of a job").updated_at = *at;
                e.job
            }
        };
        if self.state(job, policy).is_some_and(JobState::is_final) {
            self.open.remove(&job);
        } else {
            self.open.insert(job);
        }
    }
}
