//! What stands beside a journal because it depends on more than seed and code: `run.json`.

use serde::{Deserialize, Serialize};

use super::attribute::{Attribute, Gathered};
use super::vocabulary::Trend;
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
}

impl RunRecord {
    /// The record of a run that starts now, after `before` in the local history.
    pub(crate) fn begin(journal: &Journal, before: Option<&Self>, started_at: i64, host: String) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            experiment_id: journal.experiment_id.clone(),
            started_at,
            run_number: before.map_or(1, |run| run.run_number.saturating_add(1)),
            trend_direction: None,
            trend_run_count: 0,
            host,
        }
    }

    /// The two attributes that a journal cannot have.
    pub fn attributes(&self) -> Vec<Attribute> {
        let mut to = Gathered::default();
        to.put_known("resilience.analysis.trend_direction", self.trend_direction.map(Trend::as_str));
        to.put("resilience.analysis.trend_run_count", self.trend_run_count);
        to.done()
    }
}
