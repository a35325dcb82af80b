//! Who prolongs a lease while its job is worked on, and how one is handed back before it is over.
//!
//! Renewed on the word of the queue, a lease is as good as the worker's way to the queue: it is kept up for a worker that
//! is alive and cannot reach the store, nor ever will. Renewed at the store, by the worker itself and for one execution,
//! it is kept up as long as it can be of use.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use tumult_invariants::{ExecutionId, Status};
use tumult_sim::Process;
use tumult_sim::net::rpc::Client;
use tumult_sim::task::{JoinHandle, spawn};
use tumult_sim::time::sleep;

use super::lease_time::Held;
use super::messages::{PORT, QueueReply, QueueRequest, StoreReply, StoreRequest};
use super::{Abort, Event, Execution, Jobs, Policy, Refusal, Stamp};

/// How long the store and the queue have to answer.
const DEADLINE: Duration = Duration::from_millis(100);
/// How long a worker that has handed a job back is given no other.
pub(super) const ASIDE: Duration = Duration::from_secs(5);

/// Who prolongs leases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renewal {
    /// Nobody: the work has to be shorter than the lease.
    #[default]
    Never,
    /// The queue, all those of a worker that it hears of.
    ByQueue,
    /// The store, that of an execution whose worker asks it.
    ByStore,
}

/// A worker's task, with [`Renewal::ByQueue`]: the queue hears of it for as long as its process lives.
pub(super) async fn heard_of(worker: String, queue: Process, every: Duration) -> io::Result<()> {
    let queue = Client::<QueueRequest, QueueReply>::connect((queue, PORT)).await?;
    loop {
        sleep(every).await;
        // Late or lost, the next one follows.
        let _ = queue.call(&QueueRequest::Renew { worker: worker.clone() }, DEADLINE).await;
    }
}

/// A worker's task, with [`Renewal::ByStore`]: it ends when the attempt does.
pub(super) struct Renewing(JoinHandle<()>);

impl Drop for Renewing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Renewing {
    pub(super) fn begins(
        store: Client<StoreRequest, StoreReply>,
        execution: ExecutionId,
        every: Duration,
        held: Rc<Cell<Held>>,
    ) -> Self {
        Self(spawn(async move {
            loop {
                sleep(every).await;
                let asked = held.get().anew();
                match store.call(&StoreRequest::Renew { execution }, DEADLINE).await {
                    Ok(StoreReply::Renewed(until)) => held.set(asked.renewed(until)),
                    Ok(_) => return,
                    Err(_) => {}
                }
            }
        }))
    }
}

/// When a lease that is given or renewed now is over.
pub(super) fn over_at(now: Stamp, policy: &Policy) -> Stamp {
    now + policy.lease + policy.store.drift_margin
}

impl Jobs {
    /// The lease of an execution is renewed.
    ///
    /// # Errors
    /// When it is not the job's latest, or the execution has ended.
    pub fn renew(&self, execution: ExecutionId, now: Stamp, policy: &Policy) -> Result<Event, Refusal> {
        let e = self.current(execution)?;
        if e.status.is_final() {
            return Err(Refusal::Undeclared { from: e.status, to: e.status });
        }
        Ok(Event::LeaseEnds { execution, at: over_at(now, policy) })
    }

    /// All leases of a worker are renewed that are not over.
    pub fn renew_all(&self, worker: &str, now: Stamp, policy: &Policy) -> Vec<Event> {
        let mine = |e: &&Execution| e.lease_owner == worker && !e.status.is_final() && e.lease_expires_at > now;
        let renewed = |e: &Execution| Event::LeaseEnds { execution: e.id, at: over_at(now, policy) };
        self.latest_of_open().filter(mine).map(renewed).collect()
    }

    /// A worker hands its job back, which it could not do: the execution is aborted and its lease is over, so that the job
    /// is leasable at once. What is committed stays so.
    ///
    /// # Errors
    /// When the lease is not the job's latest.
    pub fn hand_back(&self, execution: ExecutionId, now: Stamp, date: Stamp) -> Result<Vec<Event>, Refusal> {
        let e = self.current(execution)?;
        if matches!(e.status, Status::Committed | Status::Done) {
            return Err(Refusal::Undeclared { from: e.status, to: Status::Aborted });
        }
        let aborted = e.status.may_become(Status::Aborted).then_some(Event::Moved {
            execution,
            to: Status::Aborted,
            abort: Some(Abort::Failed),
            at: date,
        });
        let over = (e.lease_expires_at > now).then_some(Event::LeaseEnds { execution, at: now });
        Ok(aborted.into_iter().chain(over).collect())
    }

    /// An execution that is its job's latest.
    fn current(&self, execution: ExecutionId) -> Result<&Execution, Refusal> {
        let e = self.execution(execution).ok_or(Refusal::Unknown)?;
        match self.job(e.job).and_then(super::Job::latest) {
            Some(latest) if latest != execution => Err(Refusal::Superseded(latest)),
            _ => Ok(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// One job, leased to A at 0 for a second.
    fn leased() -> (Jobs, Policy, ExecutionId) {
        let policy = Policy { lease: SECOND, ..Policy::default() };
        let mut jobs = Jobs::default();
        jobs.apply(&jobs.submit("a", &[], Stamp(0)).1.unwrap(), &policy);
        let (execution, event) = jobs.lease("A", Stamp(0), &policy).unwrap();
        jobs.apply(&event, &policy);
        (jobs, policy, execution)
    }

    fn is_leasable(jobs: &Jobs, now: Stamp, policy: &Policy) -> bool {
        jobs.lease("B", now, policy).is_ok()
    }

    #[test]
    fn a_renewed_lease_lasts_from_then_on() {
        let (end, half) = (Stamp(0) + SECOND, Stamp(0) + SECOND / 2);
        let (mut jobs, policy, execution) = leased();
        assert!(is_leasable(&jobs, end, &policy));
        jobs.apply(&jobs.renew(execution, half, &policy).unwrap(), &policy);
        assert!(!is_leasable(&jobs, end, &policy) && is_leasable(&jobs, half + SECOND, &policy));

        let (mut jobs, policy, _) = leased();
        assert_eq!(jobs.renew_all("B", half, &policy), []);
        assert_eq!(jobs.renew_all("A", end, &policy), [], "it is over");
        for event in jobs.renew_all("A", half, &policy) {
            jobs.apply(&event, &policy);
        }
        assert!(!is_leasable(&jobs, end, &policy) && is_leasable(&jobs, half + SECOND, &policy));
    }

    #[test]
    fn what_is_handed_back_is_leasable_at_once_and_by_its_holder_alone() {
        let now = Stamp(7);
        let (mut jobs, policy, execution) = leased();
        for event in jobs.hand_back(execution, now, now).unwrap() {
            jobs.apply(&event, &policy);
        }
        assert_eq!(jobs.execution(execution).unwrap().status, Status::Aborted);
        let (next, event) = jobs.lease("B", now, &policy).unwrap();
        jobs.apply(&event, &policy);
        assert_eq!(jobs.hand_back(execution, now, now), Err(Refusal::Superseded(next)));
        assert_eq!(jobs.renew(execution, now, &policy), Err(Refusal::Superseded(next)));
        assert_eq!(jobs.renew(ExecutionId(9), now, &policy), Err(Refusal::Unknown));
    }

    #[test]
    fn what_is_committed_is_not_handed_back() {
        let (mut jobs, policy, execution) = leased();
        for to in [Status::InProgress, Status::Committed] {
            jobs.apply(&jobs.progress(execution, to, Stamp(1), &policy).unwrap().unwrap(), &policy);
        }
        assert!(jobs.hand_back(execution, Stamp(2), Stamp(2)).is_err());
    }
}
