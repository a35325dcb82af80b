//! Journals as TOON: the same value in the notation that the lifecycle's source writes its journals in.
//!
//! The crate is checked by the fixtures of the format's specification, and here by reading back what was written: a
//! journal that it would not give back equal is not written.

use serde_json::Value;

use super::Journal;
use super::json::Version;
use crate::base::{Error, Kind};

impl Journal {
    /// The journal as TOON. Equal journals give equal bytes.
    ///
    /// # Errors
    /// When a number in it is not finite: TOON has no word for it, so it would not read back.
    pub fn to_toon(&self) -> Result<String, Error> {
        let fail = |why: String| Error::new(Kind::Journal, format!("write the journal as TOON: {why}"));
        let toon = serde_toon::to_string(self).map_err(|e| fail(e.to_string()))?;
        match Self::from_toon(&toon) {
            Ok(back) if back == *self => Ok(toon),
            Ok(_) => Err(fail("it would not read back equal; a number in it is not finite".to_owned())),
            Err(error) => Err(fail(format!("it would not read back: {error}"))),
        }
    }

    /// Reads what [`to_toon`](Self::to_toon) wrote.
    ///
    /// # Errors
    /// When `toon` is of another schema version, or malformed. The error names the field or the line.
    pub fn from_toon(toon: &str) -> Result<Self, Error> {
        let fail = |why: String| Error::new(Kind::Journal, format!("read the journal: {why}"));
        // By way of a value: which fields a table of TOON leaves to each of its rows is known when it has been read.
        let value: Value = serde_toon::from_str(toon).map_err(|e| fail(format!("{e}; it is damaged")))?;
        let version: Version =
            serde_json::from_value(value.clone()).map_err(|e| fail(format!("{e}; it is damaged")))?;
        version.check().map_err(fail)?;
        serde_path_to_error::deserialize(value).map_err(|e| fail(format!("at `{}`: {}", e.path(), e.inner())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::{Seed, Time};
    use crate::journal::example::full;
    use crate::journal::{
        ActionRecord, Bounds, Epoch, EstimateRecord, HypothesisCheck, HypothesisRecord, Outcome, ProbeMode,
        ProbeSamples, ScoreTerm, Status,
    };

    #[test]
    fn what_is_written_reads_back_equal() {
        for journal in [full(), Journal::begin("bare", Seed(u64::MAX), i64::MIN)] {
            assert_eq!(Journal::from_toon(&journal.to_toon().unwrap()).unwrap(), journal);
        }
    }

    #[test]
    fn it_is_toon_and_no_json() {
        let toon = full().to_toon().unwrap();
        for line in ["schema_version: 1", "status: deviated", "seed: \"0x5eed1f3a\"", "target: replicated log"] {
            let bare = line.replace('"', "");
            assert!(toon.lines().any(|l| l == line || l == bare), "{line} is not in {toon}");
        }
        assert_eq!(full().to_toon().unwrap(), toon, "equal journals give equal bytes");
    }

    #[test]
    fn what_is_damaged_or_of_another_version_is_refused() {
        let good = full().to_toon().unwrap();
        for (from, to, expected) in [
            ("schema_version: 1\n", "schema_version: 7\n", "schema version 7"),
            ("schema_version: 1\n", "", "no `schema_version`"),
            ("status: deviated", "status: wavy", "`status`"),
            ("status: deviated", "status: deviated\nstate: x", "`state`"),
            ("status: deviated", "status: \"deviated", "damaged"),
        ] {
            assert!(good.contains(from), "{from} is not in {good}");
            let error = Journal::from_toon(&good.replacen(from, to, 1)).unwrap_err();
            assert!(error.is_journal() && error.to_string().contains(expected), "{expected}: {error}");
        }
    }

    #[test]
    fn a_number_that_toon_cannot_say_is_refused() {
        for bad in [f64::NAN, f64::INFINITY] {
            let mut journal = full();
            journal.during.as_mut().unwrap().probes[0].peak_value = Some(bad);
            assert!(journal.to_toon().unwrap_err().to_string().contains("as TOON"));
        }
    }

    /// What TOON gives a meaning to, among anything else.
    fn awkward() -> impl Strategy<Value = String> {
        let known = [
            "",
            " ",
            "null",
            "true",
            "-",
            "- x",
            "#",
            "# x",
            "[3]:",
            "a[2]{x,y}:",
            "{",
            "1",
            "1e5",
            "-0",
            "05",
            "0x1",
            "a: b",
            "a,b",
            "a|b",
            "\t",
            "\n",
            "\r\n",
            "\\",
            "\"",
            "\\\"",
            "none",
            "\u{feff}x",
            "\u{0}",
            "\u{7f}",
            "\u{2028}",
            "é",
            "🦀",
        ];
        prop_oneof![prop::sample::select(known.to_vec()).prop_map(str::to_owned), any::<String>(), "[ -~]{0,12}"]
    }

    fn number() -> impl Strategy<Value = f64> {
        use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
        prop_oneof![
            NORMAL | SUBNORMAL | ZERO | POSITIVE | NEGATIVE,
            (-5..5_i8).prop_map(f64::from),
            Just(45.2),
            Just(1e100),
            Just(9_007_199_254_740_993.0),
        ]
        .prop_map(|x| if x.is_finite() { x } else { 1.0 })
    }

    fn maybe() -> impl Strategy<Value = Option<f64>> {
        prop::option::of(number())
    }

    prop_compose! {
        fn checks()(
            all in prop::collection::vec((any::<i64>(), maybe(), prop::option::of(awkward()), any::<bool>()), 0..4),
        ) -> Vec<HypothesisCheck> {
            let check = |(epoch_ns, value, text, held)| {
                HypothesisCheck { mode: ProbeMode::Continuous, epoch_ns, value, text, held }
            };
            all.into_iter().map(check).collect()
        }
    }

    prop_compose! {
        fn journals()(
            (title, target) in (awkward(), prop::option::of(awkward())),
            tags in prop::collection::btree_map(awkward(), awkward(), 0..4),
            rationale in prop::option::of(prop::option::of(awkward())),
            (seed, ns, end) in (any::<u64>(), any::<i64>(), any::<i64>()),
            (a, b, c) in (maybe(), maybe(), number()),
            checks in checks(),
            samples in prop::option::of(prop::collection::vec(maybe(), 0..6)),
            terms in prop::collection::vec((awkward(), number(), maybe()), 0..4),
            actions in prop::collection::vec((awkward(), prop::option::of(awkward())), 0..4),
            bare in any::<bool>(),
        ) -> Journal {
            let mut journal = if bare { Journal::begin(title.clone(), Seed(seed), ns) } else { full() };
            (journal.experiment_title, journal.target, journal.tags) = (title.clone(), target, tags);
            journal.seed = Seed(seed);
            journal.estimate = rationale.map(|rationale| EstimateRecord {
                rationale, expected_recovery_s: a, ..EstimateRecord::of(Outcome::Degraded)
            });
            journal.hypotheses = vec![HypothesisRecord { title: title.clone(), tolerance: title, checks }];
            journal.samples = samples.map(|values| {
                let times = (0..).map(Time::from_nanos);
                vec![ProbeSamples::new("p", Epoch::from_nanos(ns), times.zip(values)); 2]
            });
            if let Some(probe) = journal.baseline.as_mut().and_then(|all| all.probes.first_mut()) {
                (probe.bounds, probe.mean) = (Bounds { lower: a, upper: b }, b);
            }
            if let Some(analysis) = journal.analysis.as_mut() {
                let term = |(term, weight, value)| ScoreTerm { term, weight, value };
                analysis.score_terms = terms.into_iter().map(term).collect();
            }
            let action = |(name, error): (String, Option<String>)| ActionRecord::new(name, error.map_or(Ok(None), Err), ns, end);
            journal.method_results = actions.into_iter().map(action).collect();
            journal.end(Status::Completed, end);
            journal.duration_s = c;
            journal
        }
    }

    proptest! {
        /// Whatever is in it, by TOON and by JSON.
        #[test]
        fn every_journal_survives(journal in journals()) {
            let toon = journal.to_toon().unwrap();
            let back = Journal::from_toon(&toon).unwrap();
            prop_assert_eq!(&back, &journal);
            prop_assert_eq!(back.duration_s.to_bits(), (journal.duration_s + 0.0).to_bits());
            prop_assert_eq!(Journal::from_json(&journal.to_json().unwrap()).unwrap(), journal);
        }
    }
}
