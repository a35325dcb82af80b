//! An experiment's probes: their curves, what was normal, and when what happened.

use serde::Serialize;

use crate::journal::{Journal, Phase};

/// So many samples of a probe at the most: more than a screen has dots.
const SAMPLES: usize = 4_000;

/// What a journal says of time. All times count from the start of the run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Experiment {
    title: String,
    status: String,
    score: Option<f64>,
    phases: Vec<(Phase, i64, i64)>,
    rollback_ns: Option<i64>,
    probes: Vec<Probe>,
}

/// One probe.
#[derive(Clone, Debug, Serialize)]
struct Probe {
    name: String,
    unit: Option<String>,
    lower: Option<f64>,
    upper: Option<f64>,
    mean: Option<f64>,
    onset_ns: Option<i64>,
    peak_ns: Option<i64>,
    peak: Option<f64>,
    recovery_ns: Option<i64>,
    recovered: Option<bool>,
    at_ns: Vec<i64>,
    /// None where a sample failed.
    value: Vec<Option<f64>>,
}

impl Experiment {
    pub(super) fn of(journal: &Journal, epoch_ns: i64) -> Self {
        let since = |at: i64| at.saturating_sub(epoch_ns);
        let probes = journal.samples.iter().flatten().map(|samples| {
            let name = &samples.probe;
            let before = journal.baseline.iter().flat_map(|b| &b.probes).find(|p| p.probe == *name);
            let during = journal.during.iter().flat_map(|d| &d.probes).find(|p| p.probe == *name);
            let after = journal.post.iter().flat_map(|p| &p.probes).find(|p| p.probe == *name);
            // Every nth: what is left out is told by the figures.
            let step = samples.epoch_ns.len().div_ceil(SAMPLES).max(1);
            Probe {
                name: name.clone(),
                unit: before.map(|b| b.unit.to_string()),
                lower: before.and_then(|b| b.bounds.lower),
                upper: before.and_then(|b| b.bounds.upper),
                mean: before.and_then(|b| b.mean),
                onset_ns: during.and_then(|d| d.onset_epoch_ns).map(since),
                peak_ns: during.and_then(|d| d.peak_epoch_ns).map(since),
                peak: during.and_then(|d| d.peak_value),
                recovery_ns: after.and_then(|a| a.recovery_epoch_ns).map(since),
                recovered: after.filter(|a| a.breached).map(|a| a.recovered),
                at_ns: samples.epoch_ns.iter().step_by(step).map(|at| since(*at)).collect(),
                value: samples.value.iter().step_by(step).copied().collect(),
            }
        });
        Self {
            title: journal.experiment_title.clone(),
            status: journal.status.to_string(),
            score: journal.analysis.as_ref().and_then(|a| a.resilience_score),
            phases: journal.phases.iter().map(|p| (p.phase, since(p.started_at_ns), since(p.ended_at_ns))).collect(),
            rollback_ns: journal.post.as_ref().map(|p| since(p.rollback_epoch_ns)),
            probes: probes.collect(),
        }
    }
}
