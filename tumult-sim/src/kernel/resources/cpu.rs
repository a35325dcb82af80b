//! The cores of one machine, shared by all jobs that run on it.
//!
//! Processor sharing: n jobs on c cores get min(1, c / n) of a core each, less what is stolen. So all running jobs get
//! the same service, and one number says how much each has had: a job is done when that number reaches the one at
//! which it is due. Only a change of the load or of the theft changes the rate, and only then is anything computed.
//!
//! All of it is in whole numbers. A change rounds the service down by less than 2⁻²⁰ ns, so a job is at most a
//! nanosecond late for every million changes of the load while it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::base::{ProcessId, Time, nanos};
use crate::kernel::task::Waiter;

/// Names a job, unique on its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct JobId(u64);

/// Units of service that a nanosecond of a core is.
const UNIT: u128 = 1 << 20;
const MILLION: u128 = 1_000_000;

#[derive(Debug)]
struct Job {
    process: ProcessId,
    /// What it asked for.
    asked: u128,
    /// The service at which it is due; while it is frozen, the service that it still needs.
    due: u128,
    frozen: bool,
    waiter: Option<Waiter>,
}

impl Job {
    /// The service that it still needs.
    fn left(&self, service: u128) -> u128 {
        if self.frozen { self.due } else { self.due.saturating_sub(service) }
    }
}

/// The cores of one machine and who runs on them.
#[derive(Debug)]
pub(crate) struct Cpu {
    cores: u32,
    /// What is taken of each core by a fault, in parts in a million, by the process that the fault names.
    thefts: BTreeMap<ProcessId, u32>,
    /// The service that a job would have had which ran all the time.
    service: u128,
    /// When that was right.
    at: Time,
    jobs: BTreeMap<JobId, Job>,
    /// The jobs that are not frozen, the next to be done first.
    due: BTreeSet<(u128, JobId)>,
    next: u64,
    /// The service that jobs had which are no more.
    used: BTreeMap<ProcessId, u128>,
    /// How often a job has met a theft.
    felt: u64,
}

impl Cpu {
    pub(crate) fn new(cores: u32) -> Self {
        assert!(cores > 0, "failed to make a machine of 0 cores; give it 1 or more");
        Self {
            cores,
            thefts: BTreeMap::new(),
            service: 0,
            at: Time::ZERO,
            jobs: BTreeMap::new(),
            due: BTreeSet::new(),
            next: 0,
            used: BTreeMap::new(),
            felt: 0,
        }
    }

    pub(crate) fn cores(&self) -> u32 {
        self.cores
    }

    /// Jobs that run now.
    pub(crate) fn running(&self) -> usize {
        self.due.len()
    }

    fn stolen_ppm(&self) -> u32 {
        self.thefts.values().copied().max().unwrap_or(0)
    }

    /// How busy the machine is now, from 0 to 1, what is stolen included.
    pub(crate) fn utilization(&self) -> f64 {
        let stolen = f64::from(self.stolen_ppm()) / 1e6;
        let busy = self.due.len().min(self.cores as usize) as f64 / f64::from(self.cores);
        stolen + (1.0 - stolen) * busy
    }

    /// Units of service a job gets in a nanosecond, as a fraction. With nobody there, what one would get.
    fn rate(&self) -> (u128, u128) {
        let jobs = self.due.len().max(1) as u128;
        let speed = MILLION - u128::from(self.stolen_ppm());
        (UNIT * speed * jobs.min(u128::from(self.cores)), MILLION * jobs)
    }

    /// The service up to `now`: before every change.
    fn advance(&mut self, now: Time) {
        (self.service, self.at) = (self.service_at(now), now);
    }

    fn service_at(&self, now: Time) -> u128 {
        if self.due.is_empty() {
            return self.service;
        }
        let (num, den) = self.rate();
        self.service + (now - self.at).as_nanos() * num / den
    }

    /// When the next job is done, as things are.
    pub(crate) fn next_at(&self) -> Option<Time> {
        let needs = self.due.first()?.0.saturating_sub(self.service);
        let (num, den) = self.rate();
        if num == 0 {
            return None;
        }
        let ns = u64::try_from((needs * den).div_ceil(num)).ok()?;
        self.at.as_nanos().checked_add(ns).map(Time::from_nanos)
    }

    /// A job that takes `work` alone on a core.
    pub(crate) fn begin(&mut self, now: Time, process: ProcessId, work: Duration, waiter: Waiter) -> JobId {
        self.advance(now);
        self.next += 1;
        let id = JobId(self.next);
        let asked = u128::from(nanos(work)) * UNIT;
        let due = self.service + asked;
        self.jobs.insert(id, Job { process, asked, due, frozen: false, waiter: Some(waiter) });
        self.due.insert((due, id));
        self.felt += u64::from(self.stolen_ppm() > 0);
        id
    }

    /// Another task waits for it. Gives back the waiter that is not kept; `Err` when the job is no more: it is done.
    pub(crate) fn rewait(&mut self, id: JobId, waiter: Waiter) -> Result<Option<Waiter>, Waiter> {
        match self.jobs.get_mut(&id) {
            Some(job) => Ok(job.waiter.replace(waiter)),
            None => Err(waiter),
        }
    }

    /// All jobs that are done by now: whose, and who waits.
    pub(crate) fn finish(&mut self, now: Time) -> Vec<(ProcessId, Option<Waiter>)> {
        self.advance(now);
        let mut done = vec![];
        while let Some((due, id)) = self.due.first().copied()
            && due <= self.service
        {
            done.extend(self.remove(id).map(|job| (job.process, job.waiter)));
        }
        done
    }

    /// A job is given up: whose it was, and who waited. Nothing if it is done.
    pub(crate) fn cancel(&mut self, now: Time, id: JobId) -> Option<(ProcessId, Option<Waiter>)> {
        self.advance(now);
        self.remove(id).map(|job| (job.process, job.waiter))
    }

    fn remove(&mut self, id: JobId) -> Option<Job> {
        let job = self.jobs.remove(&id)?;
        let left = job.left(self.service);
        *self.used.entry(job.process).or_default() += job.asked - left;
        if !job.frozen {
            self.due.remove(&(job.due, id));
        }
        Some(job)
    }

    /// A process stands still, or goes on: its jobs do too, and leave the cores to others.
    pub(crate) fn freeze(&mut self, now: Time, process: ProcessId, frozen: bool) {
        self.advance(now);
        for (id, job) in self.jobs.iter_mut().filter(|(_, j)| j.process == process && j.frozen != frozen) {
            job.frozen = frozen;
            if frozen {
                self.due.remove(&(job.due, *id));
                job.due = job.due.saturating_sub(self.service);
            } else {
                job.due += self.service;
                self.due.insert((job.due, *id));
            }
        }
    }

    /// A process has ended: its jobs are no more. Gives back who waited.
    pub(crate) fn end(&mut self, now: Time, process: ProcessId) -> Vec<Waiter> {
        self.advance(now);
        let its: Vec<JobId> = self.jobs.iter().filter(|(_, j)| j.process == process).map(|(id, _)| *id).collect();
        its.into_iter().filter_map(|id| self.remove(id)?.waiter).collect()
    }

    /// What is taken of each core, in parts in a million: of the faults in force the greatest counts.
    pub(crate) fn steal(&mut self, now: Time, by: ProcessId, ppm: u32) {
        self.advance(now);
        if ppm == 0 {
            self.thefts.remove(&by);
        } else {
            self.thefts.insert(by, ppm.min(MILLION as u32));
            self.felt += self.due.len() as u64;
        }
    }

    /// What a fault that names this process takes now.
    pub(crate) fn stolen_by(&self, process: ProcessId) -> u32 {
        self.thefts.get(&process).copied().unwrap_or(0)
    }

    pub(crate) fn felt(&self) -> u64 {
        self.felt
    }

    /// The CPU time that a process has had so far.
    pub(crate) fn used(&self, now: Time, process: ProcessId) -> Duration {
        let service = self.service_at(now);
        let its = self.jobs.values().filter(|j| j.process == process);
        let running: u128 = its.map(|j| j.asked - j.left(service)).sum();
        let units = running + self.used.get(&process).copied().unwrap_or(0);
        Duration::from_nanos(u64::try_from(units / UNIT).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests;
