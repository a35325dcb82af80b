//! What it cost to get jobs done.

use std::collections::BTreeMap;

use crate::{Bounds, JobId};

/// Attempts at two layers: a lease is an attempt at a job; a call to those outside, whoever makes it and whatever
/// becomes of it, is an attempt at an effect. A layer that tries three times below one that tries three times makes nine
/// calls for one job.
#[derive(Clone, Debug)]
pub struct AttemptHistory {
    bounds: Bounds,
    accepted: u64,
    jobs: BTreeMap<JobId, u32>,
    calls: u64,
    flaw: Option<String>,
}

impl AttemptHistory {
    /// A history that is held to these bounds.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, accepted: 0, jobs: BTreeMap::new(), calls: 0, flaw: None }
    }

    /// A job is accepted, which allows for more calls.
    pub fn accepts(&mut self) {
        self.accepted += 1;
    }

    /// A worker is given the job.
    pub fn attempts(&mut self, job: JobId) {
        let attempts = self.jobs.entry(job).or_default();
        *attempts += 1;
        let (attempts, most) = (*attempts, self.bounds.attempts);
        if attempts > most {
            self.flaw.get_or_insert_with(|| format!("{job} is attempted for the {attempts}th time, of {most}"));
        }
    }

    /// Somebody outside is called on behalf of a job.
    pub fn calls(&mut self) {
        self.calls += 1;
        let (calls, accepted) = (self.calls, self.accepted);
        let Bounds { amplification, reserve, .. } = self.bounds;
        if calls > amplification * accepted + reserve {
            self.flaw.get_or_insert_with(|| {
                format!("{calls} calls were made for {accepted} jobs: more than {amplification} for each and {reserve}")
            });
        }
    }

    /// How many calls were made.
    pub fn calls_made(&self) -> u64 {
        self.calls
    }

    /// How many jobs were accepted.
    pub fn jobs_accepted(&self) -> u64 {
        self.accepted
    }

    /// The most attempts that a job has had.
    pub fn most_attempts(&self) -> u32 {
        self.jobs.values().copied().max().unwrap_or(0)
    }

    /// What was wrong first.
    pub fn flaw(&self) -> Option<&str> {
        self.flaw.as_deref()
    }
}
