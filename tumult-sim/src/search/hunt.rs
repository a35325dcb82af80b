//! A search at work: all cases, then what the first failing one is made into, or whether they run the same again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::builder::Search;
use super::determinism::Judge;
use super::diagnose::{Case, Diagnosis};
use super::environment::Check;
use super::found::{Found, Seen};
use super::isolation::Isolator;
use super::padding::Padding;
use super::portfolio::{GENERATION, Portfolio};
use super::runner::{Runner, Test};
use super::seeds::Cases;
use super::worker::{self, Duty, Place};
use crate::base::{Seed, Time};
use crate::context::{Cause, Failure};
use crate::invariant::{Coverage, SiteCounts};
use crate::sim::{RunOutcome, SimConfig};
use crate::trace::TraceHash;

/// Seeds that `Check::Sample` runs again.
const SAMPLE: usize = 4;
/// `Check::Light` runs one seed again where at least so many ran: it costs an eighth at the most.
const LIGHT_FROM: usize = 8;

/// What is kept of every run: little, since there may be a million.
#[derive(Debug)]
struct Brief {
    seed: Seed,
    trace: TraceHash,
    virtual_time: Duration,
    failure: Option<Box<Failure>>,
    seen: Seen,
    sites: SiteCounts,
    /// The settings of its run, where they are not the search's own and are needed again.
    config: Option<Box<SimConfig>>,
}

impl Brief {
    fn of(outcome: RunOutcome) -> Self {
        Self {
            seed: outcome.seed,
            trace: outcome.trace,
            virtual_time: outcome.ended_at.since_start(),
            seen: Seen::of(&outcome),
            sites: outcome.sites,
            config: None,
            failure: outcome.failure.map(Box::new),
        }
    }

    fn case(&self, number: u64, place: u64, runner: &Runner<'_>) -> Case {
        let config = self.config.as_deref().cloned().unwrap_or_else(|| runner.config_of(self.seed));
        Case { number, place, found: self.seed, config, trace: self.trace }
    }
}

impl Search {
    /// Runs cases until one fails.
    #[track_caller]
    pub(super) fn hunt(&self, test: Test<'_>) -> Found {
        let place = Place::next(&self.subject, self.in_harness);
        let mut runner = self.runner(test, place.clone());
        if let Some(found) = duty(&place, &runner) {
            place.gave(&found);
            return *found;
        }
        runner.stops_at_failure = true;
        let begun = Instant::now();
        let mut found = self.replay_pinned(&runner).unwrap_or_else(|| self.run_all(&runner, begun));
        if runner.isolator.is_on() {
            place.gave(&found);
            found.isolated = Some(place);
        }
        found
    }

    /// Runs its cases, and draws the conclusion.
    pub(super) fn run_all(&self, runner: &Runner<'_>, begun: Instant) -> Found {
        let mut portfolio = self.portfolio.then(Portfolio::default);
        let briefs = match &mut portfolio {
            Some(portfolio) => self.explore(runner, portfolio),
            None => runner.run(&self.cases, &Brief::of),
        };
        self.conclude(runner, &briefs, portfolio.as_ref(), begun.elapsed())
    }

    fn runner<'a>(&self, test: Test<'a>, place: Place) -> Runner<'a> {
        let mut runner = Runner::new(test, self.config.clone(), self.jobs);
        runner.deadline = self.time_budget.map(|budget| Instant::now() + budget);
        runner.isolator = Arc::new(Isolator::new(self.isolation, place, self.patience));
        runner
    }

    fn conclude(
        &self,
        runner: &Runner<'_>,
        briefs: &[(u64, Brief)],
        portfolio: Option<&Portfolio>,
        wall: Duration,
    ) -> Found {
        // A token says that its run failed; when it holds now, it is looked at in every way there is.
        let thorough = self.check >= Check::Sample || (self.replays && self.check != Check::Off);
        let new_process = thorough && cfg!(unix) && (self.in_harness || runner.isolator.is_on());
        let judge = Judge { runner, subject: &self.subject, new_process, took: wall };
        let virtual_time = briefs.iter().fold(Duration::ZERO, |sum, b| sum.saturating_add(b.1.virtual_time));
        let warnings: Vec<String> = self.warnings.iter().cloned().chain(self.is_another(briefs)).collect();
        let diagnosis = Diagnosis {
            judge: &judge,
            cases: &self.cases,
            portfolio,
            warnings: &warnings,
            wall,
            virtual_time,
            // A token is of a run that was explained before, unless someone asks.
            explains: if self.replays { self.explains_replays } else { self.explains },
            shrinks: !self.replays,
            pinned_at: self.pinned_at.as_deref(),
            logs: &self.logs,
            // Who works for another process leaves the telling to that one.
            folder: self.folder.as_deref().filter(|_| !worker::is_worker()),
        };
        let mut coverage = Coverage::default();
        for (_, b) in briefs {
            coverage.add(&b.sites);
        }
        let refused = |(place, (case, b)): (usize, &(u64, Brief))| {
            Some((b.case(*case, place as u64, runner), b.failure.clone()?))
        };
        let failed = match briefs.iter().enumerate().find_map(refused) {
            Some((case, failure)) => Some(diagnosis.of_failing(&case, &failure, &coverage)),
            None => self.unlike(&judge, briefs).map(|(case, failure)| diagnosis.of_unlike(&case, failure)),
        };
        if failed.is_none() {
            self.show_held(runner, briefs);
        }
        if failed.is_none() && self.replays {
            self.say_that_it_held(&warnings);
        }
        let held = briefs.iter().filter(|(_, b)| b.failure.is_none());
        let seen = held.map(|(_, b)| b.seen.clone()).collect();
        Found { seen, coverage, runs: briefs.len() as u64, virtual_time, wall, failed, isolated: None }
    }

    /// Of the run that was asked for, and holds, what else was asked for is printed.
    fn show_held(&self, runner: &Runner<'_>, briefs: &[(u64, Brief)]) {
        let [(number, brief)] = briefs else { return };
        if !self.logs.is_asked_for() || !matches!(self.cases, Cases::Given(_)) || worker::is_worker() {
            return;
        }
        let config = brief.case(*number, 0, runner).config;
        let mut recorded = runner.run_as(&config, true, Padding::NONE);
        if let Some(note) = self.logs.listen(runner, &config, &mut recorded) {
            eprintln!("note: {note}");
        }
        self.logs.print(&recorded);
    }

    /// A token's run that holds now: what is to be known of it.
    fn say_that_it_held(&self, warnings: &[String]) {
        let Some(place) = &self.pinned_at else {
            for warning in warnings {
                eprintln!("note: {warning}");
            }
            return;
        };
        let held = format!("held: {place} no longer fails and stays as a guard");
        eprintln!("{}", [&[held], warnings].concat().join("; "));
    }

    /// As a portfolio has it: what one generation of cases led to decides what the next one tries.
    fn explore(&self, runner: &Runner<'_>, portfolio: &mut Portfolio) -> Vec<(u64, Brief)> {
        let mut briefs: Vec<(u64, Brief)> = vec![];
        let all = self.cases.len();
        while (briefs.len() as u64) < all && briefs.last().is_none_or(|(_, b)| b.failure.is_none()) {
            let from = briefs.len() as u64;
            let generation = from..all.min(from + GENERATION);
            let case = |n| {
                let (case, seed) = self.cases.get(n);
                (case, portfolio.settings(n, runner.config_of(seed)))
            };
            let keep = |config: &SimConfig, mut outcome: RunOutcome| {
                let (found, plan) = (outcome.features.take(), std::mem::take(&mut outcome.plan));
                let mut brief = Brief::of(outcome);
                let kept = brief.failure.is_some() || from < SAMPLE as u64 || self.check == Check::All;
                brief.config = kept.then(|| Box::new(config.clone()));
                (brief, found, plan)
            };
            let made = runner.run_each(generation.clone(), &case, &keep);
            let whole = made.len() as u64 == generation.end - from;
            for (number, (brief, found, plan)) in made {
                if let Some(found) = found {
                    portfolio.learn(brief.seed, &found, plan);
                }
                briefs.push((number, brief));
            }
            if !whole {
                break;
            }
        }
        briefs
    }

    /// That the run of a token is not the one it was made of, if so.
    fn is_another(&self, briefs: &[(u64, Brief)]) -> Option<String> {
        let (then, brief) = (self.expected?, &briefs.first()?.1);
        let now = brief.trace;
        let held = if brief.failure.is_none() { ", and it holds" } else { "" };
        (then != now).then(|| {
            format!(
                "the token was made of a run with trace {then}, and this one has trace {now}{held}: the code under test, \
                 or the test, was changed since"
            )
        })
    }

    /// Whether a sample of the runs is the same again.
    fn unlike(&self, judge: &Judge<'_>, briefs: &[(u64, Brief)]) -> Option<(Case, Failure)> {
        let many = match self.check {
            Check::Off => 0,
            // The search whose guard it is checks others.
            Check::Light | Check::Sample if self.pinned_at.is_some() => 0,
            Check::Light => usize::from(briefs.len() >= LIGHT_FROM || self.replays),
            Check::Sample => SAMPLE,
            Check::All => usize::MAX,
        };
        let sample: Vec<(SimConfig, TraceHash)> =
            briefs.iter().take(many).map(|(n, b)| (b.case(*n, 0, judge.runner).config, b.trace)).collect();
        let (n, cause) = match judge.differs(&sample) {
            Ok(differs) => differs?,
            Err(error) => (0, Cause::Setup { message: error.to_string() }),
        };
        let (number, brief) = briefs.get(n)?;
        Some((brief.case(*number, n as u64, judge.runner), Failure { cause, at: Time::ZERO, process: None }))
    }
}

/// In a worker: what the search there has found already. Does not return from the one that the worker is for.
#[track_caller]
fn duty(place: &Place, runner: &Runner<'_>) -> Option<Box<Found>> {
    match worker::assignment()?.duty(place) {
        Ok(Duty::Serve) => worker::serve(runner),
        Ok(Duty::Skip(found)) => Some(found),
        Ok(Duty::Search) => None,
        Err(error) => {
            panic!("failed to repeat the test up to its search: {error}; it has to go the same way each time")
        }
    }
}
