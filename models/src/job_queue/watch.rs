//! What is told to the observers of liveness and load: what happens at the store, and, by looking, what does not happen.

use std::io;
use std::time::Duration;

use tumult_invariants::{AttemptHistory, JobId, Status};
use tumult_sim::fault::quiet_since;
use tumult_sim::task::spawn;
use tumult_sim::time::{now, sleep};

use super::policies::SHED;
use super::{Event, JobState, Jobs, Observers, Policy};

/// How often an observer looks: a small part of the bounds that it looks for.
const LOOK: Duration = Duration::from_millis(250);

/// An observer who is outside of the system, where the ledger is: looks for as long as `ledger` runs.
pub(super) async fn beside(seen: Observers, ledger: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    spawn(async move {
        loop {
            sleep(LOOK).await;
            // Nothing is told to them that they know.
            if seen.ends.read(|e| e.is_due(now(), quiet_since())) {
                seen.ends.update(|e| e.looks(now(), quiet_since()));
            }
            if seen.control.read(|c| c.is_due(now())) {
                seen.control.update(|c| c.looks(now()));
            }
        }
    });
    ledger.await
}

impl Observers {
    /// A client was told that its job is accepted.
    pub(super) fn accepted(&self, job: JobId) {
        self.work.update(|w| w.accepted(job));
        self.ends.update(|e| e.accepted(job, now()));
    }

    /// The store has read its log. What was written and could not be synced may be there, and has taken effect then
    /// though nobody saw it.
    pub(super) fn recovers(&self, jobs: &Jobs, policy: &Policy) {
        let ended = jobs.completions().map(|(job, _)| job);
        let ended = ended.filter(|job| jobs.state(*job, policy).is_some_and(JobState::is_final));
        self.ends.update(|e| ended.for_each(|job| e.ended(job)));
    }

    /// An event has taken effect at the store.
    pub(super) fn happens(&self, event: &Event, jobs: &Jobs, policy: &Policy) {
        let job = match event {
            Event::Accepted { job, .. } => {
                self.attempts.update(AttemptHistory::accepts);
                *job
            }
            Event::Leased { job, owner, .. } => {
                if owner != SHED {
                    self.attempts.update(|a| a.attempts(*job));
                }
                return;
            }
            Event::Moved { execution, to, .. } if to.is_final() => {
                let Some(job) = jobs.execution(*execution).and_then(|e| jobs.job(e.job)) else { return };
                if *to == Status::Done {
                    self.goodput.update(|g| g.done(&job.key, now()));
                }
                job.id
            }
            Event::Queued(_) | Event::Delivered { .. } => {
                let (items, bytes) = jobs.outbox().size();
                return self.backlog.update(|b| b.holds("the outbox", items, bytes));
            }
            _ => return,
        };
        if jobs.state(job, policy).is_some_and(JobState::is_final) {
            self.ends.update(|e| e.ended(job));
        }
        let bytes = jobs.open_jobs().map(|job| size_of_val(job) + job.key.len() + job.payload.len()).sum();
        self.backlog.update(|b| b.holds("the store", jobs.open(), bytes));
    }
}
