//! What it all comes to: the records of the phases from what was sampled, VERIFY, ANALYSIS, the status.

use std::time::Duration;

use super::pipeline::Times;
use super::{
    DataChecks, Evidence, Experiment, Facts, FaultWindow, PostRules, Series, analyse, during, faults, outcome,
};
use crate::base::Time;
use crate::fault::Outcome;
use crate::invariant::Violation;
use crate::journal::{BaselineRecord, DuringRecord, Epoch, Journal, PostRecord, ProbeMode, ProbeSamples, VerifyRecord};
use crate::sim::Sim;

/// ANALYSIS and VERIFY: what it all comes to.
pub(super) fn conclude(x: &mut Experiment<'_>, mut journal: Journal, mut facts: Facts, times: Times, epoch: Epoch) {
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
    journal.faults = faults::records(x, &outcomes, epoch);
    facts.invariant_violated = !found.is_empty();
    facts.hypothesis_violated = hypothesis_violated(&journal);
    journal.analysis = Some(analyse(&Evidence {
        estimate: journal.estimate.as_ref(),
        recovery_target_s: x.declared.recovery_target_s,
        baseline: journal.baseline.as_ref(),
        during: journal.during.as_ref(),
        post: journal.post.as_ref(),
        verify: &journal.verify,
    }));
    // What was not seen to its end complies with nothing.
    if let Some(analysis) = journal.analysis.as_mut().filter(|_| facts.stopped_early) {
        analysis.compliance = None;
    }
    // Who has a run recorded looks at its curves.
    if x.declared.keep_samples || x.config().record {
        let samples = |s: &super::experiment::Sampled| ProbeSamples::new(s.probe.name(), epoch, s.series.iter());
        journal.samples = Some(probes.iter().map(samples).collect());
    }
    journal.end(facts.status(), epoch.at(times.end));
    x.set_journal(journal);
}

/// Whether a hypothesis did not hold under the fault or after it.
pub(super) fn hypothesis_violated(journal: &Journal) -> bool {
    let modes = [ProbeMode::Continuous, ProbeMode::After];
    modes.iter().any(|mode| journal.hypotheses.iter().any(|h| h.held(*mode) == Some(false)))
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
    PostRules::all(probes.collect(), data, times.rollback, times.end, epoch)
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
