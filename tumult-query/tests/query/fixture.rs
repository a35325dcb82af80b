//! 205 journals of four systems, over the last 40 days, and what the queries have to say of them.
//!
//! All numbers are sums of few powers of two where they are averaged, so that the answers are exact, and no two rows
//! have the same place in an order.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tumult_sim::journal::{Journal, RunRecord};

/// How many there are.
pub(crate) const RUNS: usize = 205;
const SECONDS_OF_A_DAY: i64 = 86_400;

/// A run: what of its journal matters.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) title: &'static str,
    pub(crate) target: &'static str,
    pub(crate) team: Option<&'static str>,
    /// When it started: so many days before today, at that hour, UTC.
    pub(crate) days_ago: i64,
    pub(crate) hour: i64,
    pub(crate) status: &'static str,
    /// What was estimated: outcome, seconds to recovery, confidence.
    pub(crate) estimate: Option<(&'static str, f64, f64)>,
    pub(crate) outcome: &'static str,
    pub(crate) recovery_s: Option<f64>,
}

/// All of them, the oldest run of each system first.
pub(crate) fn runs() -> Vec<Run> {
    let all: Vec<Run> = [broker_loss(), slow_disk(), zone_partition(), clock_skew()].concat();
    assert_eq!(all.len(), RUNS);
    all
}

/// Twice a day on 25 days of the last 30, and on ten days before: recovery takes 6 s longer each time.
fn broker_loss() -> Vec<Run> {
    let days = (31..=40).rev().chain((1..=25).rev()).flat_map(|day| [(day, 6), (day, 18)]);
    let run = |(i, (days_ago, hour)): (usize, (i64, i64))| {
        let recovery_s = 10.0 + 6.0 * i as f64;
        let estimated = if i.is_multiple_of(2) { recovery_s - 4.0 } else { recovery_s + 2.0 };
        Run {
            title: "broker loss",
            target: "replicated log",
            team: Some("storage"),
            days_ago,
            hour,
            status: "completed",
            estimate: Some(("degraded", estimated, 0.5)),
            outcome: "degraded",
            recovery_s: Some(recovery_s),
        }
    };
    days.enumerate().map(run).collect()
}

/// Four times a day on 20 days: recovery takes 8 s less each time. One run of eight deviates, and one of four has
/// another outcome than estimated, each time with a larger error.
fn slow_disk() -> Vec<Run> {
    let days = (1..=20).rev().flat_map(|day| [3, 9, 15, 21].map(|hour| (day, hour)));
    let run = |(i, (days_ago, hour)): (usize, (i64, i64))| {
        let recovery_s = 1000.0 - 8.0 * i as f64;
        let missed = i.is_multiple_of(4);
        let estimated = if missed { recovery_s - 100.0 - i as f64 } else { recovery_s + 1.0 };
        Run {
            title: "slow disk",
            target: "job queue",
            team: Some("storage"),
            days_ago,
            hour,
            status: if i % 8 == 3 { "deviated" } else { "completed" },
            estimate: Some(("no_impact", estimated, 0.75)),
            outcome: if missed { "degraded" } else { "no_impact" },
            recovery_s: Some(recovery_s),
        }
    };
    days.enumerate().map(run).collect()
}

/// Three times a day on 15 days: recovery takes as long each time, but for one run of nine that does not recover.
fn zone_partition() -> Vec<Run> {
    let days = (1..=15).rev().flat_map(|day| [5, 12, 20].map(|hour| (day, hour)));
    let run = |(i, (days_ago, hour)): (usize, (i64, i64))| {
        let lost = i % 9 == 8;
        Run {
            title: "zone partition",
            target: "checkout",
            team: Some("platform"),
            days_ago,
            hour,
            status: if lost { "deviated" } else { "completed" },
            estimate: Some(("partial_outage", 20.0, 0.625)),
            outcome: if lost { "full_outage" } else { "partial_outage" },
            recovery_s: (!lost).then_some(12.0),
        }
    };
    days.enumerate().map(run).collect()
}

/// Once a day on ten days, by no team: every second run has an estimate, which is far off. Only the first completed.
fn clock_skew() -> Vec<Run> {
    let run = |(i, days_ago): (usize, i64)| Run {
        title: "clock skew",
        target: "ledger",
        team: None,
        days_ago,
        hour: 8,
        status: if i == 0 { "completed" } else { "deviated" },
        estimate: (i % 2 == 1).then_some(("no_impact", 0.0, 0.25)),
        outcome: "degraded",
        recovery_s: Some(500.0 + i as f64),
    };
    (1..=10).rev().enumerate().map(run).collect()
}

/// Today, in days since 1970. A test asks once: it may run over midnight.
pub(crate) fn today() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs() as i64 / SECONDS_OF_A_DAY
}

/// A point in time as JSON has it.
pub(crate) fn time(today: i64, days_ago: i64, hour: i64) -> String {
    format!("{}T{hour:02}:00:00Z", date(today - days_ago))
}

/// The date of a day since 1970, by the algorithm of Howard Hinnant's `civil_from_days`.
pub(crate) fn date(day: i64) -> String {
    let z = day + 719_468;
    let (era, day_of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (month, day) = ((shifted + 2) % 12 + 1, day_of_year - (153 * shifted + 2) / 5 + 1);
    format!("{:04}-{month:02}-{day:02}", year_of_era + era * 400 + i64::from(month <= 2))
}

impl Run {
    /// The journal and the record of its run.
    pub(crate) fn written(&self, number: usize, today: i64) -> (Journal, RunRecord) {
        let id = format!("{number:016x}");
        let estimate = self.estimate.map_or(json!("none"), |(outcome, recovery_s, confidence)| {
            json!({ "expected_outcome": outcome, "expected_recovery_s": recovery_s, "expected_degradation": 0.25,
                "expected_data_loss": false, "confidence": confidence, "rationale": "replicas, \"three\" of them" })
        });
        let mut tags = json!({ "tier": "1" });
        if let Some(team) = self.team {
            tags["team"] = json!(team);
        }
        let journal = json!({
            "schema_version": 1, "experiment_title": self.title, "experiment_id": id, "seed": format!("{number:#x}"),
            "replay_token": "tm1:AAEC", "status": self.status, "started_at_ns": 0, "ended_at_ns": 150_000_000_000_i64,
            "duration_s": 150.0, "tags": tags, "target": self.target, "phases": [], "estimate": estimate,
            "baseline": { "anomalous": false, "probes": [] },
            "during": { "outcome": self.outcome, "availability": 0.5, "probes": [probe("graceful"), probe("none")] },
            "post": {
                "rollback_epoch_ns": 90_000_000_000_i64, "observed_s": 60.0, "recovery_epoch_ns": null,
                "recovery_duration_s": self.recovery_s, "mttr_s": self.recovery_s, "mttr_max_s": self.recovery_s,
                "data_integrity_verified": true, "data_loss_detected": false,
                "fully_recovered": self.recovery_s.is_some(), "recovery_samples": 120,
                "samples_within_threshold": 118, "compliance_ratio": 118.0 / 120.0, "probes": [],
            },
            "analysis": {
                "actual_outcome": self.outcome, "actual_recovery_s": self.recovery_s, "actual_degradation": 0.5,
                "actual_data_loss": false, "estimate_accuracy": null, "accuracy_terms": [],
                "estimate_outcome_match": null, "estimate_recovery_delta_s": null, "recovery_target_s": 30.0,
                "resilience_score": 0.75, "score_terms": [], "compliance": "PARTIAL",
            },
            "verify": {
                "checks": 4711, "invariants": ["INV_001"], "violations": 0, "first_violation_epoch_ns": null,
                "first_violation_invariant": null, "violated": [],
            },
            "hypotheses": [],
            "faults": [fault("network"), fault("termination"), fault("network")],
            "method_results": [], "rollback_results": [], "samples": null,
            "regulatory": [{ "framework": "DORA", "requirement": "Art. 25" }],
        });
        let started_at = ((today - self.days_ago) * SECONDS_OF_A_DAY + self.hour * 3600) * 1_000_000_000;
        let run = json!({
            "schema_version": 1, "experiment_id": id, "started_at": started_at, "run_number": number + 1,
            "trend_direction": "stable", "trend_run_count": number, "host": "ci-7",
        });
        (Journal::from_json(&journal.to_string()).unwrap(), RunRecord::from_json(&run.to_string()).unwrap())
    }

    /// Leaves it in a folder, as a test does.
    pub(crate) fn leave(&self, folder: &Path, number: usize, today: i64) {
        let (journal, run) = self.written(number, today);
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("journal.json"), journal.to_json().unwrap()).unwrap();
        fs::write(folder.join("run.json"), run.to_json().unwrap()).unwrap();
    }
}

fn probe(shape: &str) -> Value {
    json!({ "probe": "latency", "samples": 60, "failed_samples": 1, "threshold_breaches": 47, "onset_epoch_ns": null,
        "peak_epoch_ns": null, "peak_value": 198.4, "peak_deviation": 153.2, "peak_deviation_pct": 338.9,
        "shape": shape })
}

fn fault(of: &str) -> Value {
    json!({ "fault": "f", "fault_type": of, "severity": null, "blast_radius": null, "targets": [],
        "planned_epoch_ns": null, "met": true, "injected_epoch_ns": null, "rolled_back_epoch_ns": null,
        "skipped": null })
}

#[test]
fn dates_are_those_of_the_calendar() {
    for (day, expected) in [(0, "1970-01-01"), (11_016, "2000-02-29"), (20_000, "2024-10-04"), (-1, "1969-12-31")] {
        assert_eq!(date(day), expected);
    }
}
