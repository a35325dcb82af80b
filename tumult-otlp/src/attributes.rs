//! A journal's attributes as those of OTLP.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use tumult_sim::journal::{Attribute, AttributeValue};

/// The attribute that names the probe, where several have one of the same name.
pub(crate) const PROBE: &str = "resilience.probe";

/// An attribute.
pub(crate) fn of(key: impl Into<String>, value: Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

/// An attribute that is text.
pub(crate) fn text(key: impl Into<String>, value: impl Into<String>) -> KeyValue {
    of(key, Value::StringValue(value.into()))
}

/// Those of `attributes` that are in `group`, such as `resilience.baseline.`. What is measured for one of several probes
/// has that probe's name behind its own.
pub(crate) fn group(attributes: &[Attribute], group: &str) -> Vec<KeyValue> {
    let own = attributes.iter().filter(|a| a.name.starts_with(group));
    own.map(|a| of(name(a), value(&a.value))).collect()
}

fn name(attribute: &Attribute) -> String {
    match &attribute.probe {
        None => attribute.name.to_owned(),
        Some(probe) => format!("{}.{probe}", attribute.name),
    }
}

fn value(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Text(text) => Value::StringValue(text.clone()),
        AttributeValue::Int(n) => Value::IntValue(*n),
        AttributeValue::Real(x) => Value::DoubleValue(*x),
        AttributeValue::Bool(b) => Value::BoolValue(*b),
    }
}
