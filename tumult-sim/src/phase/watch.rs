//! What an experiment says while it runs, by `tracing`: in a span for itself and one for each phase, so that whoever
//! listens sees it where it belongs. Times are virtual. *Must never* change the run: nothing here is drawn or decided.

use tracing::span::EnteredSpan;
use tracing::{error, info_span, warn};

use super::Experiment;
use crate::base::Time;
use crate::journal::{ActionRecord, BaselineRecord, Bounds, Phase};

/// The span of an experiment, for as long as this is there.
pub(super) fn experiment(x: &Experiment<'_>) -> EnteredSpan {
    let title = x.declared.title.as_str();
    info_span!("resilience.experiment", title, seed = %x.seed(), target = x.declared.target.as_deref()).entered()
}

/// The span of a phase.
pub(super) fn phase(phase: Phase) -> EnteredSpan {
    // A span's name is a constant.
    match phase {
        Phase::Estimate => info_span!("resilience.phase.estimate"),
        Phase::Baseline => info_span!("resilience.phase.baseline"),
        Phase::During => info_span!("resilience.phase.during"),
        Phase::Post => info_span!("resilience.phase.post"),
        Phase::Analysis => info_span!("resilience.phase.analysis"),
        Phase::Verify => info_span!("resilience.phase.verify"),
    }
    .entered()
}

/// The baseline is not fit to measure against.
pub(super) fn anomaly(baseline: &BaselineRecord, aborts: bool) {
    for probe in baseline.probes.iter().filter(|p| p.anomalous) {
        let why = probe.anomalies.join("; ");
        warn!(probe = probe.probe, why, aborts, "anomalous baseline");
    }
}

/// A sample is outside its probe's thresholds.
pub(super) fn breach(probe: &str, value: Option<f64>, bounds: &Bounds, at: Time) {
    let Bounds { lower, upper } = *bounds;
    warn!(probe, value, lower, upper, at_s = at.as_secs_f64(), "threshold breached");
}

/// An action failed, `what` being `action` or `rollback`.
pub(super) fn action_failed(what: &str, record: &ActionRecord) {
    if let Some(why) = &record.error {
        error!(name = record.name, why, "{what} failed");
    }
}
