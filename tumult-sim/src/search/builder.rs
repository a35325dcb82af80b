//! [`Search`]: the search of a test, as a program can set it up.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::child;
use super::determinism::Judge;
use super::diagnose::{Case, Diagnosis};
use super::environment::{Check, Environment};
use super::found::{Found, Seen};
use super::runner::{Runner, Test};
use super::seeds::{Cases, Shard};
use super::subject::{Subject, TestDecl};
use super::token::Token;
use crate::base::{Error, OrPanic as _, Seed};
use crate::context::{Cause, Failure};
use crate::kernel::task::Schedule;
use crate::sim::{Sim, SimConfig};
use crate::trace::TraceHash;

/// Seeds that a test tries unless it says otherwise.
const SEEDS: u64 = 100;
/// Seeds that `Check::Sample` runs again.
const SAMPLE: usize = 4;
/// `Check::Light` runs one seed again where at least so many ran: it costs an eighth at the most.
const LIGHT_FROM: usize = 8;

/// A search of many seeds, as `#[tumult_sim::test]` makes one; for tools, and for tests that expect a failure.
///
/// It reads no `TUMULT_…` variables: what it does is what is set here.
///
/// ```
/// use tumult_sim::{Sim, process, search::Search};
///
/// let found = Search::new("one in eight is zero").seeds(200).run(|sim: &mut Sim| {
///     let process = sim.primary("dice", || async { process::random_below(8) });
///     assert_ne!(sim.run().output::<u64>(process), Some(&0));
/// });
/// let seed = found.seed().expect("200 dice without a zero");
/// assert!(found.report().unwrap().contains(&seed.to_string()));
/// ```
#[derive(Clone, Debug)]
pub struct Search {
    subject: Subject,
    cases: Cases,
    jobs: usize,
    check: Check,
    time_budget: Option<Duration>,
    config: SimConfig,
    /// The standard harness knows the test, so that a new process can run it.
    in_harness: bool,
    /// Of the token that is replayed.
    warnings: Vec<String>,
    replays: bool,
    child: Option<PathBuf>,
}

/// What is kept of every run: little, since there may be a million.
#[derive(Debug)]
struct Brief {
    seed: Seed,
    trace: TraceHash,
    virtual_time: Duration,
    failure: Option<Box<Failure>>,
    seen: Seen,
}

impl Search {
    /// A search with 100 seeds that follow from the name, on all cores.
    pub fn new(name: &str) -> Self {
        Self::of(Subject::free(name))
    }

    fn of(subject: Subject) -> Self {
        Self {
            cases: Cases::Numbered { test: subject.id.clone(), total: SEEDS, shard: Shard::WHOLE },
            subject,
            jobs: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            check: Check::Light,
            time_budget: None,
            config: SimConfig::default(),
            in_harness: false,
            warnings: vec![],
            replays: false,
            child: None,
        }
    }

    /// The search of a test of the harness, as the environment wants it.
    pub(crate) fn for_test(subject: Subject, decl: &TestDecl, env: &Environment) -> Result<Self, Error> {
        let mut search = Self::of(subject);
        search.in_harness = true;
        search.jobs = env.jobs.map_or(search.jobs, NonZeroUsize::get);
        search.check = env.check;
        search.time_budget = env.time_budget;
        search.child.clone_from(&env.child);
        if let Some(schedule) = decl.schedule {
            search.config.schedule = schedule.parse()?;
        }
        let total = env.seeds.or(decl.seeds).unwrap_or(SEEDS);
        search.cases = Cases::Numbered { test: search.subject.id.clone(), total, shard: env.shard };
        if let Some(seed) = env.seed {
            search = search.seed(seed);
        }
        match &env.replay {
            Some(token) => search.replayed(token.clone()),
            None => Ok(search),
        }
    }

    /// How many seeds to try.
    ///
    /// # Panics
    /// When it is 0.
    #[track_caller]
    pub fn seeds(mut self, seeds: u64) -> Self {
        assert!(seeds > 0, "a search of 0 seeds tests nothing");
        self.cases = Cases::Numbered { test: self.subject.id.clone(), total: seeds, shard: Shard::WHOLE };
        self
    }

    /// Only this seed.
    pub fn seed(mut self, seed: impl Into<Seed>) -> Self {
        self.cases = Cases::Given(vec![seed.into()]);
        self
    }

    /// How many runs at a time.
    ///
    /// # Panics
    /// When it is 0.
    #[track_caller]
    pub fn jobs(mut self, jobs: usize) -> Self {
        assert!(jobs > 0, "a search with 0 jobs runs nothing");
        self.jobs = jobs;
        self
    }

    /// In which order ready tasks run.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.config.schedule = schedule;
        self
    }

    /// How much is run again to see whether it runs the same; in a new process only for tests of the harness.
    pub fn check(mut self, check: Check) -> Self {
        self.check = check;
        self
    }

    /// Without the determinism check: for seeds that another search has checked already.
    pub(crate) fn unchecked(self) -> Self {
        self.check(Check::Off)
    }

    /// No further seed is begun after so much time.
    pub fn time_budget(mut self, budget: Duration) -> Self {
        self.time_budget = Some(budget);
        self
    }

    /// Only the run that a token stands for.
    ///
    /// # Errors
    /// When the token is damaged, of another version, or of another test than the search's name.
    pub fn replay(self, token: &str) -> Result<Self, Error> {
        self.replayed(token.parse()?)
    }

    fn replayed(mut self, token: Token) -> Result<Self, Error> {
        let token = token.for_test(&self.subject.id)?;
        self.warnings = token.warnings();
        self.config.schedule = token.schedule;
        self.config.plan = token.plan()?;
        self.replays = true;
        Ok(self.seed(token.seed))
    }

    /// Searches.
    ///
    /// # Panics
    /// When a run cannot be made at all: no thread to be had.
    #[track_caller]
    pub fn run(&self, test: impl Fn(&mut Sim) + Sync) -> Found {
        let runner = self.runner(&test);
        self.search(&runner)
    }

    /// In which order ready tasks run.
    pub(super) fn schedule_in_use(&self) -> Schedule {
        self.config.schedule
    }

    fn runner<'a>(&self, test: Test<'a>) -> Runner<'a> {
        let mut runner = Runner::new(test, self.config.clone(), self.jobs);
        runner.deadline = self.time_budget.map(|budget| Instant::now() + budget);
        runner.stops_at_failure = true;
        runner
    }

    #[track_caller]
    fn search(&self, runner: &Runner<'_>) -> Found {
        if let Some(order) = &self.child {
            child::obey(order, &self.subject, runner).or_panic();
            // The order is for another test: this one has nothing to do.
            return Found { seen: vec![], runs: 0, virtual_time: Duration::ZERO, wall: Duration::ZERO, failed: None };
        }
        let begun = Instant::now();
        let briefs = runner.run(&self.cases, &|outcome| Brief {
            seed: outcome.seed,
            trace: outcome.trace,
            virtual_time: outcome.ended_at.since_start(),
            seen: Seen::of(&outcome),
            failure: outcome.failure.map(Box::new),
        });
        let mut found = Found {
            seen: briefs.iter().filter(|(_, b)| b.failure.is_none()).map(|(_, b)| b.seen.clone()).collect(),
            runs: briefs.len() as u64,
            virtual_time: briefs.iter().fold(Duration::ZERO, |sum, b| sum.saturating_add(b.1.virtual_time)),
            wall: begun.elapsed(),
            failed: None,
        };
        let judge = Judge {
            runner,
            subject: &self.subject,
            new_process: self.in_harness && self.check >= Check::Sample,
            took: found.wall,
        };
        let diagnosis = Diagnosis {
            judge: &judge,
            cases: &self.cases,
            warnings: &self.warnings,
            wall: found.wall,
            virtual_time: found.virtual_time,
        };
        let first = briefs.iter().find_map(|(case, b)| Some((*case, b, b.failure.as_deref()?)));
        found.failed = if let Some((case, brief, failure)) = first {
            Some(diagnosis.of_failing(Case { number: case, seed: brief.seed, trace: brief.trace }, failure))
        } else {
            self.unlike(&judge, &briefs).map(|(case, failure)| diagnosis.of_unlike(case, failure))
        };
        found
    }

    /// All held: whether a sample of them runs the same again.
    fn unlike(&self, judge: &Judge<'_>, briefs: &[(u64, Brief)]) -> Option<(Case, Failure)> {
        let many = match self.check {
            _ if self.replays => 0,
            Check::Off => 0,
            Check::Light => usize::from(briefs.len() >= LIGHT_FROM),
            Check::Sample => SAMPLE,
            Check::All => usize::MAX,
        };
        let sample: Vec<(Seed, TraceHash)> = briefs.iter().take(many).map(|(_, b)| (b.seed, b.trace)).collect();
        let (seed, cause) = match judge.differs(&sample) {
            _ if sample.is_empty() => return None,
            Ok(differs) => differs?,
            Err(error) => (sample[0].0, Cause::Setup { message: error.to_string() }),
        };
        let (number, brief) = briefs.iter().find(|(_, b)| b.seed == seed)?;
        let case = Case { number: *number, seed, trace: brief.trace };
        Some((case, Failure { cause, at: crate::base::Time::ZERO, process: None }))
    }
}
