//! Failures whose cause is small: no fault at all, one message, one operation.

use std::time::Duration;

use tumult_sim::net::UdpSocket;
use tumult_sim::task::spawn;
use tumult_sim::time::{sleep, timeout};
use tumult_sim::{Verdict, invariant, violated};

use super::{explained, part};

/// No update is lost.
#[invariant(id = "INV_972", tags = ["data"])]
fn counted(of: &(u64, u64)) -> Verdict {
    if of.0 == of.1 { Verdict::Holds } else { violated!("{} updates, and the counter says {}", of.1, of.0) }
}

#[test]
fn a_failure_that_needs_no_fault_says_so() {
    let found = explained("no fault needed", |sim| {
        let counter = sim.observe("counter", (0_u64, 0_u64));
        sim.at_end(INV_972, &counter);
        sim.primary("store", move || {
            let counter = counter.clone();
            async move {
                let add = |counter: tumult_sim::Observed<(u64, u64)>| async move {
                    sleep(Duration::from_millis(tumult_sim::process::random_below(3))).await;
                    let read = counter.read(|c| c.0);
                    sleep(Duration::from_millis(1)).await;
                    counter.update(|c| *c = (read + 1, c.1 + 1));
                };
                let (one, two) = (spawn(add(counter.clone())), spawn(add(counter.clone())));
                one.await.unwrap();
                two.await.unwrap();
            }
        });
        let pause = tumult_sim::fault::Fault::delay_everywhere(Duration::from_millis(5));
        sim.at(Duration::from_millis(1), pause.lasting(Duration::from_millis(9)));
        sim.run();
    });
    let report = found.report().unwrap();
    assert!(part(report, "WHY")[0].starts_with("no fault needed, 1 process of 1"), "{report}");
}

/// Every request is answered.
#[invariant(id = "INV_973", tags = ["liveness"])]
fn answered(missing: &Vec<u64>) -> Verdict {
    if missing.is_empty() { Verdict::Holds } else { violated!("no answer to {missing:?}") }
}

#[test]
fn one_lost_message_is_named() {
    let found = explained("one lost message", |sim| {
        let missing = sim.observe("missing", Vec::new());
        sim.at_end(INV_973, &missing);
        let server = sim.process("server", || async {
            let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
            loop {
                let (bytes, from) = socket.recv_datagram().await.unwrap();
                socket.send_to(&bytes, from).await.unwrap();
            }
        });
        let client = sim.primary("client", move || {
            let missing = missing.clone();
            async move {
                sleep(Duration::from_millis(1)).await;
                let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
                for n in 0..40_u64 {
                    socket.send_to(&n.to_le_bytes(), "server:7").await.unwrap();
                    if timeout(Duration::from_millis(20), socket.recv_datagram()).await.is_err() {
                        missing.update(|m| m.push(n));
                    }
                }
            }
        });
        sim.link(client, server).loss(0.02);
        sim.run();
    });
    let report = found.report().unwrap();
    let why = part(report, "WHY");
    assert!(why[0].starts_with("no fault needed"), "{report}");
    let lost: Vec<_> = why.iter().filter(|l| l.contains("is lost")).collect();
    assert_eq!(lost.len(), 1, "{report}");
}

#[test]
fn a_workload_shrinks_to_the_operations_that_matter() {
    let found = explained("two operations", |sim| {
        let ops = sim.workload(proptest::collection::vec(0..100_u32, 10..40));
        sim.primary("machine", move || {
            let ops = ops.clone();
            async move {
                let mut armed = false;
                for op in ops {
                    assert!(!(armed && op == 77), "77 after 33");
                    armed |= op >= 33;
                    sleep(Duration::from_millis(1)).await;
                }
            }
        });
        sim.run();
    });
    let report = found.report().unwrap();
    let head = &part(report, "WHY")[0];
    // Ten is the least that the strategy gives.
    assert!(head.contains(", 10 operations of "), "{report}");
}

/// What went down.
#[invariant(id = "INV_977", tags = ["data"])]
fn both_needed_are_up(down: &[bool; 4]) -> Verdict {
    let [one, needed, other, also] = *down;
    if needed && also && one == other { violated!("{down:?} were down") } else { Verdict::Holds }
}

#[test]
fn two_faults_that_undo_each_other_are_both_left_out() {
    let found = explained("two faults undo each other", |sim| {
        let down = sim.observe("down", [false; 4]);
        sim.at_end(INV_977, &down);
        for n in 0..4 {
            let down = down.clone();
            let process = sim.process(&format!("p{n}"), move || {
                let down = down.clone();
                async move {
                    if tumult_sim::process::incarnation().0 > 0 {
                        down.update(|down| down[n] = true);
                    }
                    sleep(Duration::from_secs(9)).await;
                }
            });
            let kill = tumult_sim::fault::Fault::kill(process).lasting(Duration::from_millis(5));
            sim.at(Duration::from_millis(10 * n as u64 + 10), kill);
        }
        sim.primary("watch", || sleep(Duration::from_millis(100)));
        sim.run();
    });
    let report = found.report().unwrap();
    let why = part(report, "WHY");
    assert!(why[0].starts_with("2 faults of 4, "), "{report}");
    assert!(why[1].contains(" kill p1 ") && why[2].contains(" kill p3 "), "{report}");
}
