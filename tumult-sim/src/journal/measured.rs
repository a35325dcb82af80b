//! Phases 1 to 3 as they stand in a journal: what was measured, probe by probe, and over all probes.
//!
//! Each probe keeps its own unit, method and thresholds. Values of different probes are never pooled: a tolerance
//! over milliseconds and ratios together means nothing.

use serde::{Deserialize, Serialize};

use super::vocabulary::{MethodName, Outcome, Shape, Unit};
use super::{Bounds, Epoch};
use crate::base::Time;

/// Phase 1: what normal looks like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BaselineRecord {
    /// Whether some probe's baseline was not fit to measure against.
    pub anomalous: bool,
    /// One for each probe, in the order of their declaration.
    pub probes: Vec<ProbeBaseline>,
}

/// A probe before the fault. Without a single good sample, the statistics are absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ProbeBaseline {
    /// The probe's name.
    pub probe: String,
    /// What its values count.
    pub unit: Unit,
    /// How its thresholds were derived.
    pub method: MethodName,
    /// Samples taken, without the warm-up.
    pub samples: u64,
    /// Those of them that failed.
    pub failed_samples: u64,
    /// Seconds from one sample to the next.
    pub interval_s: f64,
    /// Samples thrown away before the first.
    pub warmup_samples: u64,
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Standard deviation of the population.
    pub stddev: Option<f64>,
    /// Lowest value.
    pub min: Option<f64>,
    /// Highest value.
    pub max: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 90th percentile.
    pub p90: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// From the first quartile to the third.
    pub iqr: Option<f64>,
    /// What is normal from here on.
    pub bounds: Bounds,
    /// Whether the baseline is not fit to measure against.
    pub anomalous: bool,
    /// Why it is not, one sentence for each reason.
    pub anomalies: Vec<String>,
}

/// Phase 2: what happened under the fault.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DuringRecord {
    /// How badly the fault was felt.
    pub outcome: Option<Outcome>,
    /// Part of the availability samples that succeeded.
    pub availability: Option<f64>,
    /// One for each probe, in the order of their declaration.
    pub probes: Vec<ProbeDuring>,
}

/// A probe under the fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ProbeDuring {
    /// The probe's name.
    pub probe: String,
    /// Samples taken in the phase.
    pub samples: u64,
    /// Those of them that failed.
    pub failed_samples: u64,
    /// Those of them that were outside the thresholds or failed, from the fault's start on.
    pub threshold_breaches: u64,
    /// When the first of them was taken.
    pub onset_epoch_ns: Option<i64>,
    /// When the value farthest from the baseline's mean was taken.
    pub peak_epoch_ns: Option<i64>,
    /// That value.
    pub peak_value: Option<f64>,
    /// Its distance from the baseline's mean.
    pub peak_deviation: Option<f64>,
    /// That distance in percent of the mean; absent when the mean is 0.
    pub peak_deviation_pct: Option<f64>,
    /// Curve or cliff.
    pub shape: Shape,
}

/// Phase 3: how the system came back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PostRecord {
    /// When rollback began.
    pub rollback_epoch_ns: i64,
    /// Seconds from then to the end of the phase: how long recovery was looked for.
    pub observed_s: f64,
    /// When the last of the breached probes had recovered; absent when none breached, or one did not recover.
    pub recovery_epoch_ns: Option<i64>,
    /// Seconds from the start of rollback to then; 0 when no probe breached.
    pub recovery_duration_s: Option<f64>,
    /// Mean time to recovery of the breached probes; absent when none breached, or one did not recover.
    pub mttr_s: Option<f64>,
    /// The longest of those times.
    pub mttr_max_s: Option<f64>,
    /// Whether the invariants that are tagged `data` all held; absent when none was checked.
    pub data_integrity_verified: Option<bool>,
    /// Whether one of them was violated; absent when none was checked.
    pub data_loss_detected: Option<bool>,
    /// Whether every probe that breached has recovered.
    pub fully_recovered: bool,
    /// Samples taken in the phase, of all probes.
    pub recovery_samples: u64,
    /// Those of them within their probe's thresholds.
    pub samples_within_threshold: u64,
    /// The second of these by the first.
    pub compliance_ratio: Option<f64>,
    /// One for each probe, in the order of their declaration.
    pub probes: Vec<ProbePost>,
}

/// A probe after the fault was lifted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ProbePost {
    /// The probe's name.
    pub probe: String,
    /// Whether it was outside its thresholds at some sample, under the fault or after it.
    pub breached: bool,
    /// When it was back; absent for a probe that never breached, or has not recovered.
    pub recovery_epoch_ns: Option<i64>,
    /// Seconds from the start of rollback to then; 0 for a probe that never breached.
    pub recovery_duration_s: Option<f64>,
    /// Whether it is back, or never was away.
    pub recovered: bool,
    /// Samples taken in the phase.
    pub recovery_samples: u64,
    /// Those of them within the thresholds.
    pub samples_within_threshold: u64,
}

/// The samples of one probe over a whole run, as columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ProbeSamples {
    /// The probe's name.
    pub probe: String,
    /// When each sample was taken.
    pub epoch_ns: Vec<i64>,
    /// What it was; `null` where it failed.
    pub value: Vec<Option<f64>>,
}

impl ProbeSamples {
    pub(crate) fn new(
        probe: impl Into<String>,
        epoch: Epoch,
        samples: impl IntoIterator<Item = (Time, Option<f64>)>,
    ) -> Self {
        let (epoch_ns, value) = samples.into_iter().map(|(at, value)| (epoch.at(at), value)).unzip();
        Self { probe: probe.into(), epoch_ns, value }
    }
}
