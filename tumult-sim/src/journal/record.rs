//! The journal itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::estimate::or_none;
use super::{
    ActionRecord, AnalysisRecord, BaselineRecord, DuringRecord, EstimateRecord, FaultRecord, HypothesisRecord, Phase,
    PostRecord, ProbeSamples, Status, VerifyRecord,
};
use crate::base::{Key, Seed};

/// The version of the schema that is written. It rises when a field changes its meaning, goes, or comes.
pub const SCHEMA_VERSION: u32 = 1;

/// All that an experiment found out, as evidence.
///
/// It depends on the seed and the code alone: the same run gives the same bytes, whenever and wherever it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Journal {
    /// [`SCHEMA_VERSION`] of the code that wrote it.
    pub schema_version: u32,
    /// The experiment's title.
    pub experiment_title: String,
    /// Derived from seed and title, so it is stable.
    pub experiment_id: String,
    /// The seed; text, because many readers of JSON keep only 53 bits of a number.
    #[serde(with = "seed_as_text")]
    pub seed: Seed,
    /// What brings the run back.
    pub replay_token: Option<String>,
    /// How it ended.
    pub status: Status,
    /// When baseline began, by the virtual clock.
    pub started_at_ns: i64,
    /// When the last phase ended, by the virtual clock.
    pub ended_at_ns: i64,
    /// From the first to the second.
    pub duration_s: f64,
    /// The author's tags, such as `team`.
    pub tags: BTreeMap<String, String>,
    /// The system under test.
    pub target: Option<String>,
    /// When each phase ran, in that order.
    pub phases: Vec<PhaseRecord>,
    /// The prediction; `none` when none was made.
    #[serde(with = "or_none")]
    pub estimate: Option<EstimateRecord>,
    /// What normal looks like; absent when the run did not come so far, as with those below.
    pub baseline: Option<BaselineRecord>,
    /// What happened under the fault.
    pub during: Option<DuringRecord>,
    /// How the system came back.
    pub post: Option<PostRecord>,
    /// Prediction against what happened, and the score.
    pub analysis: Option<AnalysisRecord>,
    /// What the invariants said.
    pub verify: VerifyRecord,
    /// The steady state.
    pub hypotheses: Vec<HypothesisRecord>,
    /// The faults of the plan, in its order.
    pub faults: Vec<FaultRecord>,
    /// The declared actions, in the order in which they ran.
    pub method_results: Vec<ActionRecord>,
    /// The declared actions of the rollback, in the order in which they ran.
    pub rollback_results: Vec<ActionRecord>,
    /// The samples of each probe, when they were asked for.
    pub samples: Option<Vec<ProbeSamples>>,
    /// The requirements for which the run is evidence.
    pub regulatory: Vec<RegulatoryRecord>,
}

/// When a phase ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PhaseRecord {
    /// Which one.
    pub phase: Phase,
    /// When it began.
    pub started_at_ns: i64,
    /// When it ended.
    pub ended_at_ns: i64,
}

/// A requirement of a regulatory framework.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RegulatoryRecord {
    /// Such as `DORA`.
    pub framework: String,
    /// Such as `Art. 25`.
    pub requirement: String,
}

impl Journal {
    /// The journal of an experiment that begins at `started_at_ns`. Until it ends, it counts as interrupted.
    pub(crate) fn begin(title: impl Into<String>, seed: Seed, started_at_ns: i64) -> Self {
        let experiment_title = title.into();
        Self {
            schema_version: SCHEMA_VERSION,
            experiment_id: experiment_id(seed, &experiment_title),
            experiment_title,
            seed,
            replay_token: None,
            status: Status::Interrupted,
            started_at_ns,
            ended_at_ns: started_at_ns,
            duration_s: 0.0,
            tags: BTreeMap::new(),
            target: None,
            phases: Vec::new(),
            estimate: None,
            baseline: None,
            during: None,
            post: None,
            analysis: None,
            verify: VerifyRecord::default(),
            hypotheses: Vec::new(),
            faults: Vec::new(),
            method_results: Vec::new(),
            rollback_results: Vec::new(),
            samples: None,
            regulatory: Vec::new(),
        }
    }

    /// Enters that `phase` ran from `from_ns` to `to_ns`.
    pub(crate) fn phase(&mut self, phase: Phase, from_ns: i64, to_ns: i64) {
        self.phases.push(PhaseRecord { phase, started_at_ns: from_ns, ended_at_ns: to_ns });
    }

    /// Enters how and when it ended.
    pub(crate) fn end(&mut self, status: Status, at_ns: i64) {
        self.status = status;
        self.ended_at_ns = at_ns;
        self.duration_s = seconds_between(self.started_at_ns, at_ns);
    }

    /// The frameworks for which it is evidence, sorted, each once.
    pub fn frameworks(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.regulatory.iter().map(|r| r.framework.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Seconds from one point in epoch nanoseconds to another.
pub(crate) fn seconds_between(from_ns: i64, to_ns: i64) -> f64 {
    (i128::from(to_ns) - i128::from(from_ns)) as f64 / 1e9
}

/// 64 bits of the key of (seed, title) in hexadecimal.
fn experiment_id(seed: Seed, title: &str) -> String {
    format!("{:016x}", Key::root(seed).child("experiment").child(title).stream().bits())
}

mod seed_as_text {
    use serde::de::{Deserialize as _, Deserializer, Error as _};
    use serde::ser::Serializer;

    use crate::base::Seed;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(super) fn serialize<S: Serializer>(seed: &Seed, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(seed)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Seed, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_follows_from_seed_and_title_and_from_nothing_else() {
        let of = |seed, title: &str| Journal::begin(title, Seed(seed), 5).experiment_id;
        assert_eq!(of(7, "broker loss"), Journal::begin("broker loss", Seed(7), 99).experiment_id);
        assert_ne!(of(7, "broker loss"), of(8, "broker loss"));
        assert_ne!(of(7, "broker loss"), of(7, "broker lost"));
        assert_eq!(of(0, "").len(), 16);
        // Pinned: an ID that moves breaks every reference to stored evidence.
        assert_eq!(of(0x5eed_1f3a, "broker loss"), "0ce1fc62ee9f7387");
    }

    #[test]
    fn the_duration_runs_from_start_to_end() {
        let mut journal = Journal::begin("t", Seed(1), 1_711_234_567_000_000_000);
        assert_eq!(journal.status, Status::Interrupted);
        journal.end(Status::Completed, 1_711_234_599_500_000_000);
        assert_eq!((journal.status, journal.duration_s), (Status::Completed, 32.5));
    }
}
