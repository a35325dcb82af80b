//! The pipeline: drives a simulation through the six phases and writes down what it saw.
//!
//! ESTIMATE is declared; BASELINE, DURING and POST run one after the other, sampling the same probes; VERIFY runs
//! across all three; ANALYSIS is worked out at the end.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::experiment::{Experiment, Role};
use super::{DataChecks, Evidence, Facts, FaultWindow, Series, analyse, during, outcome};
use crate::base::Time;
use crate::fault::{FaultKind, Outcome, When};
use crate::invariant::Violation;
use crate::journal::{
    ActionRecord, BaselineRecord, DuringRecord, Epoch, FaultRecord, FaultType, HypothesisCheck, HypothesisRecord,
    Journal, Phase, PostRecord, ProbeMode, ProbeSamples, Status, VerifyRecord,
};
use crate::kernel::process::{Exit, State};
use crate::sim::Sim;
use crate::trace::Kind;

/// A recovering action that has not finished by then has failed.
const ACTION_LIMIT: Duration = Duration::from_secs(10);

/// When each phase began and ended.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    during: Time,
    /// The end of DURING: rollback begins.
    rollback: Time,
    end: Time,
}

/// Runs an experiment to its end. The journal goes to the simulation, for whoever runs it.
///
/// # Panics
/// When the run fails other than by a violated invariant, as [`Sim::run`] does.
#[track_caller]
pub(crate) fn run(experiment: &mut Experiment<'_>) {
    experiment.collect_violations();
    let epoch = Epoch::from_nanos(experiment.config().epoch_ns);
    let mut journal = Journal::begin(experiment.declared.title.clone(), experiment.seed(), epoch.at(Time::ZERO));
    let declared = &experiment.declared;
    (journal.target, journal.tags) = (declared.target.clone(), declared.tags.clone());
    (journal.estimate, journal.regulatory) = (declared.estimate.clone(), declared.regulatory.clone());
    journal.hypotheses = declared
        .hypotheses
        .iter()
        .map(|h| HypothesisRecord { title: h.title.clone(), tolerance: h.tolerance.to_string(), checks: vec![] })
        .collect();
    let mut facts = Facts::default();
    let times = go_through(experiment, &mut journal, &mut facts, epoch);
    conclude(experiment, journal, facts, times, epoch);
    experiment.end();
}

/// BASELINE, DURING, POST.
fn go_through(x: &mut Experiment<'_>, journal: &mut Journal, facts: &mut Facts, epoch: Epoch) -> Times {
    let mut times = Times::default();
    begin(x, Phase::Baseline);
    times.during = Time::ZERO + x.declared.baseline;
    sample_until(x, times.during);
    check_hypotheses(x, journal, ProbeMode::Before, epoch);
    journal.phase(Phase::Baseline, epoch.at(Time::ZERO), epoch.at(times.during));
    let rules = x.declared.rules;
    let baseline = rules.all(x.declared.probes.iter().map(|s| (&s.probe, &s.series)));
    facts.unfit_before =
        rules.aborts(&baseline) || journal.hypotheses.iter().any(|h| h.held(ProbeMode::Before) == Some(false));
    journal.baseline = Some(baseline);
    (times.rollback, times.end) = (times.during, times.during);
    if facts.unfit_before || x.has_failed() {
        facts.stopped_early = x.has_failed();
        return times;
    }

    begin(x, Phase::During);
    let triggers = x.triggers().to_vec();
    x.arm_triggers(&triggers);
    times.rollback = times.during + x.declared.during;
    let half = times.during + x.declared.during / 2;
    sample_until(x, half);
    check_hypotheses(x, journal, ProbeMode::Continuous, epoch);
    sample_until(x, times.rollback);
    check_hypotheses(x, journal, ProbeMode::Continuous, epoch);
    journal.phase(Phase::During, epoch.at(times.during), epoch.at(times.rollback));
    times.end = times.rollback;
    if x.has_failed() {
        facts.stopped_early = true;
        return times;
    }

    begin(x, Phase::Post);
    times.end = times.rollback + x.declared.baseline;
    if let Some(record) = recover(x, times.rollback, epoch) {
        facts.action_failed |= record.error.is_some();
        journal.method_results.push(record);
    }
    x.heal_faults();
    sample_until(x, times.end);
    check_hypotheses(x, journal, ProbeMode::After, epoch);
    journal.phase(Phase::Post, epoch.at(times.rollback), epoch.at(times.end));
    facts.stopped_early = x.has_failed();
    times
}

fn begin(x: &mut Experiment<'_>, phase: Phase) {
    x.start();
    x.note(Kind::Phase, phase as u64);
    x.boundary();
    x.phases.begin(phase);
}

/// Lets time go on to `until` and samples each probe whenever its interval has passed.
fn sample_until(x: &mut Experiment<'_>, until: Time) {
    loop {
        let due = |s: &super::experiment::Sampled| {
            let last = s.series.last_at().unwrap_or(Time::ZERO);
            last + s.probe.interval()
        };
        let next = x.declared.probes.iter().map(due).min().filter(|at| *at <= until);
        if !x.advance_to(next.unwrap_or(until)) {
            return;
        }
        let Some(now) = next else { return };
        for n in 0..x.declared.probes.len() {
            if due(&x.declared.probes[n]) == now {
                let value = x.as_nobody(|| (x.declared.probes[n].source)());
                x.declared.probes[n].series.push(now, value);
            }
        }
    }
}

fn check_hypotheses(x: &mut Experiment<'_>, journal: &mut Journal, mode: ProbeMode, epoch: Epoch) {
    for (n, record) in journal.hypotheses.iter_mut().enumerate() {
        let hypothesis = &x.declared.hypotheses[n];
        let value = x.as_nobody(|| (hypothesis.source)());
        let held = hypothesis.tolerance.accepts(value);
        record.checks.push(HypothesisCheck { mode, epoch_ns: epoch.at(x.now()), value, held });
    }
}

/// Runs the recovering action as a process of its own, until it has ended or its time is over.
fn recover(x: &mut Experiment<'_>, from: Time, epoch: Epoch) -> Option<ActionRecord> {
    let Role::Recover { act } = x.role else { return None };
    x.note_recovery(from);
    let action = Rc::clone(&x.declared.recovery.as_ref()?.action);
    if !act {
        return None;
    }
    let result: Rc<RefCell<Option<Result<(), String>>>> = Rc::default();
    let gives = Rc::clone(&result);
    let process = x.process("recovery", move || {
        let (action, gives) = (Rc::clone(&action), Rc::clone(&gives));
        async move {
            let ended = action().await;
            gives.replace(Some(ended));
        }
    });
    // In steps of a tenth of the limit at first, so that a quick action does not keep the faults for longer.
    let mut step = Duration::from_millis(1);
    let end = from + ACTION_LIMIT;
    while result.borrow().is_none() && x.now() < end {
        let until = (x.now() + step).min(end);
        sample_until(x, until);
        step *= 2;
        if x.has_failed()
            || matches!(
                x.state(process),
                State::Ended(exit) if exit != Exit::Finished
            )
        {
            break;
        }
    }
    let ended = result.take().unwrap_or_else(|| Err(format!("it had not finished after {ACTION_LIMIT:?}")));
    Some(ActionRecord::new("recovery", ended.map(|()| None), epoch.at(from), epoch.at(x.now())))
}

/// ANALYSIS and VERIFY: what it all comes to.
fn conclude(x: &mut Experiment<'_>, mut journal: Journal, mut facts: Facts, times: Times, epoch: Epoch) {
    x.check_end();
    let (outcomes, found) = (x.fault_outcomes(), x.violations());
    let window = window(&outcomes, times.rollback);
    let probes = &x.declared.probes;
    let during = journal.baseline.as_ref().filter(|_| times.rollback > times.during).map(|baseline| {
        let sampled: Vec<_> =
            probes.iter().map(|s| (&s.probe, of_phase(&s.series, times.during, times.rollback))).collect();
        let seen = sampled.iter().zip(&baseline.probes).map(|((p, s), b)| during::observe(p, b, s, window, epoch));
        let seen = seen.collect();
        let sampled: Vec<_> = sampled.iter().map(|(p, s)| (*p, s)).collect();
        outcome::during(&sampled, seen)
    });
    let data = data_checks(x, &found);
    let post = during.as_ref().zip(journal.baseline.as_ref()).filter(|_| times.end > times.rollback);
    journal.post = post.map(|(during, baseline)| post_record(x, during, baseline, data, times, epoch));
    journal.during = during;
    journal.verify = verify(x, &found, epoch);
    journal.faults = outcomes.iter().map(|o| fault_record(o, epoch)).collect();
    facts.invariant_violated = !found.is_empty();
    facts.hypothesis_violated = [ProbeMode::Continuous, ProbeMode::After]
        .iter()
        .any(|m| journal.hypotheses.iter().any(|h| h.held(*m) == Some(false)));
    journal.analysis = Some(analyse(&Evidence {
        estimate: journal.estimate.as_ref(),
        recovery_target_s: x.declared.recovery_target_s,
        baseline: journal.baseline.as_ref(),
        during: journal.during.as_ref(),
        post: journal.post.as_ref(),
        verify: &journal.verify,
    }));
    // Who has a run recorded looks at its curves.
    if x.declared.keep_samples || x.config().record {
        let samples = |s: &super::experiment::Sampled| ProbeSamples::new(s.probe.name(), epoch, s.series.iter());
        journal.samples = Some(probes.iter().map(samples).collect());
    }
    let status: Status = facts.status();
    journal.end(status, epoch.at(times.end));
    x.set_journal(journal);
}

/// The samples that a phase took: after its beginning, and at its end. The one at its beginning is the phase's before.
fn of_phase(series: &Series, from: Time, until: Time) -> Series {
    let just_after = Duration::from_nanos(1);
    series.between(from + just_after, until + just_after)
}

/// From the first injection to the last healing, at the end of DURING at the latest.
fn window(outcomes: &[Outcome], rollback: Time) -> Option<FaultWindow> {
    let from = outcomes.iter().filter_map(|o| o.injected_at).min()?;
    let until = outcomes.iter().filter_map(|o| o.injected_at.map(|_| o.healed_at.unwrap_or(rollback))).max()?;
    Some(FaultWindow { from, until: until.min(rollback).max(from) })
}

fn data_checks(sim: &Sim, found: &[Violation]) -> DataChecks {
    DataChecks {
        checked: sim.invariants().iter().filter(|i| i.has_tag("data")).count(),
        violated: found.iter().filter(|v| v.invariant.has_tag("data")).count(),
    }
}

fn post_record(
    x: &Experiment<'_>,
    during: &DuringRecord,
    baseline: &BaselineRecord,
    data: DataChecks,
    times: Times,
    epoch: Epoch,
) -> PostRecord {
    let rules = x.declared.post;
    let probes = x.declared.probes.iter().zip(&baseline.probes).zip(&during.probes);
    let probes = probes.map(|((s, b), d)| {
        let sampled: Series = of_phase(&s.series, times.rollback, times.end);
        rules.probe(&s.probe, b, d, &sampled, times.rollback, epoch)
    });
    super::PostRules::all(probes.collect(), data, times.rollback, times.end, epoch)
}

fn verify(sim: &Sim, found: &[Violation], epoch: Epoch) -> VerifyRecord {
    let ids = sim.invariants();
    let mut record = VerifyRecord::watching(ids.iter().map(|i| i.id));
    record.checks = sim.checks_made();
    for v in found {
        record.violation(v.invariant.id, epoch.at(v.at), v.what.clone());
    }
    record
}

fn fault_record(outcome: &Outcome, epoch: Epoch) -> FaultRecord {
    let fault = &outcome.fault;
    let mut record = FaultRecord::planned(fault.to_string(), fault_type(fault.what.kind()));
    record.targets = fault.what.processes().into_iter().cloned().collect();
    record.planned_epoch_ns = match fault.when {
        When::At(at) => Some(epoch.at(at)),
        When::On(_) => None,
    };
    record.met = outcome.is_met();
    record.injected_epoch_ns = outcome.injected_at.map(|at| epoch.at(at));
    record.rolled_back_epoch_ns = outcome.healed_at.map(|at| epoch.at(at));
    record.skipped.clone_from(&outcome.skipped);
    record
}

/// The word of the journal's vocabulary for a kind of fault.
fn fault_type(kind: FaultKind) -> FaultType {
    match kind {
        FaultKind::Kill | FaultKind::PowerLoss | FaultKind::Restart | FaultKind::Shutdown | FaultKind::Signal => {
            FaultType::Termination
        }
        FaultKind::Pause | FaultKind::Clock | FaultKind::Drift | FaultKind::LeapSmear => FaultType::State,
        FaultKind::Partition
        | FaultKind::Isolate
        | FaultKind::Cut
        | FaultKind::Hold
        | FaultKind::Loss
        | FaultKind::Duplicate
        | FaultKind::Reorder
        | FaultKind::Delay
        | FaultKind::Bridge
        | FaultKind::Swizzle
        | FaultKind::Flap
        | FaultKind::Corrupt
        | FaultKind::CorruptHeader
        | FaultKind::Throttle
        | FaultKind::BurstLoss
        | FaultKind::BlackHole
        | FaultKind::Reset
        | FaultKind::NameFailure
        | FaultKind::StaleName
        | FaultKind::NameChange
        | FaultKind::Rule => FaultType::Network,
        FaultKind::DiskReadErrors
        | FaultKind::DiskWriteErrors
        | FaultKind::DiskSyncErrors
        | FaultKind::DiskSyncDrops
        | FaultKind::DiskSyncReverts
        | FaultKind::DiskReadOnly
        | FaultKind::DiskBitRot
        | FaultKind::DiskBitFlips
        | FaultKind::DiskMisdirectedReads
        | FaultKind::DiskStaleReads
        | FaultKind::DiskLostWrites
        | FaultKind::DiskMisdirectedWrites => FaultType::Data,
        FaultKind::DiskFull
        | FaultKind::DiskSlow
        | FaultKind::DiskStall
        | FaultKind::DiskIops
        | FaultKind::DiskBandwidth
        | FaultKind::DescriptorLimit
        | FaultKind::CpuTheft
        | FaultKind::MemoryPressure => FaultType::ResourceStress,
    }
}
