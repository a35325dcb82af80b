//! Journals and run records as JSON: the same value gives the same bytes, and the bytes give the value back.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Journal, RunRecord, SCHEMA_VERSION};
use crate::base::{Error, Kind};

impl Journal {
    /// The journal as indented JSON with a newline at its end. Equal journals give equal bytes.
    ///
    /// # Errors
    /// When a number in it is not finite: JSON has no word for it, so it would not read back.
    pub fn to_json(&self) -> Result<String, Error> {
        print(self, "journal")
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// When `json` is of another schema version, or malformed. The error names the field and the line.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        parse(json, "journal")
    }
}

impl RunRecord {
    /// The record as indented JSON with a newline at its end.
    ///
    /// # Errors
    /// When its recovery time is not finite.
    pub fn to_json(&self) -> Result<String, Error> {
        print(self, "run record")
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// When `json` is of another schema version, or malformed. The error names the field and the line.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        parse(json, "run record")
    }
}

fn print<T: Serialize + DeserializeOwned + PartialEq>(value: &T, what: &str) -> Result<String, Error> {
    let fail = |why: String| Error::new(Kind::Journal, format!("write the {what} as JSON: {why}"));
    let mut json = serde_json::to_string_pretty(value).map_err(|e| fail(e.to_string()))?;
    json.push('\n');
    // What JSON cannot say (an infinity, NaN) it turns into null; read back, the difference shows.
    match serde_json::from_str::<T>(&json) {
        Ok(back) if back == *value => Ok(json),
        _ => Err(fail("it would not read back equal; a number in it is not finite".to_owned())),
    }
}

/// What tells which schema something was written in.
#[derive(Deserialize)]
pub(super) struct Version {
    schema_version: Option<u32>,
}

impl Version {
    /// Why it cannot be read, if so. There is one version so far; a reader for it is added when there is a second.
    pub(super) fn check(&self) -> Result<(), String> {
        match self.schema_version {
            Some(SCHEMA_VERSION) => Ok(()),
            Some(other) => Err(format!(
                "it has schema version {other}, and this is made for {SCHEMA_VERSION}; use the version of tumult that \
                 wrote it"
            )),
            None => Err("it has no `schema_version`; is it the right file?".to_owned()),
        }
    }
}

/// Reads a `what`, which the messages call by that name: `journal`, or ``journal `a/b.json` ``.
pub(super) fn parse<T: DeserializeOwned>(json: &str, what: &str) -> Result<T, Error> {
    let fail = |why: String| Error::new(Kind::Journal, format!("read the {what}: {why}"));
    let version: Version = serde_json::from_str(json).map_err(|e| fail(format!("{e}; it is damaged")))?;
    version.check().map_err(fail)?;
    let mut reader = serde_json::Deserializer::from_str(json);
    let value =
        serde_path_to_error::deserialize(&mut reader).map_err(|e| fail(format!("at `{}`: {}", e.path(), e.inner())))?;
    reader.end().map_err(|e| fail(e.to_string()))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::Seed;
    use crate::journal::example::{full, run};

    #[test]
    fn what_is_written_reads_back_equal() {
        for journal in [full(), Journal::begin("bare", Seed(u64::MAX), i64::MIN)] {
            assert_eq!(Journal::from_json(&journal.to_json().unwrap()).unwrap(), journal);
        }
        assert_eq!(RunRecord::from_json(&run().to_json().unwrap()).unwrap(), run());
    }

    #[test]
    fn equal_journals_give_equal_bytes() {
        let (a, b) = (full().to_json().unwrap(), full().to_json().unwrap());
        assert_eq!(a, b);
        assert!(a.ends_with("}\n"), "{a}");
        let mut other = full();
        other.tags.insert("team".into(), "search".into());
        assert_ne!(a, other.to_json().unwrap());
    }

    #[test]
    fn an_absent_estimate_is_the_word_none() {
        let json = Journal::begin("bare", Seed(0x5eed), 0).to_json().unwrap();
        assert!(json.contains(r#""estimate": "none""#), "{json}");
        assert!(json.contains(r#""seed": "0x5eed""#), "{json}");
    }

    #[test]
    fn nothing_of_the_run_record_is_in_the_journal() {
        let json = full().to_json().unwrap();
        for word in ["trend", "run_number", "host", "\"started_at\""] {
            assert!(!json.contains(word), "{word} in {json}");
        }
    }

    #[test]
    fn a_malformed_journal_is_refused_with_field_and_line() {
        let good = full().to_json().unwrap();
        for (from, to, expected) in [
            (r#""shape": "graceful""#, r#""shape": "wavy""#, &["`during.probes[0].shape`", "`wavy`", "line"][..]),
            (r#""confidence": 0.7"#, r#""confidence": "sure""#, &["`estimate.confidence`", "f64"]),
            (r#""status": "deviated""#, r#""state": "deviated""#, &["`state`"]),
            (r#""seed": "0x5eed1f3a""#, r#""seed": "five""#, &["`seed`", "parse the seed `five`"]),
            (r#""schema_version": 1,"#, r#""schema_version": 7,"#, &["schema version 7", "use the version"]),
            (r#""schema_version": 1,"#, "", &["no `schema_version`"]),
            (r#""peak_value": 198.4"#, r#""peak_value": 198.4.1"#, &["damaged", "line"]),
            ("}\n", "", &["damaged", "EOF"]),
            ("}\n", "}\n{}", &["damaged", "trailing"]),
        ] {
            let at = good.rfind(from).unwrap_or_else(|| panic!("{from} is not in {good}"));
            let bad = format!("{}{to}{}", &good[..at], &good[at + from.len()..]);
            let error = Journal::from_json(&bad).unwrap_err();
            let message = error.to_string();
            assert!(error.is_journal() && message.starts_with("failed to read the journal: "), "{message}");
            for word in expected {
                assert!(message.contains(word), "`{word}` is not in: {message}");
            }
        }
        let message = Journal::from_json(
            &good.replace("{\n    \"expected_outcome\": \"no_impact\"", "\"some\", \"x\": {\n \"y\": 1"),
        )
        .unwrap_err()
        .to_string();
        assert!(message.contains("`estimate`") && message.contains("the word `none`"), "{message}");
    }

    #[test]
    fn a_number_that_json_cannot_say_is_refused() {
        for bad in [f64::NAN, f64::INFINITY] {
            let mut journal = full();
            journal.during.as_mut().unwrap().probes[0].peak_value = Some(bad);
            assert!(journal.to_json().unwrap_err().to_string().contains("not finite"));
            let mut journal = full();
            journal.duration_s = bad;
            assert!(journal.to_json().unwrap_err().to_string().contains("not finite"));
        }
    }

    proptest! {
        /// Shortest printing and exact parsing: no finite number changes on its way through JSON.
        #[test]
        fn every_finite_number_survives(
            x in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO,
            ns: i64, seed: u64, text: String,
        ) {
            let mut journal = Journal::begin(text, Seed(seed), ns);
            journal.duration_s = x;
            let json = journal.to_json().unwrap();
            let back = Journal::from_json(&json).unwrap();
            prop_assert_eq!(back.duration_s.to_bits(), x.to_bits());
            prop_assert_eq!(back, journal);
        }
    }
}
