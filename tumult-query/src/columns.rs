//! The columns of the data set: what of a journal and of the run record beside it can be asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use tumult_sim::journal::{Journal, Outcome, RunRecord};

/// A journal, the record of its run, and the file they come from.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) journal: Journal,
    pub(crate) run: RunRecord,
    /// The journal's file, from the folder of artifacts, with `/` between.
    pub(crate) path: String,
    /// Differs when the files were written again.
    pub(crate) stamp: i64,
}

/// A column: its name, and how its value is had. What is not known is null.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    value: Value,
}

/// How a value is had, and so of which type it is.
#[derive(Clone, Copy)]
enum Value {
    Text(fn(&Source) -> Option<String>),
    Real(fn(&Source) -> Option<f64>),
    Count(fn(&Source) -> Option<i64>),
    Flag(fn(&Source) -> Option<bool>),
    /// Nanoseconds since 1970; microseconds in the data set, which is as fine as all readers of Parquet agree on.
    Time(fn(&Source) -> Option<i64>),
}

/// The file of the journal, by which the data set knows what it has.
pub(crate) const PATH: &str = "journal_path";
/// The stamp of that file; for the data set alone, and not in the view.
pub(crate) const STAMP: &str = "journal_stamp";
/// The folders of the data set are named by it. The view calls it otherwise: a query that says
/// `DATE_TRUNC('day', started_at) AS run_date … GROUP BY run_date` would be understood as grouping by this column.
pub(crate) const PARTITION: &str = "run_date";
/// That column in the view.
pub(crate) const DAY: &str = "run_day";

/// All columns, in the order in which `SELECT *` shows them.
pub(crate) const COLUMNS: &[Column] = &[
    text("experiment_title", |s| Some(s.journal.experiment_title.clone())),
    text("experiment_id", |s| Some(s.journal.experiment_id.clone())),
    Column { name: "started_at", value: Value::Time(|s| Some(s.run.started_at)) },
    text("status", |s| Some(s.journal.status.to_string())),
    text("target_system", |s| s.journal.target.clone()),
    text("tags", |s| serde_json::to_string(&s.journal.tags).ok()),
    text("seed", |s| Some(s.journal.seed.to_string())),
    count("run_number", |s| Some(s.run.run_number as i64)),
    text("host", |s| Some(s.run.host.clone())),
    real("duration_s", |s| Some(s.journal.duration_s)),
    text("estimate_outcome", |s| Some(s.journal.estimate.as_ref()?.expected_outcome.to_string())),
    real("estimate_recovery_s", |s| s.journal.estimate.as_ref()?.expected_recovery_s),
    real("estimate_degradation", |s| s.journal.estimate.as_ref()?.expected_degradation),
    flag("estimate_data_loss", |s| s.journal.estimate.as_ref()?.expected_data_loss),
    real("estimate_confidence", |s| s.journal.estimate.as_ref()?.confidence),
    text("actual_outcome", |s| Some(actual_outcome(&s.journal)?.to_string())),
    real("actual_recovery_s", |s| s.journal.analysis.as_ref()?.actual_recovery_s),
    real("actual_degradation", |s| s.journal.analysis.as_ref()?.actual_degradation),
    flag("actual_data_loss", |s| s.journal.analysis.as_ref()?.actual_data_loss),
    flag("estimate_outcome_match", |s| s.journal.analysis.as_ref()?.estimate_outcome_match),
    real("estimate_recovery_delta_s", |s| s.journal.analysis.as_ref()?.estimate_recovery_delta_s),
    real("estimate_accuracy", |s| s.journal.analysis.as_ref()?.estimate_accuracy),
    flag("baseline_anomalous", |s| Some(s.journal.baseline.as_ref()?.anomalous)),
    real("availability", |s| s.journal.during.as_ref()?.availability),
    count("threshold_breaches", |s| {
        Some(s.journal.during.as_ref()?.probes.iter().map(|p| p.threshold_breaches as i64).sum())
    }),
    real("peak_deviation_pct", |s| {
        let probes = &s.journal.during.as_ref()?.probes;
        probes.iter().filter_map(|p| p.peak_deviation_pct).max_by(f64::total_cmp)
    }),
    text("shape", |s| Some(s.journal.during.as_ref()?.probes.iter().map(|p| p.shape).max()?.to_string())),
    real("recovery_duration_s", |s| s.journal.post.as_ref()?.recovery_duration_s),
    real("mttr_s", |s| s.journal.post.as_ref()?.mttr_s),
    real("mttr_max_s", |s| s.journal.post.as_ref()?.mttr_max_s),
    flag("fully_recovered", |s| Some(s.journal.post.as_ref()?.fully_recovered)),
    flag("data_integrity_verified", |s| s.journal.post.as_ref()?.data_integrity_verified),
    flag("data_loss_detected", |s| s.journal.post.as_ref()?.data_loss_detected),
    real("compliance_ratio", |s| s.journal.post.as_ref()?.compliance_ratio),
    real("recovery_target_s", |s| s.journal.analysis.as_ref()?.recovery_target_s),
    real("resilience_score", |s| s.journal.analysis.as_ref()?.resilience_score),
    text("compliance", |s| Some(s.journal.analysis.as_ref()?.compliance?.to_string())),
    text("trend_direction", |s| Some(s.run.trend_direction?.to_string())),
    count("trend_run_count", |s| Some(s.run.trend_run_count as i64)),
    count("checks", |s| Some(s.journal.verify.checks as i64)),
    count("violations", |s| Some(s.journal.verify.violations as i64)),
    text("first_violation_invariant", |s| s.journal.verify.first_violation_invariant.clone()),
    count("faults", |s| Some(s.journal.faults.len() as i64)),
    text("fault_types", |s| list(s.journal.faults.iter().map(|f| f.fault_type.to_string()))),
    text("frameworks", |s| list(s.journal.frameworks().into_iter().map(str::to_owned))),
    text("replay_token", |s| s.journal.replay_token.clone()),
    text(PATH, |s| Some(s.path.clone())),
    count(STAMP, |s| Some(s.stamp)),
];

/// The names in the view.
pub(crate) fn of_view() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|column| column.name).filter(|name| *name != STAMP).chain([DAY])
}

/// What a file of the data set has.
pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(COLUMNS.iter().map(Column::field).collect::<Vec<_>>()))
}

/// These journals as rows.
pub(crate) fn batch(sources: &[Source]) -> RecordBatch {
    let columns = COLUMNS.iter().map(|column| column.array(sources)).collect();
    RecordBatch::try_new(schema(), columns).expect("every column has as many values as there are sources")
}

impl Column {
    fn field(&self) -> Field {
        let of = match self.value {
            Value::Text(_) => DataType::Utf8,
            Value::Real(_) => DataType::Float64,
            Value::Count(_) => DataType::Int64,
            Value::Flag(_) => DataType::Boolean,
            Value::Time(_) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        Field::new(self.name, of, true)
    }

    fn array(&self, sources: &[Source]) -> ArrayRef {
        match self.value {
            Value::Text(of) => Arc::new(sources.iter().map(of).collect::<StringArray>()),
            Value::Real(of) => Arc::new(sources.iter().map(of).collect::<Float64Array>()),
            Value::Count(of) => Arc::new(sources.iter().map(of).collect::<Int64Array>()),
            Value::Flag(of) => Arc::new(sources.iter().map(of).collect::<BooleanArray>()),
            Value::Time(of) => {
                let us = sources.iter().map(|s| of(s).map(|ns| ns.div_euclid(1000)));
                Arc::new(us.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
            }
        }
    }
}

const fn text(name: &'static str, of: fn(&Source) -> Option<String>) -> Column {
    Column { name, value: Value::Text(of) }
}

const fn real(name: &'static str, of: fn(&Source) -> Option<f64>) -> Column {
    Column { name, value: Value::Real(of) }
}

const fn count(name: &'static str, of: fn(&Source) -> Option<i64>) -> Column {
    Column { name, value: Value::Count(of) }
}

const fn flag(name: &'static str, of: fn(&Source) -> Option<bool>) -> Column {
    Column { name, value: Value::Flag(of) }
}

/// As the analysis says, which an experiment that was stopped does not have.
fn actual_outcome(journal: &Journal) -> Option<Outcome> {
    let analysed = journal.analysis.as_ref().and_then(|analysis| analysis.actual_outcome);
    analysed.or_else(|| journal.during.as_ref()?.outcome)
}

/// Words with commas between, each once; null when there are none.
fn list(words: impl Iterator<Item = String>) -> Option<String> {
    let words: BTreeSet<String> = words.collect();
    (!words.is_empty()).then(|| words.into_iter().collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_page_has_every_column_of_the_view_with_its_type() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/QUERY.md");
        let page = std::fs::read_to_string(page).unwrap();
        let section = page.split("\n## ").find(|s| s.starts_with("The view")).unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        let on_page: Vec<(&str, &str)> =
            rows.map(|(name, rest)| (name, rest.split([',', '|']).next().unwrap().trim())).collect();
        let word = |name: &str| match schema().field_with_name(name).map(|field| field.data_type().clone()) {
            Ok(DataType::Utf8) if name == "tags" => "JSON",
            Ok(DataType::Utf8) => "text",
            Ok(DataType::Float64) => "real",
            Ok(DataType::Int64) => "integer",
            Ok(DataType::Boolean) => "boolean",
            Ok(DataType::Timestamp(..)) => "timestamp",
            _ => "date",
        };
        assert_eq!(on_page, of_view().map(|name| (name, word(name))).collect::<Vec<_>>());
    }

    #[test]
    fn names_that_queries_give_to_what_they_select_are_no_columns() {
        // They would be taken for the column where the query says `GROUP BY`.
        for alias in [PARTITION, "team", "trend", "runs", "run_count"] {
            assert!(of_view().all(|name| name != alias), "{alias}");
        }
    }
}
