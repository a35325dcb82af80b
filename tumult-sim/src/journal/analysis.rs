//! Phase 4 as it stands in a journal. Trends span runs, so they are in the [`RunRecord`](super::RunRecord).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Outcome;

/// Prediction against what happened, and the score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AnalysisRecord {
    /// What was observed.
    pub actual_outcome: Option<Outcome>,
    /// Seconds to recovery as measured; absent when the system did not recover.
    pub actual_recovery_s: Option<f64>,
    /// Magnitude of the degradation as measured, 0 to 1.
    pub actual_degradation: Option<f64>,
    /// Whether data was lost; absent when nothing looked.
    pub actual_data_loss: Option<bool>,
    /// How near the estimate came, 0 to 1; absent without an estimate.
    pub estimate_accuracy: Option<f64>,
    /// What that is made of.
    pub accuracy_terms: Vec<ScoreTerm>,
    /// Whether the predicted outcome is the observed one.
    pub estimate_outcome_match: Option<bool>,
    /// Actual minus predicted seconds to recovery: positive when it took longer than predicted.
    pub estimate_recovery_delta_s: Option<f64>,
    /// The recovery time that was asked for: declared, else the estimate's.
    pub recovery_target_s: Option<f64>,
    /// 0 to 1; absent when nothing was there to score.
    pub resilience_score: Option<f64>,
    /// What that is made of.
    pub score_terms: Vec<ScoreTerm>,
    /// The score as a word.
    pub compliance: Option<Compliance>,
}

/// A term of a weighted mean. One without a value dropped out, and the others' weights were scaled to make 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ScoreTerm {
    /// What it judges.
    pub term: String,
    /// Its weight before any term dropped out.
    pub weight: f64,
    /// Its value, 0 to 1.
    pub value: Option<f64>,
}

/// A resilience score as a word for the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Compliance {
    /// At least 0.90.
    #[serde(rename = "COMPLIANT")]
    Compliant,
    /// At least 0.75.
    #[serde(rename = "PARTIAL")]
    Partial,
    /// Less.
    #[serde(rename = "NON-COMPLIANT")]
    NonCompliant,
}

impl fmt::Display for Compliance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Compliant => "COMPLIANT",
            Self::Partial => "PARTIAL",
            Self::NonCompliant => "NON-COMPLIANT",
        })
    }
}
