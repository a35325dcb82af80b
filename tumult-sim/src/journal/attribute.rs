//! `resilience.*`: a journal as flat attributes, spelled as the source spells them.
//!
//! Baseline and during are measured for each probe, so their attributes carry the probe's name beside the value;
//! those of post come once over all probes and once for each. What is absent in the journal is absent here.

use super::{AnalysisRecord, EstimateRecord, Journal, PostRecord, ProbeBaseline, ProbeDuring, ProbePost, VerifyRecord};

/// One attribute of a journal.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Attribute {
    /// Such as `resilience.post.mttr_s`.
    pub name: &'static str,
    /// The probe it is about; absent for one about the whole system.
    pub probe: Option<String>,
    /// Its value.
    pub value: AttributeValue,
}

/// The value of an attribute: the types that OpenTelemetry knows.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// Text.
    Text(String),
    /// A whole number, points in time among them.
    Int(i64),
    /// A real number, durations in seconds among them.
    Real(f64),
    /// True or false.
    Bool(bool),
}

impl From<String> for AttributeValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<&str> for AttributeValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<i64> for AttributeValue {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}
impl From<u64> for AttributeValue {
    fn from(n: u64) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}
impl From<f64> for AttributeValue {
    fn from(x: f64) -> Self {
        Self::Real(x)
    }
}
impl From<bool> for AttributeValue {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl Attribute {
    /// Every name there is, in the order of the phases; the two of the trend come from a
    /// [`RunRecord`](super::RunRecord), all others from a [`Journal`].
    pub const NAMES: &'static [&'static str] = &[
        "resilience.estimate.expected_outcome",
        "resilience.estimate.expected_recovery_s",
        "resilience.estimate.expected_degradation",
        "resilience.estimate.expected_data_loss",
        "resilience.estimate.confidence",
        "resilience.estimate.rationale",
        "resilience.baseline.method",
        "resilience.baseline.samples",
        "resilience.baseline.interval_s",
        "resilience.baseline.warmup_samples",
        "resilience.baseline.mean",
        "resilience.baseline.stddev",
        "resilience.baseline.p50",
        "resilience.baseline.p90",
        "resilience.baseline.p95",
        "resilience.baseline.p99",
        "resilience.baseline.iqr",
        "resilience.baseline.anomalous",
        "resilience.during.onset_epoch_ns",
        "resilience.during.peak_epoch_ns",
        "resilience.during.peak_value",
        "resilience.during.peak_deviation",
        "resilience.during.peak_deviation_pct",
        "resilience.during.shape",
        "resilience.during.threshold_breaches",
        "resilience.during.samples",
        "resilience.post.recovery_epoch_ns",
        "resilience.post.recovery_duration_s",
        "resilience.post.mttr_s",
        "resilience.post.data_integrity_verified",
        "resilience.post.data_loss_detected",
        "resilience.post.fully_recovered",
        "resilience.post.recovery_samples",
        "resilience.post.samples_within_threshold",
        "resilience.analysis.estimate_accuracy",
        "resilience.analysis.estimate_outcome_match",
        "resilience.analysis.trend_direction",
        "resilience.analysis.trend_run_count",
        "resilience.analysis.resilience_score",
        "resilience.analysis.regulatory_frameworks",
        "resilience.verify.checks",
        "resilience.verify.invariants",
        "resilience.verify.violations",
        "resilience.verify.first_violation_epoch_ns",
        "resilience.verify.first_violation_invariant",
    ];
}

/// Attributes as they are gathered: each is put down with its value, or left out.
#[derive(Default)]
pub(super) struct Gathered {
    probe: Option<String>,
    list: Vec<Attribute>,
}

impl Gathered {
    pub(super) fn put(&mut self, name: &'static str, value: impl Into<AttributeValue>) {
        self.list.push(Attribute { name, probe: self.probe.clone(), value: value.into() });
    }

    pub(super) fn put_known(&mut self, name: &'static str, value: Option<impl Into<AttributeValue>>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    pub(super) fn done(self) -> Vec<Attribute> {
        self.list
    }

    fn about(&mut self, probe: &str) {
        self.probe = Some(probe.to_owned());
    }

    fn about_all(&mut self) {
        self.probe = None;
    }
}

impl Journal {
    /// Its attributes, in the order of [`Attribute::NAMES`] and, within a phase, of the probes.
    pub fn attributes(&self) -> Vec<Attribute> {
        let mut to = Gathered::default();
        if let Some(estimate) = &self.estimate {
            put_estimate(&mut to, estimate);
        }
        for probe in self.baseline.iter().flat_map(|b| &b.probes) {
            put_baseline(&mut to, probe);
        }
        for probe in self.during.iter().flat_map(|d| &d.probes) {
            put_during(&mut to, probe);
        }
        if let Some(post) = &self.post {
            put_post(&mut to, post);
        }
        to.about_all();
        put_analysis(&mut to, self.analysis.as_ref(), &self.frameworks().join(","));
        put_verify(&mut to, &self.verify);
        to.done()
    }
}

fn put_estimate(to: &mut Gathered, e: &EstimateRecord) {
    to.put("resilience.estimate.expected_outcome", e.expected_outcome.as_str());
    to.put_known("resilience.estimate.expected_recovery_s", e.expected_recovery_s);
    to.put_known("resilience.estimate.expected_degradation", e.expected_degradation);
    to.put_known("resilience.estimate.expected_data_loss", e.expected_data_loss);
    to.put_known("resilience.estimate.confidence", e.confidence);
    to.put_known("resilience.estimate.rationale", e.rationale.as_deref());
}

fn put_baseline(to: &mut Gathered, b: &ProbeBaseline) {
    to.about(&b.probe);
    to.put("resilience.baseline.method", b.method.as_str());
    to.put("resilience.baseline.samples", b.samples);
    to.put("resilience.baseline.interval_s", b.interval_s);
    to.put("resilience.baseline.warmup_samples", b.warmup_samples);
    to.put_known("resilience.baseline.mean", b.mean);
    to.put_known("resilience.baseline.stddev", b.stddev);
    to.put_known("resilience.baseline.p50", b.p50);
    to.put_known("resilience.baseline.p90", b.p90);
    to.put_known("resilience.baseline.p95", b.p95);
    to.put_known("resilience.baseline.p99", b.p99);
    to.put_known("resilience.baseline.iqr", b.iqr);
    to.put("resilience.baseline.anomalous", b.anomalous);
}

fn put_during(to: &mut Gathered, d: &ProbeDuring) {
    to.about(&d.probe);
    to.put_known("resilience.during.onset_epoch_ns", d.onset_epoch_ns);
    to.put_known("resilience.during.peak_epoch_ns", d.peak_epoch_ns);
    to.put_known("resilience.during.peak_value", d.peak_value);
    to.put_known("resilience.during.peak_deviation", d.peak_deviation);
    to.put_known("resilience.during.peak_deviation_pct", d.peak_deviation_pct);
    to.put("resilience.during.shape", d.shape.as_str());
    to.put("resilience.during.threshold_breaches", d.threshold_breaches);
    to.put("resilience.during.samples", d.samples);
}

fn put_post(to: &mut Gathered, p: &PostRecord) {
    to.about_all();
    to.put_known("resilience.post.recovery_epoch_ns", p.recovery_epoch_ns);
    to.put_known("resilience.post.recovery_duration_s", p.recovery_duration_s);
    to.put_known("resilience.post.mttr_s", p.mttr_s);
    to.put_known("resilience.post.data_integrity_verified", p.data_integrity_verified);
    to.put_known("resilience.post.data_loss_detected", p.data_loss_detected);
    to.put("resilience.post.fully_recovered", p.fully_recovered);
    to.put("resilience.post.recovery_samples", p.recovery_samples);
    to.put("resilience.post.samples_within_threshold", p.samples_within_threshold);
    for probe in &p.probes {
        put_post_probe(to, probe);
    }
}

fn put_post_probe(to: &mut Gathered, p: &ProbePost) {
    to.about(&p.probe);
    to.put_known("resilience.post.recovery_epoch_ns", p.recovery_epoch_ns);
    to.put_known("resilience.post.recovery_duration_s", p.recovery_duration_s);
    to.put("resilience.post.fully_recovered", p.recovered);
    to.put("resilience.post.recovery_samples", p.recovery_samples);
    to.put("resilience.post.samples_within_threshold", p.samples_within_threshold);
}

fn put_analysis(to: &mut Gathered, a: Option<&AnalysisRecord>, frameworks: &str) {
    to.put_known("resilience.analysis.estimate_accuracy", a.and_then(|a| a.estimate_accuracy));
    to.put_known("resilience.analysis.estimate_outcome_match", a.and_then(|a| a.estimate_outcome_match));
    to.put_known("resilience.analysis.resilience_score", a.and_then(|a| a.resilience_score));
    to.put_known("resilience.analysis.regulatory_frameworks", Some(frameworks).filter(|f| !f.is_empty()));
}

fn put_verify(to: &mut Gathered, v: &VerifyRecord) {
    to.put("resilience.verify.checks", v.checks);
    to.put("resilience.verify.invariants", v.invariants.join(","));
    to.put("resilience.verify.violations", v.violations);
    to.put_known("resilience.verify.first_violation_epoch_ns", v.first_violation_epoch_ns);
    to.put_known("resilience.verify.first_violation_invariant", v.first_violation_invariant.as_deref());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;
    use crate::journal::RunRecord;
    use crate::journal::example::{full, run};

    #[test]
    fn journal_and_run_record_together_have_every_name_in_order() {
        let mut names: Vec<&str> = Vec::new();
        for attribute in full().attributes().into_iter().filter(|a| a.probe.is_none() || !a.name.contains(".post.")) {
            names.push(attribute.name);
        }
        let trend: Vec<_> = run().attributes().iter().map(|a| a.name).collect();
        let at = names.iter().position(|n| *n == "resilience.analysis.resilience_score").unwrap();
        names.splice(at..at, trend);
        assert_eq!(names, Attribute::NAMES);
    }

    #[test]
    fn values_and_probes_stand_beside_the_names() {
        let attributes = full().attributes();
        let get = |name: &str, probe: Option<&str>| {
            attributes.iter().find(|a| a.name == name && a.probe.as_deref() == probe).map(|a| a.value.clone())
        };
        let latency = Some("produce latency");
        assert_eq!(get("resilience.baseline.method", latency), Some("mean-stddev".into()));
        assert_eq!(get("resilience.baseline.samples", latency), Some(AttributeValue::Int(120)));
        assert_eq!(get("resilience.during.peak_value", latency), Some(AttributeValue::Real(198.4)));
        assert_eq!(get("resilience.during.onset_epoch_ns", latency), Some(1_711_234_567_890_123_456_i64.into()));
        assert_eq!(get("resilience.post.data_loss_detected", None), Some(AttributeValue::Bool(false)));
        assert_eq!(get("resilience.post.recovery_samples", latency), Some(AttributeValue::Int(120)));
        assert_eq!(get("resilience.analysis.regulatory_frameworks", None), Some("DORA,NIS2,PCI-DSS".into()));
        assert_eq!(get("resilience.verify.invariants", None), Some("INV_001,INV_002".into()));
    }

    #[test]
    fn what_is_unknown_has_no_attribute() {
        let names: Vec<_> = Journal::begin("t", Seed(1), 0).attributes().iter().map(|a| a.name).collect();
        assert_eq!(names, ["resilience.verify.checks", "resilience.verify.invariants", "resilience.verify.violations"]);
        assert!(RunRecord { trend_direction: None, ..run() }.attributes().len() == 1);
    }
}
