//! A failing run is made smaller for as long as it fails the same way: with the same signature, see
//! [`Failure::signature`].
//!
//! First faults are dropped ([`faults`]), also by looking for another seed that takes fewer of them, then processes and operations, then everything drawn is made plain that need
//! not be drawn ([`plain`]); on the plain run, faults begin as late and end as early as they may. That comes last, since
//! before it a fault's limits would be those of one message's lucky latency.
//!
//! *Must never* take one failure for another, or run for longer than it may.

mod ddmin;
mod faults;
mod plain;

pub(in crate::search) use faults::with;

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use super::padding::Padding;
use super::runner::Runner;
use crate::base::Seed;
use crate::context::Failure;
use crate::fault::Plan;
use crate::sim::{RunOutcome, SimConfig};

/// A search may make so many runs to shrink one, however quick they are.
const REPLAYS: u64 = 5_000;

/// A failing run, made smaller.
#[derive(Debug)]
pub(super) struct Shrunk {
    /// The settings of the run that is left.
    pub(super) config: SimConfig,
    /// That run, recorded.
    pub(super) outcome: RunOutcome,
    /// The seed that it was made of: another one may take fewer faults.
    pub(super) found: Seed,
    /// How many faults, and operations, the run had at first.
    pub(super) faults: usize,
    pub(super) operations: usize,
    pub(super) replays: u64,
    pub(super) wall: Duration,
    /// It could have been made smaller still, and there was no time.
    pub(super) cut_short: bool,
    /// Runs that were tried and held, in the order in which they were made.
    pub(super) held: Vec<SimConfig>,
}

impl Shrunk {
    /// What one run takes, about.
    pub(super) fn one(&self) -> Duration {
        self.wall / u32::try_from(self.replays).unwrap_or(u32::MAX).max(1)
    }
}

/// Asks whether other runs fail the same way, and keeps the smallest that does.
pub(super) struct Shrinker<'a> {
    runner: &'a Runner<'a>,
    signature: String,
    /// As [`Failure::wording`] says it.
    wording: String,
    begun: Instant,
    until: Instant,
    replays: u64,
    /// What was asked before.
    known: BTreeMap<Vec<u8>, bool>,
    best: SimConfig,
    spent: bool,
    /// What was tried and held.
    held: Vec<SimConfig>,
}

/// Makes a failing run smaller, for as long as `budget` says. `first` is that run, recorded.
pub(super) fn shrink(
    runner: &Runner<'_>,
    config: &SimConfig,
    first: &RunOutcome,
    failure: &Failure,
    budget: Duration,
) -> Option<Shrunk> {
    let begun = Instant::now();
    let mut shrinker = Shrinker {
        runner,
        signature: failure.signature(),
        wording: failure.wording(),
        begun,
        until: begun + budget,
        replays: 0,
        known: BTreeMap::new(),
        best: SimConfig { plan: Some(first.plan.clone()), ..config.clone() },
        spent: false,
        held: vec![],
    };
    // The plan, given as data, has to make the same run; where it does not, there is nothing to begin from.
    let best = shrinker.best.clone();
    if !shrinker.fails(&best) {
        return None;
    }
    shrinker.drop_faults(first);
    shrinker.drop_pairs();
    shrinker.drop_processes(&first.process_names);
    while shrinker.fewer_by_another_seed() {}
    shrinker.shrink_workloads(first);
    shrinker.make_plain();
    shrinker.tighten_faults();
    // What was needed for a drawn run may not be for a plain one.
    shrinker.drop_faults_again();
    shrinker.drop_pairs();
    shrinker.finish(first)
}

/// A failing run as it is: one that was made smaller before. `first` is that run, recorded.
pub(super) fn as_it_is(
    runner: &Runner<'_>,
    config: &SimConfig,
    first: &RunOutcome,
    failure: &Failure,
) -> Option<Shrunk> {
    let begun = Instant::now();
    let config = SimConfig { plan: Some(first.plan.clone()), ..config.clone() };
    let outcome = runner.run_as(&config, true, Padding::NONE);
    let same = outcome.failure.as_ref().is_some_and(|f| f.signature() == failure.signature());
    let (faults, operations) = (first.plan.len(), first.workloads.iter().map(|w| w.operations).sum());
    let wall = begun.elapsed();
    let found = first.seed;
    let (replays, cut_short, held) = (1, false, vec![]);
    same.then_some(Shrunk { config, outcome, found, faults, operations, replays, wall, cut_short, held })
}

impl Shrinker<'_> {
    /// Whether a run fails the same way. What cannot be asked any more is said not to.
    fn fails(&mut self, config: &SimConfig) -> bool {
        let key = key_of(config);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let Some(outcome) = self.run(config) else { return false };
        let fails = self.is_same(&outcome);
        self.known.insert(key, fails);
        fails
    }

    /// A run, unless there is no time for more.
    fn run(&mut self, config: &SimConfig) -> Option<RunOutcome> {
        self.spent |= self.replays >= REPLAYS || Instant::now() >= self.until;
        if self.spent {
            return None;
        }
        self.replays += 1;
        self.show();
        let outcome = self.runner.run_as(config, false, Padding::NONE);
        if outcome.failure.is_none() {
            self.held.push(config.clone());
        }
        Some(outcome)
    }

    fn is_same(&self, outcome: &RunOutcome) -> bool {
        outcome.failure.as_ref().is_some_and(|f| f.signature() == self.signature)
    }

    /// As [`change`](Self::change), for a change that may well put another failure in the place of this one: the words of
    /// the failure have to be the same too.
    fn change_strictly(&mut self, change: impl FnOnce(&mut SimConfig)) {
        let mut config = self.best.clone();
        change(&mut config);
        let failure = self.run(&config).and_then(|outcome| outcome.failure);
        if failure.is_some_and(|f| f.wording() == self.wording) {
            self.best = config;
        }
    }

    /// Keeps a run if it fails the same way.
    fn keep(&mut self, config: SimConfig) -> bool {
        let fails = self.fails(&config);
        if fails {
            self.best = config;
        }
        fails
    }

    /// Keeps what is left of the best run after a change, if that fails the same way.
    fn change(&mut self, change: impl FnOnce(&mut SimConfig)) -> bool {
        let mut config = self.best.clone();
        change(&mut config);
        self.keep(config)
    }

    fn plan(&self) -> Plan {
        self.best.plan.clone().unwrap_or_default()
    }

    /// The best run, recorded.
    fn recorded(&mut self) -> RunOutcome {
        self.replays += 1;
        self.runner.run_as(&self.best, true, Padding::NONE)
    }

    fn finish(mut self, first: &RunOutcome) -> Option<Shrunk> {
        let outcome = self.recorded();
        let (faults, operations) = (first.plan.len(), first.workloads.iter().map(|w| w.operations).sum());
        self.show_nothing();
        self.is_same(&outcome).then(|| Shrunk {
            config: self.best,
            outcome,
            found: first.seed,
            faults,
            operations,
            replays: self.replays,
            wall: self.begun.elapsed(),
            cut_short: self.spent,
            held: self.held,
        })
    }

    /// Says how far it is, where someone looks: past the harness, which keeps what tests print until they fail.
    fn show(&self) {
        let mut err = std::io::stderr();
        if self.replays.is_multiple_of(16) && err.is_terminal() {
            let (faults, replays) = (self.plan().len(), self.replays);
            let seconds = self.begun.elapsed().as_secs_f64();
            // Whoever cannot be told is not told.
            drop(write!(err, "\r shrinking: {faults} faults left after {replays} replays, {seconds:.1} s \r"));
        }
    }

    fn show_nothing(&self) {
        let mut err = std::io::stderr();
        if self.replays >= 16 && err.is_terminal() {
            drop(write!(err, "\r{:60}\r", ""));
        }
    }
}

/// What tells one run of a seed from another.
fn key_of(config: &SimConfig) -> Vec<u8> {
    let mut key = config.seed.0.to_le_bytes().to_vec();
    key.extend(config.plan.as_ref().map_or_else(String::new, ToString::to_string).into_bytes());
    key.extend(postcard::to_allocvec(&config.choices).expect("it has no maps"));
    key
}
