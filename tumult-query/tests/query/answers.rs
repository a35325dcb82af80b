//! The four queries, with the answers that follow from how the journals were made.

use serde_json::{Value, json};

use crate::command::{Folder, NAMES, named, piped};
use crate::fixture::{RUNS, time};

/// Rows of the last 30 days, by title and day, the oldest day first. The ten days before are not among them.
fn recovery_trend(today: i64) -> Vec<Value> {
    let row = |title: &str, day: i64, of: [f64; 3], runs: u64| {
        json!({ "experiment_title": title, "run_date": time(today, day, 0), "avg_recovery_s": of[0],
            "best_recovery_s": of[1], "worst_recovery_s": of[2], "run_count": runs })
    };
    let mut rows = vec![];
    // Runs 20 and 21 were on the first of these days, and each took 6 s more than the one before.
    for (day, n) in (1..=25).rev().zip(0..) {
        let best = 130.0 + 12.0 * f64::from(n);
        rows.push(row("broker loss", day, [best + 3.0, best, best + 6.0], 2));
    }
    for (day, n) in (1..=10).rev().zip(0..) {
        let only = 500.0 + f64::from(n);
        rows.push(row("clock skew", day, [only, only, only], 1));
    }
    for (day, n) in (1..=20).rev().zip(0..) {
        let worst = 1000.0 - 32.0 * f64::from(n);
        rows.push(row("slow disk", day, [worst - 12.0, worst - 24.0, worst], 4));
    }
    // A run that did not recover counts, and is in no average.
    rows.extend((1..=15).rev().map(|day| row("zone partition", day, [12.0, 12.0, 12.0], 3)));
    rows
}

/// By team, the best first.
fn estimate_accuracy() -> Vec<Value> {
    let row = |team: Value, runs: u64, accuracy: f64, error: f64, confidence: f64| {
        json!({ "team": team, "experiments": runs, "outcome_accuracy": accuracy, "avg_recovery_error_s": error,
            "avg_confidence": confidence })
    };
    vec![
        row(json!("platform"), 45, 40.0 / 45.0, 8.0, 0.625),
        // 70 that were off by 4 or 2 s, 60 by 1 s, and 20 by 100, 104, … 176 s.
        row(json!("storage"), 150, 130.0 / 150.0, (210.0 + 60.0 + 2760.0) / 150.0, 95.0 / 150.0),
        // Of the ten, five have an estimate.
        row(Value::Null, 5, 0.0, 505.0, 0.25),
    ]
}

/// By system, the worst first. The ledger has one completed run, and so no difference to another.
fn degrading() -> Vec<Value> {
    let row = |system: &str, runs: u64, delta: f64, trend: &str| json!({ "target_system": system, "runs": runs, "avg_delta_s": delta, "trend": trend });
    vec![
        row("replicated log", 69, 6.0, "DEGRADING"),
        row("checkout", 39, 0.0, "STABLE"),
        // 70 completed runs from 1000 s to 368 s.
        row("job queue", 69, -632.0 / 69.0, "IMPROVING"),
    ]
}

/// The five of the clock, then 15 of the 20 of the disk; those that did not recover have no error and come after.
fn worst_estimates(today: i64) -> Vec<Value> {
    let row = |title: &str, at: String, estimated: f64, took: f64, confidence: f64| {
        json!({ "experiment_title": title, "started_at": at, "estimate_outcome": "no_impact",
            "actual_outcome": "degraded", "estimate_recovery_s": estimated, "actual_recovery_s": took,
            "recovery_error_s": took - estimated, "estimate_confidence": confidence })
    };
    let mut rows = vec![];
    for i in [9, 7, 5, 3, 1] {
        rows.push(row("clock skew", time(today, 10 - i, 8), 0.0, 500.0 + i as f64, 0.25));
    }
    // The first run of each day, from the last day back.
    for day in 1..=15 {
        let took = 1000.0 - 32.0 * (20 - day) as f64;
        let error = 100.0 + 4.0 * (20 - day) as f64;
        rows.push(row("slow disk", time(today, day, 3), took - error, took, 0.75));
    }
    rows
}

/// The answers, by the queries' names.
pub(crate) fn expected(name: &str, today: i64) -> Vec<Value> {
    match name {
        "recovery-trend" => recovery_trend(today),
        "estimate-accuracy" => estimate_accuracy(),
        "degrading" => degrading(),
        "worst-estimates" => worst_estimates(today),
        other => panic!("{other}"),
    }
}

/// Rows are the same when their names and words are, and their numbers up to the order of adding them up.
#[track_caller]
pub(crate) fn assert_same(what: &str, have: &[Value], expected: &[Value]) {
    assert_eq!(have.len(), expected.len(), "{what}: {have:#?}");
    for (n, (have, expected)) in have.iter().zip(expected).enumerate() {
        let (have, expected) = (have.as_object().unwrap(), expected.as_object().unwrap());
        assert!(have.keys().eq(expected.keys()), "{what}: {have:?}");
        for (name, value) in have {
            let same = match (value.as_f64(), expected[name].as_f64()) {
                (Some(a), Some(b)) => (a - b).abs() <= 1e-12 * b.abs(),
                _ => *value == expected[name],
            };
            assert!(same, "{what}, row {n}: {name} is {value}, and not {}", expected[name]);
        }
    }
}

#[test]
fn the_four_queries_have_the_answers_that_follow_from_the_runs() {
    let folder = Folder::full("answers");
    for name in NAMES {
        let answer = folder.query(["--named", name, "--format", "json"]);
        assert_same(name, &answer.rows(), &expected(name, folder.today));
    }
    assert_eq!(folder.count(), RUNS as u64);
}

#[test]
fn a_query_comes_from_an_argument_a_file_or_standard_input() {
    let folder = Folder::full("sources");
    let expected = expected("degrading", folder.today);
    let sql = named("degrading");
    let file = folder.out.join("a.sql");
    std::fs::write(&file, &sql).unwrap();
    let file = file.to_str().unwrap();
    assert_same("argument", &folder.rows(&sql), &expected);
    assert_same("file", &folder.query(["--file", file, "--format", "json"]).rows(), &expected);
    let from_stdin = piped(folder.command().args(["--format", "json"]), &sql);
    assert_same("standard input", &from_stdin.rows(), &expected);
}

#[test]
fn every_column_has_what_the_journal_says() {
    let folder = Folder::full("columns");
    let row = &folder.rows("SELECT * FROM journals WHERE experiment_id = '0000000000000046'")[0];
    // Run 70 is the first of the slow disk.
    let expected = json!({
        "experiment_title": "slow disk", "experiment_id": "0000000000000046",
        "started_at": time(folder.today, 20, 3), "status": "completed", "target_system": "job queue",
        "tags": "{\"team\":\"storage\",\"tier\":\"1\"}", "seed": "0x46", "run_number": 71, "host": "ci-7",
        "duration_s": 150.0, "estimate_outcome": "no_impact", "estimate_recovery_s": 900.0,
        "estimate_degradation": 0.25, "estimate_data_loss": false, "estimate_confidence": 0.75,
        "actual_outcome": "degraded", "actual_recovery_s": 1000.0, "actual_degradation": 0.5,
        "actual_data_loss": false, "estimate_outcome_match": null, "estimate_recovery_delta_s": null,
        "estimate_accuracy": null, "baseline_anomalous": false, "availability": 0.5, "threshold_breaches": 94,
        "peak_deviation_pct": 338.9, "shape": "graceful", "recovery_duration_s": 1000.0, "mttr_s": 1000.0,
        "mttr_max_s": 1000.0, "fully_recovered": true, "data_integrity_verified": true, "data_loss_detected": false,
        "compliance_ratio": 118.0 / 120.0, "recovery_target_s": 30.0, "resilience_score": 0.75,
        "compliance": "PARTIAL", "trend_direction": "stable", "trend_run_count": 70, "checks": 4711, "violations": 0,
        "first_violation_invariant": null, "faults": 3, "fault_types": "network,termination", "frameworks": "DORA",
        "replay_token": "tm1:AAEC", "journal_path": "kv/fm_070-repro/journal.json",
        "run_day": crate::fixture::date(folder.today - 20),
    });
    assert_eq!(row, &expected);
    for (which, count) in [("tags->>'team' IS NULL", 10), ("tags->>'team' = 'platform'", 45), ("tags ? 'team'", 195)] {
        let counted = folder.rows(&format!("SELECT COUNT(*) AS n FROM journals WHERE {which}"));
        assert_eq!(counted[0]["n"], count, "{which}");
    }
}
