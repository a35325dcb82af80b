//! Which accepted jobs have ended, and how long the others have been waiting.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tumult_sim::Time;

use crate::JobId;

/// Jobs from when their clients are told that they are accepted to when they end.
///
/// That something did not happen is seen by looking: an observer [looks](Self::looks) again and again.
#[derive(Clone, Debug)]
pub struct EndHistory {
    within: Duration,
    /// Accepted and not ended, and since when.
    open: BTreeMap<JobId, Time>,
    ended: BTreeSet<JobId>,
    overdue: Option<Overdue>,
}

/// A job that has not ended in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// Which job.
    pub job: JobId,
    /// When it was accepted.
    pub accepted_at: Time,
    /// How long it has had without any fault.
    pub waited: Duration,
}

impl EndHistory {
    /// A history of jobs that have to end within so long.
    pub fn new(within: Duration) -> Self {
        Self { within, open: BTreeMap::new(), ended: BTreeSet::new(), overdue: None }
    }

    /// The client was told that its job is accepted.
    pub fn accepted(&mut self, job: JobId, at: Time) {
        if !self.ended.contains(&job) {
            self.open.entry(job).or_insert(at);
        }
    }

    /// The job is SUCCEEDED or `DEAD_LETTERED`.
    pub fn ended(&mut self, job: JobId) {
        self.open.remove(&job);
        self.ended.insert(job);
    }

    /// An observer looks, and sees since when no fault is in force; `None`: one is, so nothing is due.
    pub fn looks(&mut self, now: Time, quiet_since: Option<Time>) {
        self.overdue = self.overdue.or_else(|| self.first_due(now, quiet_since));
    }

    /// Whether one who looks now sees something new.
    pub fn is_due(&self, now: Time, quiet_since: Option<Time>) -> bool {
        self.overdue.is_none() && self.first_due(now, quiet_since).is_some()
    }

    fn first_due(&self, now: Time, quiet_since: Option<Time>) -> Option<Overdue> {
        let quiet_since = quiet_since?;
        self.open.iter().find_map(|(job, accepted_at)| {
            let waited = now.saturating_since((*accepted_at).max(quiet_since));
            (waited > self.within).then_some(Overdue { job: *job, accepted_at: *accepted_at, waited })
        })
    }

    /// How many jobs are accepted and have not ended.
    pub fn jobs_open(&self) -> usize {
        self.open.len()
    }

    /// How many jobs have ended.
    pub fn jobs_ended(&self) -> usize {
        self.ended.len()
    }

    /// The first job that was seen not to have ended in time.
    pub fn overdue(&self) -> Option<Overdue> {
        self.overdue
    }
}
