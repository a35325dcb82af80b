//! One test of the harness, from its environment to what it leaves behind.

use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::artifacts;
use super::builder::Search;
use super::diagnose::gaps;
use super::environment::Environment;
use super::found::{Found, Seen};
use super::isolation::{Isolation, Isolator, PATIENCE};
use super::padding::Padding;
use super::runner::{Runner, Test};
use super::subject::{Subject, TestDecl};
use super::summary::{Status, Summary, TestKind};
use super::token::Token;
use super::worker;
use crate::base::{Error, OrPanic as _, Seed};
use crate::context::{Cause, Failure};
use crate::journal::{Journal, RunRecord, history, store};
use crate::phase::trend;
use crate::sim::SimConfig;

/// One test: what the environment asks of it, and who it is.
#[derive(Debug)]
pub(crate) struct Session {
    env: Environment,
    subject: Subject,
    decl: &'static TestDecl,
    kind: TestKind,
    /// ID and title of a failure mode.
    mode: Option<(&'static str, &'static str)>,
    begun: Instant,
    /// By the wall clock, in nanoseconds since 1970.
    started_at: i64,
}

impl Session {
    /// # Panics
    /// When a `TUMULT_…` variable cannot be read.
    #[track_caller]
    pub(crate) fn begin(
        subject: Subject,
        decl: &'static TestDecl,
        kind: TestKind,
        mode: Option<(&'static str, &'static str)>,
    ) -> Self {
        let env = Environment::of_process().or_panic();
        Self { env, subject, decl, kind, mode, begun: Instant::now(), started_at: wall_clock() }
    }

    /// Whether only some of the seeds are looked at, so that nothing can be said of all of them together: one seed, a
    /// token, a shard, another number of seeds than declared.
    pub(crate) fn is_partial(&self) -> bool {
        let env = &self.env;
        self.is_single() || env.shard.count > 1 || env.seeds.is_some() || env.time_budget.is_some()
    }

    /// Whether one run is looked at on its own.
    pub(crate) fn is_single(&self) -> bool {
        self.env.seed.is_some() || self.env.replay.is_some()
    }

    /// The search that the environment asks for.
    ///
    /// # Panics
    /// When the token is another test's, or the declaration's schedule is none.
    #[track_caller]
    pub(crate) fn search(&self) -> Search {
        Search::for_test(self.subject.clone(), self.decl, &self.env).or_panic()
    }

    /// Leaves summary and journal behind, and fails the test unless all seeds held and `together` does.
    ///
    /// # Panics
    /// With what failed.
    #[track_caller]
    pub(crate) fn end(
        &self,
        found: &Found,
        test: Test<'_>,
        shows: impl Fn(&Seen) -> bool,
        together: Result<(), String>,
    ) {
        if worker::is_worker() {
            return found.assert_held();
        }
        let held = found.failure().is_none() && together.is_ok();
        let shown = found.seen().iter().find(|seen| shows(seen));
        let summary = self.summary(found, shown, held);
        let left = self.leave(&summary, found, shown, test);
        // What the runs say comes first: that it could not be written down must not hide it.
        found.assert_held();
        if let Err(what) = together {
            panic!("{}: {what}", self.subject.path);
        }
        match left {
            Err(error) if self.env.out.is_some() => panic!("{error}; set TUMULT_OUT to a folder that can be written"),
            Err(error) => eprintln!("note: {error}"),
            Ok(()) => {}
        }
    }

    fn summary(&self, found: &Found, shown: Option<&Seen>, held: bool) -> Summary {
        let mut violated = std::collections::BTreeMap::new();
        for id in found.seen().iter().flat_map(|seen| &seen.violated) {
            *violated.entry((*id).to_owned()).or_default() += 1;
        }
        if let Some(id) = found.failure().and_then(Failure::invariant) {
            *violated.entry(id.to_owned()).or_default() += 1;
        }
        let scores: Vec<f64> = found.seen().iter().filter_map(|seen| seen.score).collect();
        let has_trigger = self.mode.is_some();
        Summary {
            version: Summary::VERSION,
            kind: self.kind,
            package: self.subject.package.clone(),
            test: self.subject.path.clone(),
            name: self.decl.name.to_owned(),
            id: self.mode.map(|m| m.0.to_owned()),
            title: self.mode.map(|m| m.1.to_owned()),
            status: if held { Status::Passed } else { Status::Failed },
            seeds: found.runs(),
            failures: u64::from(found.failure().is_some()),
            violated,
            met: has_trigger.then(|| found.seen().iter().filter(|seen| seen.met).count() as u64),
            virtual_ns: u64::try_from(found.virtual_time().as_nanos()).unwrap_or(u64::MAX),
            wall_ms: self.begun.elapsed().as_millis() as u64,
            score: (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64),
            token: found.token().map(str::to_owned).or_else(|| {
                shown.filter(|_| self.kind == TestKind::Repro).map(|seen| self.token(seen.seed).to_string())
            }),
            signature: found.failure().map(Failure::signature),
            page: found.page().and_then(artifacts::beside_summary),
            gaps: gaps(found.coverage(), &self.subject),
            report: found.report().map(str::to_owned),
            tumult: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    fn token(&self, seed: Seed) -> Token {
        Token::new(&self.subject.id, seed, self.search().schedule_in_use())
    }

    /// Writes the summary, and the journal of the run that shows best what the test is about: of the one that failed, else
    /// the one `shown`. It is run once more, so that a search keeps no journal a run.
    fn leave(&self, summary: &Summary, found: &Found, shown: Option<&Seen>, test: Test<'_>) -> Result<(), Error> {
        let folder = artifacts::folder(&self.subject, self.env.out.as_deref());
        let json = serde_json::to_vec_pretty(summary).expect("a summary has no maps with keys that are no text");
        store::replace(&folder.join("summary.json"), &json)?;
        if self.kind == TestKind::Test {
            return Ok(());
        }
        // A run that has hung or crashed leaves no journal, and is not waited for once more.
        if found.failure().is_some_and(|f| matches!(f.cause, Cause::Hung { .. } | Cause::Crashed { .. })) {
            return Ok(());
        }
        let Some(seed) = found.seed().or(shown.map(|seen| seen.seed)) else { return Ok(()) };
        let config = SimConfig { schedule: self.search().schedule_in_use(), ..SimConfig::default() };
        let mut runner = Runner::new(test, config, 1);
        if let Some(place) = &found.isolated {
            let patience = self.env.patience.unwrap_or(PATIENCE);
            runner.isolator = Arc::new(Isolator::new(Isolation::Process, place.clone(), patience));
        }
        let outcome = runner.once(seed, false, Padding::NONE);
        let Some(mut journal) = outcome.journal else { return Ok(()) };
        journal.replay_token = Some(self.token(seed).to_string());
        self.keep(&folder, &journal)
    }

    /// Keeps a journal in the history of its test, and beside it what a journal must not hold: where in the history it is,
    /// and where recovery times are going over all of its target.
    fn keep(&self, folder: &Path, journal: &Journal) -> Result<(), Error> {
        let record = |number| RunRecord::of(journal, number, self.started_at, host());
        let this = record(0);
        let out = folder.ancestors().nth(2).unwrap_or(folder);
        let mut recoveries = history::recoveries(out, this.target.as_deref());
        recoveries.extend(this.recovery_of(this.target.as_deref()));
        let (trend_direction, trend_run_count) = (trend(&recoveries), recoveries.len() as u64);
        let record = |number| RunRecord { trend_direction, trend_run_count, ..record(number) };
        history::keep(folder, journal, record, self.env.keep).map(drop)
    }
}

fn wall_clock() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// The machine's name, where it is to be had without more ado.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
    name.map_or_else(|| "unknown".to_owned(), |name| name.trim().to_owned())
}
