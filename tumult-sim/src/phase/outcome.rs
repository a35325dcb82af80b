//! How badly a fault was felt.

use super::{Probe, Series};
use crate::base::Time;
use crate::journal::{DuringRecord, Outcome, ProbeDuring};

/// Consecutive samples without a success that make a full outage.
const OUTAGE_SAMPLES: usize = 10;
/// The success ratio below which it is a partial one.
const PARTIAL_BELOW: f64 = 0.95;

/// The record of the phase: what each probe saw, and the outcome of it all.
///
/// `sampled` has the probes and their samples of the phase, `probes` what became of them.
pub(crate) fn during(sampled: &[(&Probe, &Series)], probes: Vec<ProbeDuring>) -> DuringRecord {
    let availability = availability(sampled);
    let breached = probes.iter().any(|p| p.threshold_breaches > 0);
    let outcome = availability.map(|ratio| {
        if full_outage(sampled) {
            Outcome::FullOutage
        } else if ratio < PARTIAL_BELOW {
            Outcome::PartialOutage
        } else if breached {
            Outcome::Degraded
        } else {
            Outcome::NoImpact
        }
    });
    DuringRecord { outcome, availability, probes }
}

/// The probes that tell availability: those that measure it, or all where none does.
fn telling<'a>(sampled: &'a [(&'a Probe, &'a Series)]) -> impl Iterator<Item = (&'a Probe, &'a Series)> {
    let measures = |probe: &Probe| matches!(probe.method, super::method::Method::Availability { .. });
    let some_do = sampled.iter().any(|(probe, _)| measures(probe));
    sampled.iter().copied().filter(move |(probe, _)| !some_do || measures(probe))
}

/// The success ratio of the availability samples of all probes that tell it; absent without a sample.
fn availability(sampled: &[(&Probe, &Series)]) -> Option<f64> {
    let up = telling(sampled).flat_map(|(probe, series)| series.iter().map(|(_, sample)| probe.method.up(sample)));
    let (sum, n) = up.fold((0.0, 0_u64), |(sum, n), up| (sum + up, n + 1));
    (n > 0).then(|| sum / n as f64)
}

/// Whether some window of 10 consecutive samples has no success (lifecycle specification, "During"). With several
/// probes the window is one probe's, and in its time no other probe had a success either: as long as something is
/// served, it is not a full outage.
fn full_outage(sampled: &[(&Probe, &Series)]) -> bool {
    let mut successes: Vec<Time> = Vec::new();
    for (probe, series) in telling(sampled) {
        successes.extend(series.iter().filter(|(_, sample)| probe.method.up(*sample) > 0.0).map(|(at, _)| at));
    }
    successes.sort_unstable();
    let quiet = |from: Time, to: Time| {
        let next = successes.partition_point(|at| *at < from);
        successes.get(next).is_none_or(|at| *at > to)
    };
    telling(sampled).any(|(probe, series)| {
        let samples: Vec<(Time, bool)> = series.iter().map(|(at, s)| (at, probe.method.up(s) > 0.0)).collect();
        samples.windows(OUTAGE_SAMPLES).any(|w| w.iter().all(|(_, up)| !up) && quiet(w[0].0, w[OUTAGE_SAMPLES - 1].0))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::series::each_second;
    use super::*;
    use crate::journal::{Shape, Unit};

    fn latency() -> Probe {
        Probe::new("latency", Unit::Milliseconds, Duration::from_secs(1))
    }

    fn saw(threshold_breaches: u64) -> Vec<ProbeDuring> {
        vec![ProbeDuring {
            probe: "latency".into(),
            samples: 0,
            failed_samples: 0,
            threshold_breaches,
            onset_epoch_ns: None,
            peak_epoch_ns: None,
            peak_value: None,
            peak_deviation: None,
            peak_deviation_pct: None,
            shape: Shape::None,
        }]
    }

    /// `#` is a success, `.` a failure.
    fn series(marks: &str) -> Series {
        each_second(marks.chars().map(|c| (c == '#').then_some(1.0)))
    }

    fn of(marks: &str, breaches: u64) -> (Option<Outcome>, Option<f64>) {
        let record = during(&[(&latency(), &series(marks))], saw(breaches));
        (record.outcome, record.availability)
    }

    #[test]
    fn each_class_and_its_edge() {
        let up = "#".repeat(190);
        assert_eq!(of(&up, 0), (Some(Outcome::NoImpact), Some(1.0)));
        assert_eq!(of(&up, 1), (Some(Outcome::Degraded), Some(1.0)));
        // 190 of 200 are 0.95 and not below it; 190 of 201 are. No ten failures stand in a row.
        let nine = ".".repeat(9);
        assert_eq!(of(&format!(".{up}{nine}"), 10), (Some(Outcome::Degraded), Some(0.95)));
        assert_eq!(of(&format!("..{up}{nine}"), 11).0, Some(Outcome::PartialOutage));
        assert_eq!(of(&format!(".{up}.{nine}"), 11).0, Some(Outcome::FullOutage));
    }

    #[test]
    fn ten_failures_in_a_row_are_a_full_outage_and_nine_are_not() {
        let row = |n| format!("{}{}{}", "#".repeat(500), ".".repeat(n), "#".repeat(500));
        assert_eq!(of(&row(10), 10).0, Some(Outcome::FullOutage));
        assert_eq!(of(&row(9), 9).0, Some(Outcome::Degraded));
        assert_eq!(of("..........", 10), (Some(Outcome::FullOutage), Some(0.0)));
        assert_eq!(of(".........", 9).0, Some(Outcome::PartialOutage));
    }

    #[test]
    fn without_samples_there_is_no_outcome() {
        assert_eq!(of("", 0), (None, None));
        assert_eq!(during(&[], Vec::new()).outcome, None);
    }

    #[test]
    fn as_long_as_another_probe_is_served_it_is_partial() {
        let (a, b) = (latency(), latency());
        let (down, up, shorter) = (series("####............"), series("################"), series("####............"));
        let outcome = |other: &Series| during(&[(&a, &down), (&b, other)], saw(1)).outcome;
        assert_eq!(outcome(&up), Some(Outcome::PartialOutage));
        assert_eq!(outcome(&shorter), Some(Outcome::FullOutage));
    }

    #[test]
    fn where_availability_is_measured_only_that_tells_it() {
        let mut up = Probe::new("up", Unit::Ratio, Duration::from_secs(1));
        up.availability(0.01);
        let (fails, half) = (series("............"), each_second([0.5; 12]));
        let record = during(&[(&latency(), &fails), (&up, &half)], saw(12));
        assert_eq!((record.outcome, record.availability), (Some(Outcome::PartialOutage), Some(0.5)));
    }

    proptest! {
        /// Against the definition read word for word, for one probe.
        #[test]
        fn outcomes_are_those_of_the_definition(up in prop::collection::vec(prop::bool::weighted(0.8), 1..80), breached: bool) {
            let mut longest = 0;
            let mut row = 0;
            for up in &up {
                row = if *up { 0 } else { row + 1 };
                longest = longest.max(row);
            }
            let ratio = up.iter().filter(|u| **u).count() as f64 / up.len() as f64;
            let expected = match (longest >= 10, ratio < 0.95, breached) {
                (true, _, _) => Outcome::FullOutage,
                (_, true, _) => Outcome::PartialOutage,
                (_, _, true) => Outcome::Degraded,
                _ => Outcome::NoImpact,
            };
            let marks: String = up.iter().map(|u| if *u { '#' } else { '.' }).collect();
            prop_assert_eq!(of(&marks, u64::from(breached)), (Some(expected), Some(ratio)));
        }
    }
}
