//! What was promised to those outside, and what the store still knows of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::JobId;

/// Promises: a job that its client was told is accepted, a job that its worker was told is completed. And the store's
/// own view, which has to keep them.
#[derive(Clone, Debug, Default)]
pub struct WorkHistory {
    accepted: BTreeSet<JobId>,
    completed: BTreeSet<JobId>,
    /// What the store knows, and whether it holds it for completed.
    known: BTreeMap<JobId, bool>,
    open: usize,
    recoveries: u64,
    flaw: Option<String>,
}

impl WorkHistory {
    /// The client was told that its job is accepted.
    pub fn accepted(&mut self, job: JobId) {
        self.accepted.insert(job);
        self.judge_one(job);
    }

    /// The worker was told that its job is completed.
    pub fn completed(&mut self, job: JobId) {
        self.completed.insert(job);
        self.judge_one(job);
    }

    /// The store knows the job.
    pub fn stores(&mut self, job: JobId, completed: bool) {
        let before = self.known.insert(job, completed);
        self.open += usize::from(!completed);
        self.open -= usize::from(before == Some(false));
        self.judge_one(job);
    }

    /// The store has recovered, and this is what it knows.
    pub fn recovers(&mut self, known: impl IntoIterator<Item = (JobId, bool)>) {
        self.recoveries += 1;
        self.known = known.into_iter().collect();
        self.open = self.known.values().filter(|completed| !**completed).count();
        let promised: BTreeSet<JobId> = self.accepted.union(&self.completed).copied().collect();
        for job in promised {
            self.judge_one(job);
        }
    }

    fn judge_one(&mut self, job: JobId) {
        let after = self.recoveries;
        let (accepted, completed) = (self.accepted.contains(&job), self.completed.contains(&job));
        let flaw = match self.known.get(&job) {
            Some(false) if completed => format!("{job} is completed, and is denied"),
            None if completed => format!("{job} is completed, and is not known"),
            None if accepted => format!("{job} is accepted, and was dropped"),
            _ => return,
        };
        self.flaw.get_or_insert_with(|| format!("{flaw} (after recovery {after})"));
    }

    /// How many jobs clients were told are accepted.
    pub fn jobs_accepted(&self) -> usize {
        self.accepted.len()
    }

    /// How many jobs workers were told are completed.
    pub fn jobs_completed(&self) -> usize {
        self.completed.len()
    }

    /// How many jobs the store knows and holds for unfinished.
    pub fn jobs_open(&self) -> usize {
        self.open
    }

    /// Whether a job's client was told that it is accepted.
    pub fn is_accepted(&self, job: JobId) -> bool {
        self.accepted.contains(&job)
    }

    /// How often the store has recovered.
    pub fn recoveries(&self) -> u64 {
        self.recoveries
    }

    /// What was wrong first.
    pub fn flaw(&self) -> Option<&str> {
        self.flaw.as_deref()
    }
}
