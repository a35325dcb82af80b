//! A journal with every field filled, from the source's own figures where it gives them.

use super::*;
use crate::base::{Seed, Time};

pub(super) fn full() -> Journal {
    let start = 1_711_234_500_000_000_000;
    let mut journal = Journal::begin("broker loss", Seed(0x5eed_1f3a), start);
    journal.replay_token = Some("tm1:AAEC".into());
    journal.tags = [("team".into(), "payments".into()), ("tier".into(), "1".into())].into();
    journal.target = Some("replicated log".into());
    journal.phase(Phase::Baseline, start, start + 60_000_000_000);
    journal.estimate = Some(EstimateRecord {
        expected_recovery_s: Some(30.0),
        expected_degradation: Some(0.15),
        expected_data_loss: Some(false),
        confidence: Some(0.7),
        rationale: Some("replication 3, killing 1 broker should cause a brief rebalance".into()),
        ..EstimateRecord::of(Outcome::NoImpact)
    });
    journal.baseline = Some(BaselineRecord { anomalous: false, probes: vec![baseline()] });
    journal.during =
        Some(DuringRecord { outcome: Some(Outcome::Degraded), availability: Some(0.983), probes: vec![during()] });
    journal.post = Some(post());
    journal.analysis = Some(analysis());
    journal.verify = VerifyRecord::watching(["INV_001", "INV_002"]);
    journal.verify.checks = 4711;
    journal.verify.violation("INV_001", start + 61_000_000_000, "job-1 was applied 2 times");
    journal.hypotheses = vec![HypothesisRecord {
        title: "serves reads".into(),
        tolerance: "0.99..=1".into(),
        checks: vec![HypothesisCheck {
            mode: ProbeMode::Before,
            epoch_ns: start,
            value: Some(1.0),
            text: None,
            held: true,
        }],
    }];
    journal.faults = vec![FaultRecord {
        severity: Some(Severity::Major),
        blast_radius: Some(BlastRadius::SingleInstance),
        targets: vec!["broker-0".into()],
        planned_epoch_ns: Some(start + 60_000_000_000),
        met: true,
        injected_epoch_ns: Some(start + 60_000_000_000),
        rolled_back_epoch_ns: Some(start + 90_000_000_000),
        ..FaultRecord::planned("kill broker-0", FaultType::Termination)
    }];
    journal.method_results = vec![ActionRecord::new("submit", Ok(Some("1 job".into())), start, start + 5)];
    journal.rollback_results = vec![ActionRecord::new("reconcile", Err("the store is gone".into()), start, start + 5)];
    let second = Time::from_nanos(1_000_000_000);
    journal.samples = Some(vec![ProbeSamples::new(
        "produce latency",
        Epoch::from_nanos(start),
        [(Time::ZERO, Some(44.1)), (second, None)],
    )]);
    let frameworks = [("PCI-DSS", "11.4.1"), ("DORA", "Art. 25"), ("NIS2", "21(2)(f)"), ("DORA", "Art. 11")];
    journal.regulatory = frameworks
        .map(|(framework, requirement)| RegulatoryRecord {
            framework: framework.into(),
            requirement: requirement.into(),
        })
        .into();
    journal.end(Status::Deviated, start + 150_000_000_000);
    journal
}

fn baseline() -> ProbeBaseline {
    ProbeBaseline {
        probe: "produce latency".into(),
        unit: Unit::Milliseconds,
        method: MethodName::MeanStddev,
        samples: 120,
        failed_samples: 1,
        interval_s: 1.0,
        warmup_samples: 10,
        mean: Some(45.2),
        stddev: Some(3.8),
        min: Some(38.0),
        max: Some(59.0),
        p50: Some(44.0),
        p90: Some(50.1),
        p95: Some(52.3),
        p99: Some(58.7),
        iqr: Some(5.2),
        bounds: Bounds { lower: Some(37.6), upper: Some(52.8) },
        anomalous: false,
        anomalies: Vec::new(),
    }
}

fn during() -> ProbeDuring {
    ProbeDuring {
        probe: "produce latency".into(),
        samples: 60,
        failed_samples: 1,
        threshold_breaches: 47,
        onset_epoch_ns: Some(1_711_234_567_890_123_456),
        peak_epoch_ns: Some(1_711_234_578_901_234_567),
        peak_value: Some(198.4),
        peak_deviation: Some(153.2),
        peak_deviation_pct: Some(338.9),
        shape: Shape::Graceful,
    }
}

fn post() -> PostRecord {
    PostRecord {
        rollback_epoch_ns: 1_711_234_590_000_000_000,
        observed_s: 120.0,
        recovery_epoch_ns: Some(1_711_234_622_500_000_000),
        recovery_duration_s: Some(32.5),
        mttr_s: Some(32.5),
        mttr_max_s: Some(32.5),
        data_integrity_verified: Some(true),
        data_loss_detected: Some(false),
        fully_recovered: true,
        recovery_samples: 120,
        samples_within_threshold: 118,
        compliance_ratio: Some(118.0 / 120.0),
        probes: vec![ProbePost {
            probe: "produce latency".into(),
            breached: true,
            recovery_epoch_ns: Some(1_711_234_622_500_000_000),
            recovery_duration_s: Some(32.5),
            recovered: true,
            recovery_samples: 120,
            samples_within_threshold: 118,
        }],
    }
}

fn analysis() -> AnalysisRecord {
    let term = |term: &str, weight, value| ScoreTerm { term: term.into(), weight, value };
    AnalysisRecord {
        actual_outcome: Some(Outcome::Degraded),
        actual_recovery_s: Some(32.5),
        actual_degradation: Some(0.77),
        actual_data_loss: Some(false),
        estimate_accuracy: Some(0.82),
        accuracy_terms: vec![term("outcome", 0.4, Some(2.0 / 3.0)), term("recovery", 0.3, None)],
        estimate_outcome_match: Some(false),
        estimate_recovery_delta_s: Some(2.5),
        recovery_target_s: Some(30.0),
        resilience_score: Some(0.76),
        score_terms: vec![term("invariants", 0.3, Some(1.0))],
        compliance: Some(Compliance::Partial),
    }
}

pub(super) fn run() -> RunRecord {
    RunRecord {
        schema_version: SCHEMA_VERSION,
        experiment_id: full().experiment_id,
        started_at: 1_711_234_500_000_000_000,
        run_number: 16,
        trend_direction: Some(Trend::Improving),
        trend_run_count: 15,
        host: "ci-7".into(),
        target: Some("replicated log".into()),
        status: Some(Status::Deviated),
        recovery_duration_s: Some(32.5),
    }
}
