//! [`Search`]: the search of a test, as a program can set it up.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::artifacts;
use super::environment::{Check, Environment};
use super::found::Found;
use super::isolation::{Isolation, PATIENCE};
use super::logs::Logs;
use super::regressions::Regressions;
use super::seeds::{Cases, Shard};
use super::subject::{Subject, TestDecl};
use super::token::Token;
use super::worker;
use crate::base::{Error, Seed};
use crate::kernel::task::Schedule;
use crate::sim::{Sim, SimConfig};
use crate::trace::{LogFilter, TraceHash};

/// Seeds that a test tries unless it says otherwise.
const SEEDS: u64 = 100;

/// How long a failing case of a test is made smaller and explained.
const EXPLAIN: Duration = Duration::from_secs(20);

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
    pub(super) subject: Subject,
    pub(super) cases: Cases,
    pub(super) jobs: usize,
    pub(super) check: Check,
    pub(super) time_budget: Option<Duration>,
    pub(super) config: SimConfig,
    /// The standard harness knows the test, so that a new process can run it.
    pub(super) in_harness: bool,
    /// Of the token that is replayed.
    pub(super) warnings: Vec<String>,
    pub(super) replays: bool,
    /// The trace of the run that the token was made of.
    pub(super) expected: Option<TraceHash>,
    pub(super) isolation: Isolation,
    pub(super) patience: Duration,
    /// How long a failing case may be made smaller and explained; `None`: it is not.
    pub(super) explains: Option<Duration>,
    /// The same for the run of a token, which was made smaller before.
    pub(super) explains_replays: Option<Duration>,
    pub(super) portfolio: bool,
    /// Runs to be replayed before any seed, each with where it stands.
    pub(super) pinned: Vec<(String, Token)>,
    /// Where the token stands that is replayed, when it is a pinned one.
    pub(super) pinned_at: Option<String>,
    /// Where a failing case leaves its page.
    pub(super) folder: Option<PathBuf>,
    pub(super) logs: Logs,
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
            expected: None,
            isolation: Isolation::Auto,
            patience: PATIENCE,
            explains: None,
            portfolio: false,
            pinned: vec![],
            pinned_at: None,
            explains_replays: None,
            folder: None,
            logs: Logs::default(),
        }
    }

    /// The search of a test of the harness, as the environment wants it.
    pub(crate) fn for_test(subject: Subject, decl: &TestDecl, env: &Environment) -> Result<Self, Error> {
        let mut search = Self::of(subject);
        search.in_harness = true;
        search.folder = Some(artifacts::folder(&search.subject, env.out.as_deref()));
        search.jobs = env.jobs.map_or(search.jobs, NonZeroUsize::get);
        search.check = env.check.unwrap_or(if decl.checked { Check::All } else { env.usual_check });
        search.time_budget = env.time_budget;
        search.isolation = env.isolation.unwrap_or(if decl.isolated { Isolation::Process } else { Isolation::Auto });
        search.patience = env.patience.unwrap_or(PATIENCE);
        search = search.explain(env.explain.unwrap_or(EXPLAIN));
        let portfolio = env.portfolio.unwrap_or(decl.search == Some("portfolio"));
        search.portfolio = portfolio && env.seed.is_none() && env.replay.is_none();
        search.logs.traces = env.trace;
        if let Some(filter) = &env.log {
            search = search.log(filter.clone());
        }
        search.explains_replays = env.explain.filter(|budget| !budget.is_zero());
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
            None if env.seed.is_some() || worker::is_worker() => Ok(search),
            None => {
                let subject = &search.subject;
                let folder = Regressions::folder(&subject.manifest_dir, &subject.package, env.regressions.as_deref());
                let pinned = Regressions::read(&folder, &subject.id)?;
                Ok(search.guarded_by(pinned))
            }
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

    /// Whether each run has a process of its own. By default those have one that host unmodified programs.
    ///
    /// The processes begin with the program anew and go the way of this one to this search. So it stands in the function
    /// of a test or in `main`, on their thread, and what they do before it is the same each time.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// How long a run that has a process of its own may take by the machine's clock. Default: two minutes.
    ///
    /// # Panics
    /// When it is 0.
    #[track_caller]
    pub fn patience(mut self, patience: Duration) -> Self {
        assert!(!patience.is_zero(), "a search without patience runs nothing");
        self.patience = patience.max(Duration::from_millis(1));
        self
    }

    /// Whether the cases are a portfolio: most draw faults more often than their profile says, some latencies from their
    /// ends; some run tasks by PCT; and some change a little what led an earlier case somewhere new. What is drawn stays within
    /// the profiles. Without, each case is its seed and nothing else. A failing case of a portfolio replays by its token;
    /// its seed alone is another run.
    pub fn portfolio(mut self, on: bool) -> Self {
        self.portfolio = on;
        self
    }

    /// The first failing case is made as small as it fails with, and explained, for so long at the most by the machine's
    /// clock: what faults, processes and operations it needs, when it was lost, what else fails. Tests of the harness do so
    /// for 20 s, unless `TUMULT_EXPLAIN` says otherwise; a search in code does not, unless it is asked to here.
    pub fn explain(mut self, budget: Duration) -> Self {
        self.explains = (!budget.is_zero()).then_some(budget);
        self
    }

    /// A failing case leaves its report below this folder, as a page to be opened in a browser: [`Found::page`]. A test of
    /// the harness does so without being told.
    pub fn out(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(artifacts::folder(&self.subject, Some(folder.as_ref())));
        self
    }

    /// What the code under test says by `tracing` is printed to standard error, as far as the filter says: of the run, where
    /// it is one, by its seed or its token; of a search of many, of the failing run that is reported. Each line has
    /// virtual time, seed and process. Reports show it in any case, by this filter or, without one, from `info` on.
    ///
    /// It is printed when the run is over.
    pub fn log(mut self, filter: LogFilter) -> Self {
        self.logs = Logs { filter, prints: true, ..self.logs };
        self
    }

    /// Without the determinism check and the pinned runs: for seeds that another search has checked already.
    pub(crate) fn unchecked(self) -> Self {
        Self { pinned: vec![], ..self }.check(Check::Off)
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

    pub(super) fn replayed(mut self, token: Token) -> Result<Self, Error> {
        let token = token.for_test(&self.subject.id)?;
        self.warnings = token.warnings();
        self.config = token.settings(&self.config)?;
        self.expected = token.trace;
        self.replays = true;
        Ok(self.seed(token.seed))
    }

    /// Searches.
    ///
    /// # Panics
    /// When a run cannot be made at all: no thread to be had.
    #[track_caller]
    pub fn run(&self, test: impl Fn(&mut Sim) + Sync) -> Found {
        self.hunt(&test)
    }

    /// In which order ready tasks run.
    pub(super) fn schedule_in_use(&self) -> Schedule {
        self.config.schedule
    }
}
