//! The pipeline: drives a simulation through the six phases and writes down what it saw.
//!
//! ESTIMATE is declared; BASELINE, DURING and POST run one after the other, sampling the same probes; VERIFY runs
//! across all three; ANALYSIS is worked out at the end.

use std::time::Duration;

use super::action::{ACTION_LIMIT, Begun};
use super::conclude::{conclude, hypothesis_violated};
use super::experiment::{Experiment, Role};
use super::{Facts, watch};
use crate::base::Time;
use crate::fault::Outcome;
use crate::journal::{ActionRecord, Epoch, Journal, Phase, ProbeMode, Status};
use crate::trace::Kind;

/// When each phase began and ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    pub(super) during: Time,
    /// The end of DURING: rollback begins.
    pub(super) rollback: Time,
    pub(super) end: Time,
}

/// An experiment on its way, and what is written down of it so far.
struct Pipeline<'x, 'a> {
    x: &'x mut Experiment<'a>,
    journal: Journal,
    facts: Facts,
    times: Times,
    epoch: Epoch,
    /// What has failed, in words.
    failed: Option<String>,
}

/// Runs an experiment to its end. The journal goes to the simulation, for whoever runs it.
///
/// # Panics
/// When the run fails other than by a violated invariant, as [`Sim::run`](crate::Sim::run) does.
#[track_caller]
pub(crate) fn run(experiment: &mut Experiment<'_>) {
    experiment.collect_violations();
    let epoch = Epoch::from_nanos(experiment.config().epoch_ns);
    let mut journal = Journal::begin(experiment.declared.title.clone(), experiment.seed(), epoch.at(Time::ZERO));
    let declared = &experiment.declared;
    (journal.target, journal.tags) = (declared.target.clone(), declared.tags.clone());
    (journal.estimate, journal.regulatory) = (declared.estimate.clone(), declared.regulatory.clone());
    journal.hypotheses = declared.hypotheses.iter().map(super::Hypothesis::record).collect();
    let said = experiment.as_nobody(|| watch::experiment(experiment));
    let (facts, times) = (Facts::default(), Times::default());
    let mut pipeline = Pipeline { x: experiment, journal, facts, times, epoch, failed: None };
    pipeline.go_through();
    let Pipeline { journal, facts, times, failed, .. } = pipeline;
    conclude(experiment, journal, facts, times, epoch);
    experiment.failed_action = failed;
    experiment.as_nobody(|| drop(said));
    experiment.end();
}

impl Pipeline<'_, '_> {
    /// BASELINE, DURING, POST.
    fn go_through(&mut self) {
        self.in_phase(Phase::Baseline, Self::baseline);
        if !self.facts.unfit_before && !self.x.has_failed() {
            self.in_phase(Phase::During, Self::during);
            if !self.x.has_failed() {
                self.in_phase(Phase::Post, Self::post);
            }
        }
        if self.journal.rollback_results.is_empty() {
            self.roll_back();
            self.times.end = self.times.end.max(self.x.now());
        }
        // Nothing more can happen in a run that has failed.
        self.facts.stopped_early = self.x.has_failed();
    }

    fn in_phase(&mut self, phase: Phase, go: impl FnOnce(&mut Self)) {
        self.x.start();
        let from = self.x.now();
        self.x.note(Kind::Phase, phase as u64);
        self.x.boundary();
        self.x.phases.begin(phase);
        let said = self.x.as_nobody(|| watch::phase(phase));
        go(self);
        self.x.as_nobody(|| drop(said));
        if self.x.has_failed() {
            self.times.end = self.x.now();
            self.times.rollback = self.times.rollback.min(self.times.end);
        }
        self.journal.phase(phase, self.epoch.at(from), self.epoch.at(self.times.end));
    }

    fn baseline(&mut self) {
        let declared = &self.x.declared;
        let slowest = declared.probes.iter().map(|s| s.probe.interval()).max().unwrap_or_default();
        let warm = Time::ZERO + slowest * declared.warmup;
        let end = warm + declared.baseline;
        self.sample_until(end);
        self.look(ProbeMode::Before);
        let rules = self.x.declared.rules;
        let of_warm_up = |s: &super::experiment::Sampled| s.series.iter().take_while(|(at, _)| *at <= warm).count();
        let baseline = rules.all(self.x.declared.probes.iter().map(|s| (&s.probe, &s.series, of_warm_up(s))));
        let aborts = rules.aborts(&baseline);
        self.x.as_nobody(|| watch::anomaly(&baseline, aborts));
        let untrue = self.journal.hypotheses.iter().any(|h| h.held(ProbeMode::Before) == Some(false));
        self.facts.unfit_before = aborts || untrue;
        self.journal.baseline = Some(baseline);
        self.times = Times { during: end, rollback: end, end };
    }

    fn during(&mut self) {
        let triggers = self.x.triggers().to_vec();
        self.x.arm_triggers(&triggers);
        let (from, length) = (self.times.during, self.x.declared.during);
        (self.times.rollback, self.times.end) = (from + length, from + length);
        let due = |action: &super::action::Declared| from + action.at.min(length);
        let mut stops: Vec<Time> = self.x.declared.actions.iter().map(due).collect();
        stops.extend([from + length / 2, self.times.rollback]);
        stops.sort_unstable();
        stops.dedup();
        let mut begun: Vec<Begun> = vec![];
        for stop in stops {
            if !self.sample_until(stop) {
                break;
            }
            self.look(ProbeMode::Continuous);
            for n in 0..self.x.declared.actions.len() {
                if due(&self.x.declared.actions[n]) == stop {
                    let action = self.x.declared.actions[n].action.clone();
                    let name = self.x.declared.actions[n].name.clone();
                    let begins = Begun::new(self.x, &name, &format!("action {name}"), &action);
                    self.x.survives_panic(begins.process);
                    begun.push(begins);
                }
            }
        }
        for (hypothesis, record) in self.x.declared.hypotheses.iter_mut().zip(&mut self.journal.hypotheses) {
            hypothesis.end_continuous(record);
        }
        for action in begun {
            let record = action.record(self.x, self.epoch);
            self.acted("action", &record);
            self.journal.method_results.push(record);
        }
    }

    fn post(&mut self) {
        self.times.end = self.times.rollback + self.x.declared.baseline;
        if let Some(record) = self.recover() {
            self.facts.action_failed |= record.error.is_some();
            self.x.as_nobody(|| watch::action_failed("recovery", &record));
            self.journal.method_results.push(record);
        }
        self.roll_back();
        self.x.heal_faults();
        self.times.end = self.times.end.max(self.x.now());
        self.sample_until(self.times.end);
        self.look(ProbeMode::After);
    }

    /// Lets time go on to `until` and samples each probe whenever its interval has passed. False when the run has
    /// failed.
    fn sample_until(&mut self, until: Time) -> bool {
        loop {
            let due = |s: &super::experiment::Sampled| {
                let last = s.series.last_at().unwrap_or(Time::ZERO);
                last + s.probe.interval()
            };
            let next = self.x.declared.probes.iter().map(due).min().filter(|at| *at <= until);
            if !self.x.advance_to(next.unwrap_or(until)) {
                return false;
            }
            let Some(now) = next else { return true };
            for n in 0..self.x.declared.probes.len() {
                if due(&self.x.declared.probes[n]) == now {
                    let value = self.x.as_nobody(|| (self.x.declared.probes[n].source)());
                    self.x.declared.probes[n].series.push(now, value);
                    self.tell_breach(n, now);
                }
            }
            if now < until {
                self.look(ProbeMode::Continuous);
            }
        }
    }

    /// In DURING, once the fault is active, a sample outside its probe's thresholds is told as it is taken.
    fn tell_breach(&self, n: usize, now: Time) {
        if self.x.phases.current() != Some(Phase::During) {
            return;
        }
        let sampled = &self.x.declared.probes[n];
        let Some(baseline) = self.journal.baseline.as_ref().and_then(|b| b.probes.get(n)) else { return };
        let value = sampled.series.iter().last().and_then(|(_, value)| value);
        if sampled.probe.within(&baseline.bounds, value) {
            return;
        }
        let outcomes = self.x.fault_outcomes();
        let active = |o: &Outcome| o.injected_at.is_some_and(|at| at <= now);
        if outcomes.is_empty() || outcomes.iter().any(active) {
            self.x.as_nobody(|| watch::breach(sampled.probe.name(), value, &baseline.bounds, now));
        }
    }

    /// Looks at the hypotheses of this mode. Continuous looks are for DURING.
    fn look(&mut self, mode: ProbeMode) {
        if mode == ProbeMode::Continuous && self.x.phases.current() != Some(Phase::During) {
            return;
        }
        let now = self.x.now();
        for n in 0..self.x.declared.hypotheses.len() {
            if self.x.declared.hypotheses[n].is_looked_at(mode) {
                let reading = self.x.as_nobody(|| self.x.declared.hypotheses[n].read());
                let record = &mut self.journal.hypotheses[n];
                self.x.declared.hypotheses[n].enter(record, mode, reading, now, self.epoch);
            }
        }
    }

    /// Runs the recovering action, if this is the test of it and it is to act.
    fn recover(&mut self) -> Option<ActionRecord> {
        let Role::Recover { act } = self.x.role else { return None };
        self.x.note_recovery(self.times.rollback);
        let action = self.x.declared.recovery.as_ref()?.action.clone();
        if !act {
            return None;
        }
        let begun = Begun::new(self.x, "recovery", "recovery", &action);
        Some(self.see_through(begun))
    }

    /// Runs the declared actions of the rollback, if its policy says so, one after the other.
    fn roll_back(&mut self) {
        let deviated = !self.x.violations().is_empty() || hypothesis_violated(&self.journal);
        let applies = self.x.declared.rollback.applies(if deviated { Status::Deviated } else { Status::Completed });
        for n in 0..self.x.declared.rollback_actions.len() {
            let declared = &self.x.declared.rollback_actions[n];
            let record = if applies && !self.x.has_failed() {
                let (name, action) = (declared.name.clone(), declared.action.clone());
                let begun = Begun::new(self.x, &name, &format!("rollback {name}"), &action);
                self.x.survives_panic(begun.process);
                self.see_through(begun)
            } else {
                declared.skipped(self.x.now(), self.epoch)
            };
            self.acted("rollback", &record);
            self.journal.rollback_results.push(record);
        }
    }

    /// Lets time go on until an action has ended or its time is over.
    fn see_through(&mut self, begun: Begun) -> ActionRecord {
        // In small steps at first, so that a quick action does not keep the faults for longer.
        let mut step = Duration::from_millis(1);
        let end = self.x.now() + ACTION_LIMIT;
        while !begun.is_over(self.x) && self.x.now() < end {
            let until = (self.x.now() + step).min(end);
            if !self.sample_until(until) {
                break;
            }
            step *= 2;
        }
        begun.record(self.x, self.epoch)
    }

    /// A declared action that failed makes the experiment a failed one, and is told.
    fn acted(&mut self, what: &str, record: &ActionRecord) {
        let Some(error) = &record.error else { return };
        self.x.as_nobody(|| watch::action_failed(what, record));
        self.facts.action_failed = true;
        self.failed.get_or_insert_with(|| format!("the {what} `{}` failed: {error}", record.name));
    }
}
