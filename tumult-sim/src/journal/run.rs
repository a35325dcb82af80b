//! What stands beside a journal because it depends on more than seed and code: `run.json`.

use serde::{Deserialize, Serialize};

use super::attribute::{Attribute, Gathered};
use super::vocabulary::{Status, Trend};
use super::{Journal, SCHEMA_VERSION};

/// One run on one machine: wall time, place in the history, trend over it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RunRecord {
    /// [`SCHEMA_VERSION`](super::SCHEMA_VERSION) of the code that wrote it.
    pub schema_version: u32,
    /// The journal's `experiment_id`.
    pub experiment_id: String,
    /// When the run started, in nanoseconds since 1970 by the wall clock.
    pub started_at: i64,
    /// Which run of its experiment it is in the local history, from 1.
    pub run_number: u64,
    /// Where recovery times are going.
    pub trend_direction: Option<Trend>,
    /// Over how many runs.
    pub trend_run_count: u64,
    /// The machine.
    pub host: String,
    /// The journal's target, or its title where it names none: runs with the same one have a trend together. It, and the
    /// two below, are copied from the journal, so that a history is read without opening each journal of it.
    #[serde(default)]
    pub target: Option<String>,
    /// How the experiment ended.
    #[serde(default)]
    pub status: Option<Status>,
    /// The journal's recovery time.
    #[serde(default)]
    pub recovery_duration_s: Option<f64>,
}

impl RunRecord {
    /// The record of a run that started at `started_at`, number `run_number` of its experiment.
    pub(crate) fn of(journal: &Journal, run_number: u64, started_at: i64, host: String) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            experiment_id: journal.experiment_id.clone(),
            started_at,
            run_number,
            trend_direction: None,
            trend_run_count: 0,
            host,
            target: Some(journal.target.as_ref().unwrap_or(&journal.experiment_title).clone()),
            status: Some(journal.status),
            recovery_duration_s: journal.post.as_ref().and_then(|p| p.recovery_duration_s),
        }
    }

    /// The recovery time, if it counts for the trend of `target`: that of a completed run.
    pub(crate) fn recovery_of(&self, target: Option<&str>) -> Option<f64> {
        let counts = self.target.as_deref() == target && self.status == Some(Status::Completed);
        self.recovery_duration_s.filter(|_| counts)
    }

    /// The two attributes that a journal cannot have.
    pub fn attributes(&self) -> Vec<Attribute> {
        let mut to = Gathered::default();
        to.put_known("resilience.analysis.trend_direction", self.trend_direction.map(Trend::as_str));
        to.put("resilience.analysis.trend_run_count", self.trend_run_count);
        to.done()
    }
}
