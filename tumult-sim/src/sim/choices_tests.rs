//! What a run decides otherwise than its seed has it, seen from a test function.

use std::time::Duration;

use super::{Sim, SimConfig};
use crate::base::{Branch, Choices, Drawn, MessageName, Seed, Time};
use crate::kernel::task::Schedule;
use crate::net::{Latency, UdpSocket};
use crate::time::sleep;
use crate::trace::{Kind, Recording, TraceHash};

/// `a` tells `b` 200 numbers over a link that loses and doubles, and `b` draws for each.
fn run(config: SimConfig) -> (Recording, TraceHash, Vec<u64>) {
    let mut sim = Sim::with_config(SimConfig { record: true, ..config });
    let b = sim.primary("b", || async {
        let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
        let mut got = vec![];
        while let Ok(Ok((bytes, _))) = crate::time::timeout(Duration::from_secs(1), socket.recv_datagram()).await {
            crate::process::random_u64();
            got.push(u64::from_le_bytes(bytes.try_into().unwrap()));
        }
        got
    });
    let a = sim.process("a", || async {
        sleep(Duration::from_millis(1)).await;
        let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
        for n in 0..200_u64 {
            socket.send_to(&n.to_le_bytes(), "b:7").await.unwrap();
            sleep(Duration::from_millis(1)).await;
        }
    });
    sim.link(a, b).latency(Latency::uniform_ms(1.0, 3.0)).loss(0.1).duplicate(0.1).reorder(0.1);
    let report = sim.run();
    let got = report.output::<Vec<u64>>(b).unwrap().clone();
    (sim.recording().unwrap(), report.trace(), got)
}

fn with(choices: Choices) -> SimConfig {
    SimConfig { seed: Seed(5), choices, ..SimConfig::default() }
}

#[test]
fn chance_befalls_those_messages_alone_that_may_meet_it() {
    let (_, _, drawn) = run(with(Choices::default()));
    let lost: Vec<u64> = (0..200).filter(|n| !drawn.contains(n)).collect();
    assert!(lost.len() > 5, "{lost:?}");

    let spared = Choices { messages: Some(vec![]), latency: Drawn::Never, ..Choices::default() };
    assert_eq!(run(with(spared.clone())).2, (0..200).collect::<Vec<u64>>());

    // The third message that was lost is lost again, and nothing else happens to any.
    let message = MessageName { from: "a".into(), to: "b".into(), number: lost[2] };
    let one = Choices { messages: Some(vec![message]), ..spared };
    let got = run(with(one)).2;
    assert_eq!(got, (0..200).filter(|n| *n != lost[2]).collect::<Vec<u64>>());
}

#[test]
fn a_plain_latency_is_the_median_and_a_span_is_drawn() {
    let arrivals = |latency| {
        let (recording, ..) = run(with(Choices { messages: Some(vec![]), latency, ..Choices::default() }));
        let sent: Vec<Time> = recording.iter().filter(|r| r.kind == Kind::Send).map(|r| r.at).collect();
        let got: Vec<Time> = recording.iter().filter(|r| r.kind == Kind::Deliver).map(|r| r.at).collect();
        sent.into_iter().zip(got).map(|(s, g)| (s, g - s)).collect::<Vec<(Time, Duration)>>()
    };
    let median = |d: Duration| d.abs_diff(Duration::from_millis(2)) < Duration::from_micros(1);
    assert!(arrivals(Drawn::Never).iter().all(|(_, took)| median(*took)));
    let at = |ms: u64| Time::from_nanos(ms * 1_000_000);
    let (from, until) = (at(50), at(60));
    let drawn = arrivals(Drawn::Within(from, until));
    let inside = |t: Time| from <= t && t < until;
    assert!(drawn.iter().filter(|(sent, _)| inside(*sent)).any(|(_, took)| !median(*took)));
    // Order is kept, so those that follow at once may wait for one of them.
    assert!(drawn.iter().filter(|(sent, _)| *sent < from || *sent > at(70)).all(|(_, took)| median(*took)));
}

#[test]
fn a_branch_has_the_same_past_and_another_future() {
    let (whole, hash, _) = run(with(Choices::default()));
    let branch = |event, salt| Choices { branch: Some(Branch { event, salt }), ..Choices::default() };
    let middle = whole.len() as u64 / 2;
    let (one, first, _) = run(with(branch(middle, 1)));
    let at = whole.first_difference(&one).unwrap();
    assert!(at as u64 >= middle && (at as u64) < middle + 20, "{at} of {middle}");
    assert_ne!(run(with(branch(middle, 2))).1, first, "each salt is another future");
    assert_eq!(run(with(branch(middle, 1))).1, first);
    assert_eq!(run(with(branch(u64::MAX, 1))).1, hash);
}

#[test]
fn a_plain_schedule_is_the_order_of_wakes() {
    let order = |config: SimConfig| {
        let mut sim = Sim::with_config(config);
        let log = std::rc::Rc::new(std::cell::RefCell::new(vec![]));
        let shared = std::rc::Rc::clone(&log);
        sim.primary("p", move || {
            let log = std::rc::Rc::clone(&shared);
            async move {
                let tasks: Vec<_> = (0..20)
                    .map(|n| {
                        let log = std::rc::Rc::clone(&log);
                        crate::task::spawn(async move { log.borrow_mut().push(n) })
                    })
                    .collect();
                for task in tasks {
                    task.await.unwrap();
                }
            }
        });
        sim.run();
        log.take()
    };
    let fifo = order(SimConfig { schedule: Schedule::Fifo, ..SimConfig::default() });
    assert_ne!(order(SimConfig::default()), fifo);
    assert_eq!(order(with(Choices { schedule: Drawn::Never, ..Choices::default() })), fifo);
    let later = Drawn::Within(Time::from_nanos(1), Time::MAX);
    assert_eq!(order(with(Choices { schedule: later, ..Choices::default() })), fifo);
}

#[test]
fn who_is_absent_is_never_started_nor_waited_for() {
    let mut sim = Sim::with_config(with(Choices { absent: vec!["b".into(), "b".into()], ..Choices::default() }));
    let a = sim.primary("a", || async { 1 });
    let b = sim.primary("b", || async { 2 });
    let report = sim.run();
    assert_eq!((report.output::<i32>(a), report.output::<i32>(b)), (Some(&1), None));
}

#[test]
fn a_stranger_is_named() {
    let mut sim = Sim::with_config(with(Choices { absent: vec!["z".into()], ..Choices::default() }));
    sim.primary("a", || async {});
    let error = sim.try_run().unwrap_err().to_string();
    assert!(error.contains("`z`") && error.contains("was changed since"), "{error}");
}

#[cfg(feature = "proptest")]
#[test]
fn a_workload_is_drawn_from_the_seed_and_takes_its_steps() {
    use crate::base::Step::{Complicate, Simplify};
    let draw = |seed, workloads| {
        let choices = Choices { workloads, ..Choices::default() };
        let mut sim = Sim::with_config(SimConfig { seed: Seed(seed), choices, ..SimConfig::default() });
        let first = sim.workload(proptest::collection::vec(0..1000_u32, 5..20));
        (first, sim.workload(proptest::collection::vec(0..1000_u32, 5..20)), sim.workloads.clone())
    };
    let (first, second, drawings) = draw(1, vec![]);
    assert_ne!(first, second);
    assert_eq!((drawings[0].operations, drawings[0].drawn), (first.len(), first.len()));
    assert_eq!(draw(1, vec![]).0, first);
    assert_ne!(draw(2, vec![]).0, first);
    let (simpler, same, drawings) = draw(1, vec![vec![Simplify; 3]]);
    assert!(simpler.len() < first.len() || simpler.iter().sum::<u32>() < first.iter().sum());
    assert_eq!(same, second, "each workload has its own steps");
    assert!(drawings[0].stepped && drawings[0].drawn == first.len());
    assert_ne!(draw(1, vec![vec![Simplify, Simplify, Simplify, Complicate]]).0, simpler);
    let least = draw(1, vec![vec![Simplify; 10_000]]);
    assert_eq!((least.0, least.2[0].stepped), (vec![0; 5], false));
}
