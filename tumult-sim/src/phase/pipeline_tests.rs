//! A whole experiment on a simulated system: a server whose latency a probe reads, paused in DURING.

use std::time::Duration;

use super::{Estimate, Experiment, Role, RollbackPolicy, Unit, run};
use crate::fault::Fault;
use crate::invariant::{Invariant, InvariantInfo, Verdict};
use crate::journal::{ActionStatus, Journal, Outcome, Phase, ProbeMode, Status};
use crate::sim::{RunOutcome, Sim, SimConfig, Surroundings, run_once};
use crate::time::sleep;
use crate::{Seed, violated};

static INFO: InvariantInfo = InvariantInfo {
    id: "INV_990",
    title: "beats go on",
    tags: &["data"],
    name: "beats",
    module: "test",
    file: file!(),
    line: line!(),
};
const BEATS: Invariant<u64> =
    Invariant { info: &INFO, check: |beats| if *beats < 1000 { Verdict::Holds } else { violated!("{beats} beats") } };

fn experiment(x: &mut Experiment<'_>, fault: impl Fn(crate::Process) -> Option<Fault>) {
    let beats = x.observe("beats", 0_u64);
    x.always(BEATS, &beats);
    let counts = beats.clone();
    let server = x.process("server", move || {
        let beats = counts.clone();
        async move {
            loop {
                sleep(Duration::from_millis(50)).await;
                beats.update(|n| *n += 1);
            }
        }
    });
    let (reads, last) = (beats.clone(), std::cell::Cell::new(0));
    x.estimate(Estimate::full_outage().recovery_s(1.0).confidence(0.9).because("one process"));
    // 1 when the server beat since the last look.
    x.probe("alive", Unit::Ratio, Duration::from_millis(100), move || {
        let now = reads.get();
        Some(if last.replace(now) < now { 1.0 } else { 0.0 })
    })
    .availability(0.0);
    x.baseline(Duration::from_secs(5)).during(Duration::from_secs(5));
    if let Some(fault) = fault(server) {
        x.trigger(fault);
    }
}

fn once(config: SimConfig, test: &dyn Fn(&mut Sim)) -> RunOutcome {
    run_once(config, Surroundings::default(), test).expect("nothing in it asks for a process")
}

fn journal(fault: impl Fn(crate::Process) -> Option<Fault>) -> Journal {
    let config = SimConfig { seed: Seed(7), ..SimConfig::default() };
    let outcome = once(config, &|sim: &mut Sim| {
        let mut x = Experiment::new(sim, "beats", Role::Plain);
        experiment(&mut x, &fault);
        run(&mut x);
    });
    assert_eq!(outcome.failure, None);
    *outcome.journal.unwrap()
}

#[test]
fn a_pause_is_seen_from_its_onset_to_its_end() {
    let j = journal(|server| Some(Fault::pause(server).at(Duration::from_secs(1)).lasting(Duration::from_secs(10))));
    assert_eq!(j.status, Status::Completed);
    assert_eq!(j.phases.iter().map(|p| p.phase).collect::<Vec<_>>(), [Phase::Baseline, Phase::During, Phase::Post]);
    let baseline = j.baseline.as_ref().unwrap();
    assert_eq!((baseline.probes[0].mean, baseline.probes[0].samples), (Some(1.0), 50));
    let during = j.during.as_ref().unwrap();
    // The pause begins a second into DURING: 10 samples up, 40 down.
    assert_eq!(during.probes[0].threshold_breaches, 40);
    assert_eq!(during.probes[0].onset_epoch_ns.unwrap() - j.started_at_ns, 6_100_000_000);
    assert_eq!(during.outcome, Some(Outcome::FullOutage));
    let post = j.post.as_ref().unwrap();
    assert!(post.fully_recovered);
    assert_eq!(post.recovery_duration_s, Some(0.1));
    assert!(post.data_integrity_verified == Some(true));
    let fault = &j.faults[0];
    assert!(fault.met && fault.fault.starts_with("t1 at 6.000s pause server"), "{fault:?}");
    assert_eq!(fault.rolled_back_epoch_ns, Some(post.rollback_epoch_ns));
    let analysis = j.analysis.as_ref().unwrap();
    assert_eq!(analysis.estimate_outcome_match, Some(true));
    assert!(analysis.resilience_score.unwrap() < 1.0);
}

#[test]
fn without_a_fault_nothing_is_felt() {
    let j = journal(|_| None);
    assert_eq!(j.during.as_ref().unwrap().outcome, Some(Outcome::NoImpact));
    assert_eq!(j.post.as_ref().unwrap().recovery_duration_s, Some(0.0));
    assert_eq!(j.verify.violations, 0);
    assert!(j.verify.checks > 100);
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let pause = |p| Some(Fault::pause(p).at(Duration::from_secs(1)));
    assert_eq!(journal(pause).to_json().unwrap(), journal(pause).to_json().unwrap());
    assert_ne!(journal(pause).to_json().unwrap(), journal(|_| None).to_json().unwrap());
}

#[test]
fn a_violation_is_collected_and_the_run_goes_on() {
    let config = SimConfig { seed: Seed(7), ..SimConfig::default() };
    let outcome = once(config, &|sim: &mut Sim| {
        let mut x = Experiment::new(sim, "beats", Role::Plain);
        experiment(&mut x, |_| None);
        // Twenty beats a second: a thousand are reached 50 s in.
        x.baseline(Duration::from_secs(40)).during(Duration::from_secs(30));
        run(&mut x);
    });
    let j = outcome.journal.unwrap();
    assert_eq!((j.status, j.verify.violated.len()), (Status::Deviated, 1));
    assert_eq!(outcome.violations[0].invariant.id, "INV_990");
    assert!((j.duration_s - 110.0).abs() < 1e-9, "{}", j.duration_s);
    assert_eq!(j.post.as_ref().unwrap().data_loss_detected, Some(true));
}

/// The journal of an experiment without a fault, to which `declare` adds.
fn journal_of(declare: impl Fn(&mut Experiment<'_>)) -> (Journal, Option<String>) {
    let config = SimConfig { seed: Seed(7), ..SimConfig::default() };
    let failed = std::cell::RefCell::new(None);
    let outcome = once(config, &|sim: &mut Sim| {
        let mut x = Experiment::new(sim, "beats", Role::Plain);
        experiment(&mut x, |_| None);
        declare(&mut x);
        run(&mut x);
        failed.replace(x.failed_action().map(str::to_owned));
    });
    assert_eq!(outcome.failure, None);
    (*outcome.journal.unwrap(), failed.take())
}

#[test]
fn a_hypothesis_that_is_false_before_the_fault_ends_the_experiment() {
    let (j, _) = journal_of(|x| {
        x.hypothesis("is up", || false, true);
        x.rollback_action("reroute", async || {});
    });
    assert_eq!((j.status, j.phases.len(), j.during), (Status::Aborted, 1, None));
    assert_eq!(j.rollback_results[0].status, ActionStatus::Skipped);
    let (j, _) = journal_of(|x| {
        // Only then would it be false.
        x.hypothesis("is up", || false, true).only([]);
        x.hypothesis("is up", || "up", "up");
    });
    assert_eq!((j.status, j.hypotheses[0].checks.len()), (Status::Completed, 0));
    assert_eq!(j.hypotheses[1].held(ProbeMode::Continuous), Some(true));
}

#[test]
fn an_action_that_fails_ends_too_late_or_panics_makes_a_failed_experiment() {
    for (seconds, error) in [(1, None), (60, Some("had not finished after 3s"))] {
        let (j, failed) = journal_of(|x| {
            x.action("load", Duration::from_secs(2), move || sleep(Duration::from_secs(seconds)));
        });
        let action = &j.method_results[0];
        assert_eq!(action.started_at_ns - j.started_at_ns, 7_000_000_000, "two seconds into DURING");
        match error {
            None => assert_eq!((j.status, action.status, failed), (Status::Completed, ActionStatus::Succeeded, None)),
            Some(error) => {
                assert_eq!((j.status, action.status), (Status::Failed, ActionStatus::Failed));
                assert!(action.error.as_ref().unwrap().contains(error), "{action:?}");
                assert!(failed.unwrap().contains("the action `load` failed"));
            }
        }
    }
    let (j, failed) = journal_of(|x| {
        x.action("load", Duration::ZERO, async || assert!(std::hint::black_box(false), "planted"));
    });
    assert_eq!(j.status, Status::Failed);
    assert!(failed.unwrap().contains("its process ended"));
}

#[test]
fn a_rollback_that_takes_too_long_has_failed_and_the_next_one_runs() {
    let (j, failed) = journal_of(|x| {
        x.rollback(RollbackPolicy::Always);
        x.rollback_action("slow", || sleep(Duration::from_secs(60)));
        x.rollback_action("quick", async || Ok::<_, String>(7));
    });
    let statuses: Vec<_> = j.rollback_results.iter().map(|r| r.status).collect();
    assert_eq!((j.status, statuses), (Status::Failed, vec![ActionStatus::Failed, ActionStatus::Succeeded]));
    assert!(failed.unwrap().contains("the rollback `slow` failed: it had not finished after 10s"));
}
