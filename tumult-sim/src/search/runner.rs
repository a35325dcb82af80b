//! Runs seeds in parallel, each on a fresh thread of its own, or in a process of its own.
//!
//! A fresh thread has fresh thread-locals, so what one run leaves there no other finds. The workers share two words
//! and no lock: which case is next, and the lowest one that has failed. Cases are claimed in order, so all below a
//! failing one were claimed before it and run to their end: which failure is the first does not depend on the
//! number of workers, nor on which of them is the fastest.

use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use super::isolation::{Isolation, Isolator, PATIENCE};
use super::padding::Padding;
use super::seeds::Cases;
use super::worker::Place;
use crate::base::Seed;
use crate::sim::{RunOutcome, Sim, SimConfig, Surroundings, run_once};

/// The function under test: called once for each run.
pub(crate) type Test<'a> = &'a (dyn Fn(&mut Sim) + Sync);

/// How runs are made.
pub(crate) struct Runner<'a> {
    pub(crate) test: Test<'a>,
    /// The settings of every run; each gets a seed of its own.
    pub(crate) config: SimConfig,
    pub(crate) jobs: usize,
    /// No case is begun after it, but for the first.
    pub(crate) deadline: Option<Instant>,
    /// Whether cases after one that failed are left out.
    pub(crate) stops_at_failure: bool,
    /// Makes those runs that need processes of their own.
    pub(super) isolator: Arc<Isolator>,
}

impl<'a> Runner<'a> {
    /// A runner that runs every seed to its end.
    pub(crate) fn new(test: Test<'a>, config: SimConfig, jobs: usize) -> Self {
        let isolator = Arc::new(Isolator::new(Isolation::None, Place::unknown(), PATIENCE));
        Self { test, config, jobs, deadline: None, stops_at_failure: false, isolator }
    }

    /// The same, to run every seed to its end, as far as the deadline allows.
    pub(super) fn without_stopping(&self, deadline: Instant) -> Self {
        Self {
            test: self.test,
            config: self.config.clone(),
            jobs: self.jobs,
            deadline: Some(deadline),
            stops_at_failure: false,
            isolator: Arc::clone(&self.isolator),
        }
    }

    /// One run of this seed with the settings of all.
    pub(crate) fn once(&self, seed: Seed, record: bool, padding: Padding) -> RunOutcome {
        self.run_as(&self.config_of(seed), record, padding)
    }

    /// The settings of the run of this seed.
    pub(crate) fn config_of(&self, seed: Seed) -> SimConfig {
        SimConfig { seed, ..self.config.clone() }
    }

    /// One run with these settings, in a process of its own where it needs one.
    pub(crate) fn run_as(&self, config: &SimConfig, record: bool, padding: Padding) -> RunOutcome {
        if !self.isolator.is_on() {
            let offers_isolation = self.isolator.isolation != Isolation::None;
            let surroundings = Surroundings { offers_isolation, echo: None };
            match self.here(config, record, padding, surroundings) {
                Some(outcome) => return outcome,
                None => self.isolator.turn_on(),
            }
        }
        self.apart(config, record)
    }

    /// One run in this process, on a fresh thread. `None` when it needs a process of its own.
    pub(super) fn here(
        &self,
        config: &SimConfig,
        record: bool,
        padding: Padding,
        surroundings: Surroundings,
    ) -> Option<RunOutcome> {
        let seed = config.seed;
        let config = SimConfig { record, ..config.clone() };
        let run = || {
            let padded = padding.apply();
            let outcome = run_once(config, surroundings, self.test);
            drop(padded);
            outcome
        };
        let named = thread::Builder::new().name(format!("seed {seed}"));
        thread::scope(|scope| match named.spawn_scoped(scope, run) {
            // A run catches what its test panics with; what comes through is a defect of this library.
            Ok(thread) => thread.join().unwrap_or_else(|payload| resume_unwind(payload)),
            Err(error) => panic!("failed to start a thread for seed {seed}: {error}; lower TUMULT_JOBS"),
        })
    }

    /// Runs all cases, as far as the deadline and failures allow, and gives what `keep` made of each, in the order of
    /// the cases: (number of the case, what was kept). `keep` runs on the worker, so that what is large dies there.
    pub(crate) fn run<T: Send>(&self, cases: &Cases, keep: &(dyn Fn(RunOutcome) -> T + Sync)) -> Vec<(u64, T)> {
        let case = |n| {
            let (case, seed) = cases.get(n);
            (case, self.config_of(seed))
        };
        self.run_each(0..cases.len(), &case, &|_, outcome| keep(outcome))
    }

    /// Makes the runs of these numbers, as [`run`](Self::run) does: `case` gives the number of the case and its settings.
    pub(super) fn run_each<T: Send>(
        &self,
        numbers: Range<u64>,
        case: &(dyn Fn(u64) -> (u64, SimConfig) + Sync),
        keep: &(dyn Fn(&SimConfig, RunOutcome) -> T + Sync),
    ) -> Vec<(u64, T)> {
        let (first, end) = (numbers.start, numbers.end);
        let next = AtomicU64::new(first);
        let failed = AtomicU64::new(u64::MAX);
        let worker = || {
            let mut kept = vec![];
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let late = n > 0 && self.deadline.is_some_and(|at| Instant::now() >= at);
                if n >= end || n > failed.load(Ordering::Relaxed) || late {
                    return kept;
                }
                let (case, config) = case(n);
                let outcome = self.run_as(&config, false, Padding::NONE);
                if self.stops_at_failure && outcome.failure.is_some() {
                    failed.fetch_min(n, Ordering::Relaxed);
                }
                kept.push((n, case, keep(&config, outcome)));
            }
        };
        let jobs = self.jobs.min(usize::try_from(end - first).unwrap_or(usize::MAX)).max(1);
        let mut all = if jobs == 1 {
            worker()
        } else {
            thread::scope(|scope| {
                let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(worker)).collect();
                let join =
                    |w: thread::ScopedJoinHandle<'_, _>| w.join().unwrap_or_else(|payload| resume_unwind(payload));
                workers.into_iter().flat_map(join).collect()
            })
        };
        all.sort_unstable_by_key(|kept| kept.0);
        let failed = failed.into_inner();
        all.into_iter().filter(|kept| kept.0 <= failed).map(|(_, case, kept)| (case, kept)).collect()
    }
}

impl std::fmt::Debug for Runner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("jobs", &self.jobs).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::seeds::Shard;

    fn cases(total: u64) -> Cases {
        Cases::Numbered { test: "runner".into(), total, shard: Shard::WHOLE }
    }

    fn outcomes(runner: &Runner<'_>, seeds: &[Seed]) -> Vec<RunOutcome> {
        let cases = Cases::Given(seeds.to_vec());
        runner.run(&cases, &|outcome| outcome).into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn seed_of(case: u64) -> Seed {
        cases(1).get(case).1
    }

    #[test]
    fn outcomes_come_in_the_order_of_the_seeds() {
        let test = |sim: &mut Sim| {
            sim.run();
        };
        let seeds: Vec<Seed> = (0..50).map(seed_of).collect();
        for jobs in [1, 2, 7] {
            let outcomes = outcomes(&Runner::new(&test, SimConfig::default(), jobs), &seeds);
            assert_eq!(outcomes.iter().map(|o| o.seed).collect::<Vec<_>>(), seeds);
        }
    }

    #[test]
    fn the_lowest_failing_case_wins_though_a_later_one_fails_first() {
        // Case 2 fails only once case 3 is about to, whoever is faster.
        let (low, high) = (seed_of(2), seed_of(3));
        let later_fails = AtomicU64::new(0);
        let test = |sim: &mut Sim| {
            if sim.seed() == high {
                later_fails.store(1, Ordering::Release);
                panic!("the later one");
            }
            if sim.seed() == low {
                while later_fails.load(Ordering::Acquire) == 0 {
                    thread::yield_now();
                }
                panic!("the earlier one");
            }
            sim.run();
        };
        let mut runner = Runner::new(&test, SimConfig::default(), 2);
        runner.stops_at_failure = true;
        let kept = runner.run(&cases(100), &|outcome| outcome.failure.is_some());
        assert_eq!(kept, [(0, false), (1, false), (2, true)]);
    }

    #[test]
    fn without_stopping_every_case_runs() {
        let test = |_: &mut Sim| panic!("always");
        let runner = Runner::new(&test, SimConfig::default(), 2);
        assert_eq!(runner.run(&cases(20), &|outcome| outcome.failure.is_some()).len(), 20);
    }

    #[test]
    fn after_the_deadline_only_the_first_case_runs() {
        let test = |sim: &mut Sim| {
            sim.run();
        };
        let mut runner = Runner::new(&test, SimConfig::default(), 1);
        runner.deadline = Some(Instant::now());
        assert_eq!(runner.run(&cases(20), &|_| ()).len(), 1);
    }

    #[test]
    fn each_run_has_a_thread_of_its_own() {
        thread_local!(static RUNS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) });
        let test = |sim: &mut Sim| {
            assert_eq!(RUNS.replace(1), 0);
            assert!(thread::current().name().is_some_and(|n| n == format!("seed {}", sim.seed())));
            sim.run();
        };
        let runner = Runner::new(&test, SimConfig::default(), 2);
        assert!(outcomes(&runner, &[Seed(1), Seed(2), Seed(3)]).iter().all(|o| o.failure.is_none()));
    }
}
