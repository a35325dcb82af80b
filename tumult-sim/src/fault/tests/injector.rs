//! The injector against a real world: what is planned is done, taken back, and judged.

use std::future::pending;

use super::lab::{Lab, Log, MS};
use crate::base::{ProcessId, Time};
use crate::fault::{Outcome, Plan, point};
use crate::kernel::process::State;
use crate::time::{Instant, sleep};

#[test]
fn every_step_is_in_the_trace() {
    let lab = Lab::new().idle("a").idle("b").arm("f1 at 1s kill a for 500ms\nf2 at 1.2s pause a\nf3 at 1.2s pause b");
    assert_eq!(
        lab.said(3000),
        [
            "injected at 1.000s, met, healed at 1.500s",
            "skipped, a has been killed already",
            "injected at 1.200s, not met",
        ]
    );
    let step = |ms, fault, step, text: &str| (ms, fault, step, text.to_owned());
    assert_eq!(
        lab.trace(),
        [
            step(0, 0, 0, "f1 at 1.000s kill a for 500ms"),
            step(0, 1, 0, "f2 at 1.200s pause a"),
            step(0, 2, 0, "f3 at 1.200s pause b"),
            step(1000, 0, 1, "f1 kill a"),
            step(1000, 0, 4, "f1"),
            step(1200, 1, 3, "f2 pause a: a has been killed already"),
            step(1200, 2, 1, "f3 pause b"),
            step(1500, 0, 2, "f1 kill a"),
        ]
    );
}

#[test]
fn a_process_comes_back_with_its_next_life() {
    for (plan, lives) in [
        ("f1 at 1s kill a for 500ms", 2),
        ("f1 at 1s power-loss a for 500ms", 2),
        ("f1 at 1s shutdown a grace 200ms for 500ms", 2),
        ("f1 at 1s restart a", 2),
        ("f1 at 1s kill a for 100ms\nf2 at 2s restart a", 3),
        ("f1 at 1s kill a", 1),
    ] {
        let lab = Lab::new().process("a", |log| async move {
            log.borrow_mut().push("started".into());
            pending::<()>().await;
        });
        let lab = lab.arm(plan);
        assert!(lab.outcomes(3000).iter().all(Outcome::is_met), "{plan}");
        assert_eq!(lab.log.borrow().len(), lives, "{plan}");
    }
}

#[test]
fn a_pause_is_met_when_it_kept_a_task_from_running() {
    let lab = Lab::new().idle("idle").chatty("busy", "idle:1");
    let lab = lab.arm("f1 at 1s pause idle for 1s\nf2 at 1s pause busy for 1s\nf3 at 3.02s pause busy for 50ms");
    let outcomes = lab.outcomes(4000);
    assert_eq!(outcomes.iter().map(Outcome::is_met).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(outcomes[1].met_at, Some(Time::ZERO + 2000 * MS), "it is seen when the process goes on");
    assert_eq!(lab.state(0), State::Running);
}

#[test]
fn a_fault_of_the_network_is_met_when_a_packet_felt_it() {
    let quiet = Lab::new().idle("a").idle("b").idle("c");
    let busy = || Lab::new().chatty("a", "b:9").idle("b").idle("c");
    let faults = [
        "partition {a} | {b,c}",
        "isolate b",
        "cut a -> b",
        "hold everyone",
        "loss a <-> b 1",
        "duplicate a <-> b 1",
        "reorder everyone 1",
        "delay a <-> b 5ms",
        "bridge c {a} | {b}",
        "swizzle {b,c} back {c,b} every 100ms",
        "flap everyone down 150ms up 50ms",
        "corrupt a <-> b 1",
        "corrupt-header everyone 1",
        "throttle a <-> b 100B/s",
        "burst-loss a <-> b enter 1 leave 0.001",
    ];
    let lines: Vec<String> =
        (1..).zip(faults).map(|(n, fault)| format!("f{n} at {n}.000s {fault} for 500ms")).collect();
    let plan = lines.join("\n");
    assert_eq!(quiet.arm(&plan).outcomes(20_000).iter().filter(|o| o.is_met()).count(), 0, "nothing is sent");
    for outcome in busy().arm(&plan).outcomes(20_000) {
        assert!(outcome.is_met() && outcome.healed_at.is_some(), "{outcome}");
    }
    let elsewhere = "f1 at 1s partition {a} | {c} for 5s\nf2 at 1s cut b -> a for 5s\nf3 at 1s loss a <-> b 0 for 5s\n\
        f4 at 1s bridge b {a} | {c} for 5s\nf5 at 1s swizzle {c} back {c} every 1s\nf6 at 1s throttle b <-> c 1B/s\n\
        f7 at 1s corrupt a <-> c 1\nf8 at 1s corrupt-header a <-> c 1\nf9 at 1s burst-loss b <-> c enter 1 leave 0.1\n\
        f10 at 1s flap b <-> c down 1s up 1s";
    let felt = busy().arm(elsewhere).outcomes(10_000);
    assert_eq!(felt.iter().filter(|o| o.is_met()).count(), 0, "other packets are sent");
}

#[test]
fn healing_leaves_a_later_life_alone() {
    // f1's pause ends with the process; when f1 is over, what stands still is f3's.
    let lab = Lab::new().idle("a");
    let lab = lab.arm("f1 at 1s pause a for 4s\nf2 at 2s restart a\nf3 at 3s pause a for 5s");
    lab.run_to(6000);
    assert_eq!(lab.state(0), State::Paused);
    lab.run_to(9000);
    assert_eq!(lab.state(0), State::Running);
    let lab = Lab::new().idle("a");
    let lab = lab.arm("f1 at 1s kill a for 4s\nf2 at 2s restart a\nf3 at 3s kill a for 5s");
    lab.run_to(6000);
    assert!(matches!(lab.state(0), State::Ended(_)));
    lab.run_to(9000);
    assert_eq!(lab.state(0), State::Running);
}

#[test]
fn a_point_is_where_the_fault_acts() {
    let worker = |log: Log| async move {
        for n in 1..=3 {
            sleep(1000 * MS).await;
            point("worker.leased").await;
            log.borrow_mut().push(format!("{n} at {}", crate::time::now()));
        }
        pending::<()>().await;
    };
    let lab = Lab::new().process("a", worker).arm("f1 on point worker.leased by a #2 pause a for 5s");
    assert_eq!(lab.said(20_000), ["injected at 2.000s, met, healed at 7.000s"]);
    assert_eq!(*lab.log.borrow(), ["1 at 1.000s", "2 at 7.000s", "3 at 8.000s"]);

    let lab = Lab::new().process("a", worker).arm("f1 on point worker.leased #2 kill a");
    assert!(lab.outcomes(20_000)[0].is_met());
    assert_eq!(*lab.log.borrow(), ["1 at 1.000s"], "the code behind the point never runs");

    let others =
        "f1 on point worker.leased by b kill a\nf2 on point worker.idle kill a\nf3 on point worker.leased #4 kill a";
    let lab = Lab::new().process("a", worker).idle("b").arm(others);
    assert_eq!(lab.said(20_000), ["never due"; 3]);
    assert_eq!(lab.log.borrow().len(), 3);
}

#[test]
fn a_point_nobody_waits_for_changes_nothing_else() {
    let run = |named: bool| {
        let worker = move |log: Log| async move {
            for _ in 0..3 {
                if named {
                    point("somewhere").await;
                }
                sleep(10 * MS).await;
                log.borrow_mut().push(format!("{:?}", Instant::now()));
            }
        };
        let lab = Lab::new().process("a", worker).chatty("b", "a:9");
        lab.run_to(1000);
        let polls = lab.run.world.borrow().polls;
        let log = lab.log.borrow().clone();
        (polls, log)
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn lifting_takes_back_what_is_in_force_and_calls_off_the_rest() {
    let plan = "f1 at 1s kill a\nf2 at 1s partition {a,b} | {c}\nf3 at 1s drift b +9ppm\nf4 at 9s kill b\n\
        f5 on point never kill c\nf6 at 1s kill c for 1s";
    let lab = Lab::new().idle("a").idle("b").idle("c").arm(plan);
    lab.run_to(3000);
    lab.lift(None);
    let called_off = "skipped, the faults were lifted before it was due";
    assert_eq!(
        lab.said(20_000),
        [
            "injected at 1.000s, met, healed at 3.000s",
            "injected at 1.000s, not met, healed at 3.000s",
            "injected at 1.000s, not met, healed at 3.000s",
            called_off,
            called_off,
            "injected at 1.000s, met, healed at 2.000s",
        ]
    );
    assert_eq!([0, 1, 2].map(|p| lab.state(p)), [State::Running; 3]);
    assert_eq!(lab.run.world.borrow().processes.get(ProcessId(1)).clock.drift(), 0);
}

#[test]
fn with_a_core_faults_outside_it_stay() {
    let plan = "f1 at 1s kill a\nf2 at 1s kill c\nf3 at 1s partition {a} | {b,c}\nf4 at 1s partition {a,b} | {c}\n\
        f5 at 9s kill b\nf6 at 9s clock c +1s";
    let lab = Lab::new().idle("a").idle("b").idle("c").arm(plan);
    lab.run_to(3000);
    lab.lift(Some(&[0, 1]));
    let outcomes = lab.outcomes(20_000);
    let healed: Vec<bool> = outcomes.iter().map(|o| o.healed_at.is_some()).collect();
    assert_eq!(healed, [true, false, true, false, false, false], "a is back, and reaches b");
    assert_eq!(outcomes[4].injected_at, None, "b is of the core");
    assert!(outcomes[5].injected_at.is_some(), "c is not");
}

#[test]
fn a_plan_with_an_unknown_process_arms_nothing() {
    let lab = Lab::new().idle("a");
    let plan: Plan = "f1 at 1s kill a\nf2 at 1s kill ghost".parse().unwrap();
    let error = lab.desk.0.borrow_mut().arm(&mut lab.run.world.borrow_mut(), &plan).unwrap_err();
    assert!(error.to_string().contains("`ghost` is no process here; write one of a"), "{error}");
    assert!(lab.outcomes(3000).is_empty());
    assert_eq!(lab.state(0), State::Running);
}

#[test]
fn plans_may_be_armed_one_after_the_other() {
    let lab = Lab::new().chatty("a", "b:9").idle("b").arm("f1 at 1s cut a -> b for 1s");
    lab.run_to(3000);
    let lab = lab.arm("g1 at 2s cut a -> b for 1s");
    assert_eq!(
        lab.said(9000),
        ["injected at 1.000s, met, healed at 2.000s", "injected at 3.000s, met, healed at 4.000s"]
    );
}
