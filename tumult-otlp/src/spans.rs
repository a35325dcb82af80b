//! A run as spans: the experiment, in it its phases and faults, at their virtual times; violations and breaches as events.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::span::{Event, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status as Said};
use tumult_sim::journal::{Journal, Phase, Status, Stored};

use crate::attributes::{self, PROBE, of, text};
use crate::{ids, resource};

/// What is sent of a run.
pub(crate) fn request(run: &Stored) -> ExportTraceServiceRequest {
    let spans = Run { trace: ids::trace(&run.journal, &run.run), run }.spans();
    let scope_spans = vec![ScopeSpans { scope: Some(resource::scope()), spans, ..ScopeSpans::default() }];
    let resource = Some(resource::resource(run));
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }],
    }
}

struct Run<'a> {
    trace: Vec<u8>,
    run: &'a Stored,
}

const EXPERIMENT: &str = "resilience.experiment";
const FAULT: &str = "resilience.fault";

impl Run<'_> {
    /// The experiment first, then what is in it.
    fn spans(&self) -> Vec<Span> {
        let mut all = vec![self.experiment()];
        all.extend(self.phases());
        all.extend(self.faults());
        all
    }

    fn journal(&self) -> &Journal {
        &self.run.journal
    }

    fn experiment(&self) -> Span {
        let journal = self.journal();
        let mut attributes = vec![
            text("resilience.experiment.title", journal.experiment_title.clone()),
            text("resilience.experiment.id", journal.experiment_id.clone()),
            text("resilience.experiment.status", journal.status.to_string()),
            text("tumult.seed", journal.seed.to_string()),
            of("tumult.started_at", Value::IntValue(self.run.run.started_at)),
        ];
        attributes.extend(journal.target.iter().map(|target| text("resilience.experiment.target", target.clone())));
        attributes.extend(journal.replay_token.iter().map(|token| text("tumult.replay_token", token.clone())));
        attributes.extend(journal.tags.iter().map(|(key, value)| text(format!("tumult.tag.{key}"), value.clone())));
        let own = journal.attributes();
        for group in ["resilience.estimate.", "resilience.analysis.", "resilience.verify."] {
            attributes.extend(attributes::group(&own, group));
        }
        attributes.extend(attributes::group(&self.run.run.attributes(), "resilience."));
        let events = journal.verify.violated.iter().map(|violation| Event {
            time_unix_nano: nanos(violation.epoch_ns),
            name: "resilience.verify.violation".to_owned(),
            attributes: vec![
                text("resilience.verify.invariant", violation.invariant.clone()),
                text("resilience.verify.message", violation.message.clone()),
                of("resilience.verify.times", Value::IntValue(i64::try_from(violation.times).unwrap_or(i64::MAX))),
            ],
            ..Event::default()
        });
        let code = if journal.status == Status::Completed { StatusCode::Ok } else { StatusCode::Error };
        Span {
            parent_span_id: vec![],
            events: events.collect(),
            attributes,
            status: Some(Said { message: journal.status.to_string(), code: code.into() }),
            ..self.span(EXPERIMENT, 0, journal.started_at_ns, journal.ended_at_ns)
        }
    }

    fn phases(&self) -> Vec<Span> {
        let own = self.journal().attributes();
        let of_phase = |phase: Phase| format!("resilience.{phase}.");
        let spans = self.journal().phases.iter().map(|p| Span {
            attributes: attributes::group(&own, &of_phase(p.phase)),
            events: if p.phase == Phase::During { self.breaches(p.started_at_ns, p.ended_at_ns) } else { vec![] },
            ..self.span(&format!("resilience.phase.{}", p.phase), 0, p.started_at_ns, p.ended_at_ns)
        });
        spans.collect()
    }

    /// Each sample outside its thresholds, where the journal keeps samples; else the first and the worst of each probe.
    fn breaches(&self, from_ns: i64, to_ns: i64) -> Vec<Event> {
        let journal = self.journal();
        let mut events = vec![];
        for probe in journal.during.iter().flat_map(|during| &during.probes) {
            let bounds = journal.baseline.iter().flat_map(|b| &b.probes).find(|b| b.probe == probe.probe);
            let samples = journal.samples.iter().flatten().find(|samples| samples.probe == probe.probe);
            match (probe.onset_epoch_ns, bounds, samples) {
                (Some(onset), Some(normal), Some(samples)) => {
                    let taken = samples.epoch_ns.iter().zip(&samples.value);
                    let outside = taken.filter(|(at, value)| {
                        (onset.max(from_ns)..=to_ns).contains(at) && !value.is_some_and(|v| normal.bounds.contains(v))
                    });
                    events.extend(outside.map(|(at, value)| breach("resilience.breach", &probe.probe, *at, *value)));
                }
                (Some(onset), _, _) => {
                    events.push(breach("resilience.onset", &probe.probe, onset, None));
                    if let Some(peak) = probe.peak_epoch_ns {
                        events.push(breach("resilience.peak", &probe.probe, peak, probe.peak_value));
                    }
                }
                (None, _, _) => {}
            }
        }
        events.sort_by_key(|event| event.time_unix_nano);
        events
    }

    /// The faults that were there, for as long as they were.
    fn faults(&self) -> Vec<Span> {
        let journal = self.journal();
        let spans = journal.faults.iter().enumerate().filter_map(|(n, fault)| {
            let from = fault.injected_epoch_ns?;
            let to = fault.rolled_back_epoch_ns.unwrap_or(journal.ended_at_ns);
            let mut attributes: Vec<KeyValue> = vec![
                text("resilience.fault.plan", fault.fault.clone()),
                text("resilience.fault.type", fault.fault_type.to_string()),
                text("resilience.fault.targets", fault.targets.join(",")),
            ];
            attributes.extend(fault.severity.map(|s| text("resilience.fault.severity", s.to_string())));
            attributes.extend(fault.blast_radius.map(|b| text("resilience.fault.blast_radius", b.to_string())));
            Some(Span { attributes, ..self.span(FAULT, n, from, to) })
        });
        spans.collect()
    }

    /// A span in the experiment.
    fn span(&self, name: &str, nth: usize, from_ns: i64, to_ns: i64) -> Span {
        Span {
            trace_id: self.trace.clone(),
            span_id: ids::span(&self.trace, name, nth),
            parent_span_id: ids::span(&self.trace, EXPERIMENT, 0),
            name: name.to_owned(),
            kind: SpanKind::Internal.into(),
            start_time_unix_nano: nanos(from_ns),
            end_time_unix_nano: nanos(to_ns.max(from_ns)),
            ..Span::default()
        }
    }
}

fn breach(name: &str, probe: &str, at_ns: i64, value: Option<f64>) -> Event {
    let mut attributes = vec![text(PROBE, probe)];
    // Without a value the sample failed, or is not known any more.
    attributes.extend(value.map(|value| of("resilience.value", Value::DoubleValue(value))));
    Event { time_unix_nano: nanos(at_ns), name: name.to_owned(), attributes, ..Event::default() }
}

/// OTLP has no times before 1970.
pub(crate) fn nanos(epoch_ns: i64) -> u64 {
    u64::try_from(epoch_ns).unwrap_or(0)
}
