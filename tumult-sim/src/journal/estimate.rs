//! Phase 0 as it stands in a journal.

use serde::{Deserialize, Serialize};

use super::Outcome;

/// The author's prediction, declared before anything ran. What was not predicted is absent and is not judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EstimateRecord {
    /// How badly the fault will be felt.
    pub expected_outcome: Outcome,
    /// Seconds from the start of rollback to recovery.
    pub expected_recovery_s: Option<f64>,
    /// Magnitude of the degradation, 0 to 1.
    pub expected_degradation: Option<f64>,
    /// Whether data will be lost.
    pub expected_data_loss: Option<bool>,
    /// How sure the author is, 0 to 1.
    pub confidence: Option<f64>,
    /// Why this outcome is expected.
    pub rationale: Option<String>,
}

impl EstimateRecord {
    pub(crate) const fn of(outcome: Outcome) -> Self {
        Self {
            expected_outcome: outcome,
            expected_recovery_s: None,
            expected_degradation: None,
            expected_data_loss: None,
            confidence: None,
            rationale: None,
        }
    }
}

/// An estimate that was not made is written as the word `none`: its absence is a finding, not a gap in the file.
pub(crate) mod or_none {
    use std::fmt;

    use serde::de::value::MapAccessDeserializer;
    use serde::de::{Deserialize as _, Deserializer, Error, MapAccess, Unexpected, Visitor};
    use serde::ser::{Serialize as _, Serializer};

    use super::EstimateRecord;

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(crate) fn serialize<S: Serializer>(estimate: &Option<EstimateRecord>, s: S) -> Result<S::Ok, S::Error> {
        match estimate {
            Some(estimate) => estimate.serialize(s),
            None => s.serialize_str("none"),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<EstimateRecord>, D::Error> {
        d.deserialize_any(NoneOrEstimate)
    }

    struct NoneOrEstimate;

    impl<'de> Visitor<'de> for NoneOrEstimate {
        type Value = Option<EstimateRecord>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an estimate, or the word `none`")
        }

        fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
            if word == "none" { Ok(None) } else { Err(E::invalid_value(Unexpected::Str(word), &self)) }
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            EstimateRecord::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }
    }
}
