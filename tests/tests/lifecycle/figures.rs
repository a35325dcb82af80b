//! The source's own figures, from a simulated run; and what is told while it runs.

use super::{journal, run};
use tumult_sim::journal::{Outcome, Shape, Status};

fn near(a: Option<f64>, b: f64) -> bool {
    a.is_some_and(|a| (a - b).abs() < 1e-9)
}

#[test]
fn the_sources_figures_come_out() {
    let j = journal("the_sources_figures");
    assert_eq!(j.status, Status::Completed);
    let b = &j.baseline.as_ref().unwrap().probes[0];
    assert_eq!((b.samples, b.warmup_samples, b.anomalous), (120, 10, false));
    assert!(near(b.mean, 45.2) && near(b.stddev, 3.8), "{b:?}");
    let d = &j.during.as_ref().unwrap().probes[0];
    assert!(near(d.peak_value, 198.4) && near(d.peak_deviation, 153.2), "{d:?}");
    assert_eq!(format!("{:.1}", d.peak_deviation_pct.unwrap()), "338.9");
    assert_eq!((d.samples, d.threshold_breaches, d.shape), (60, 47, Shape::Catastrophic));
    let p = j.post.as_ref().unwrap();
    assert_eq!((p.recovery_samples, p.samples_within_threshold), (120, 118));
    assert_eq!(format!("{:.3}", p.compliance_ratio.unwrap()), "0.983");
    assert_eq!((p.recovery_duration_s, p.mttr_s, p.fully_recovered), (Some(3.0), Some(3.0), true));
    let a = j.analysis.as_ref().unwrap();
    assert_eq!((a.actual_outcome, a.estimate_outcome_match), (Some(Outcome::Degraded), Some(false)));
    assert!(near(a.actual_degradation, 153.2 / 198.4), "{a:?}");
    // 0.4·2/3 + 0.3·(1 − 27/30) + 0.2·(1 − |153.2/198.4 − 0.15|); nothing looked for lost data, so by 0.9.
    let accuracy = 0.4 * 2.0 / 3.0 + 0.3 * 0.1 + 0.2 * (1.0 - (153.2 / 198.4 - 0.15));
    assert!(near(a.estimate_accuracy, accuracy / 0.9), "{a:?}");
    assert_eq!(a.estimate_recovery_delta_s, Some(-27.0), "actual less estimated");
    let names: Vec<_> = j.attributes().iter().map(|a| a.name).collect();
    assert!(names.contains(&"resilience.analysis.regulatory_frameworks"));
}

#[test]
fn each_breach_is_told_at_its_time_and_an_anomaly_too() {
    let said = |system: &str| {
        let out = tempfile::tempdir().unwrap();
        let vars = [("TUMULT_OUT", out.path().to_str().unwrap()), ("TUMULT_LOG", "warn"), ("TUMULT_SEED", "0x5eed")];
        run(&["--exact", &format!("systems::{system}")], &vars)
    };
    let source = said("the_sources_figures");
    assert_eq!(source.matches("threshold breached").count(), 47, "{source}");
    // Baseline 130 s with its warm-up, fault at 143 s: the first sample that sees it is that of 144 s.
    let first = source.lines().find(|l| l.contains("threshold breached")).unwrap();
    assert!(first.contains("144.000") && first.contains("probe=\"latency\""), "{first}");
    assert!(!source.contains("anomalous baseline"), "{source}");
    let calm = said("no_impact");
    assert!(!calm.contains("threshold breached"), "{calm}");
    let anomalous = said("anomalous_and_warned");
    assert!(anomalous.contains("anomalous baseline"), "{anomalous}");
}
