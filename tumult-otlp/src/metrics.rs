//! A run as metrics: each probe's samples as a gauge, at their virtual times.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics};
use tumult_sim::journal::{Phase, ProbeSamples, Stored};

use crate::attributes::{PROBE, text};
use crate::resource;
use crate::spans::nanos;

/// What is sent of a run; nothing where the journal keeps no samples (`Experiment::keep_samples`).
pub(crate) fn request(run: &Stored) -> Option<ExportMetricsServiceRequest> {
    let metrics: Vec<Metric> = run.journal.samples.iter().flatten().map(|samples| gauge(run, samples)).collect();
    if metrics.is_empty() {
        return None;
    }
    let scope_metrics = vec![ScopeMetrics { scope: Some(resource::scope()), metrics, ..ScopeMetrics::default() }];
    let resource = Some(resource::resource(run));
    Some(ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics { resource, scope_metrics, ..ResourceMetrics::default() }],
    })
}

fn gauge(run: &Stored, samples: &ProbeSamples) -> Metric {
    let mut baselines = run.journal.baseline.iter().flat_map(|baseline| &baseline.probes);
    let unit = baselines.find(|b| b.probe == samples.probe).map_or_else(String::new, |b| b.unit.ucum().to_owned());
    let taken = samples.epoch_ns.iter().zip(&samples.value);
    let points = taken.filter_map(|(at, value)| Some(point(run, &samples.probe, *at, (*value)?)));
    Metric {
        name: format!("resilience.probe.{}", samples.probe),
        description: "What a probe of an experiment read, by the virtual clock".to_owned(),
        unit,
        data: Some(Data::Gauge(Gauge { data_points: points.collect() })),
        ..Metric::default()
    }
}

fn point(run: &Stored, probe: &str, at_ns: i64, value: f64) -> NumberDataPoint {
    let journal = &run.journal;
    let mut attributes = vec![text(PROBE, probe), text("resilience.experiment.id", journal.experiment_id.clone())];
    attributes.extend(phase_at(run, at_ns).map(|phase| text("resilience.phase", phase.to_string())));
    NumberDataPoint {
        attributes,
        start_time_unix_nano: nanos(journal.started_at_ns),
        time_unix_nano: nanos(at_ns),
        value: Some(Value::AsDouble(value)),
        ..NumberDataPoint::default()
    }
}

fn phase_at(run: &Stored, at_ns: i64) -> Option<Phase> {
    let sampled = |phase: Phase| matches!(phase, Phase::Baseline | Phase::During | Phase::Post);
    let mut phases = run.journal.phases.iter().filter(|p| sampled(p.phase));
    phases.find(|p| (p.started_at_ns..=p.ended_at_ns).contains(&at_ns)).map(|p| p.phase)
}
