//! Law 2: what is random is keyed by what it is for. With and without an unrelated fault, message n of an unaffected link
//! has the same fate, and a task's wake n the same priority.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use tumult_sim::fault::{Plan, Profile};
use tumult_sim::net::{Latency, UdpSocket};
use tumult_sim::time::sleep;
use tumult_sim::trace::{Kind, Recording};
use tumult_sim::{Key, Process, Seed, Sim, SimConfig, process};

const MESSAGES: u64 = 200;

/// A socket, at once unless a fault left the process without descriptors for a while.
async fn bound(addr: &str) -> UdpSocket {
    loop {
        match UdpSocket::bind(addr).await {
            Err(e) if e.raw_os_error() == Some(24) => sleep(Duration::from_millis(1)).await,
            socket => return socket.unwrap(),
        }
    }
}

/// Two pairs that have nothing to do with each other: what goes wrong with the one must leave the other's messages alone.
fn two_pairs(sim: &mut Sim) -> [Process; 4] {
    let receiver = || async {
        let socket = bound("0.0.0.0:7").await;
        loop {
            socket.recv_datagram().await.unwrap();
        }
    };
    let sender = |to: &'static str| {
        move || async move {
            let socket = bound("0.0.0.0:0").await;
            for n in 0..MESSAGES {
                socket.send_to(&n.to_le_bytes(), to).await.unwrap();
                sleep(Duration::from_micros(500 + process::random_below(1000))).await;
            }
            // The last one has arrived by then.
            sleep(Duration::from_secs(2)).await;
        }
    };
    let a = sim.process("a", receiver);
    let b = sim.primary("b", sender("a:7"));
    let c = sim.process("c", receiver);
    let d = sim.process("d", sender("c:7"));
    sim.links().latency(Latency::lognormal_ms(2.0, 0.8)).loss(0.1).duplicate(0.1).reorder(0.2);
    [a, b, c, d]
}

/// When each message of the link from `from` to `to` arrived, how long after it was sent; nothing where it was lost.
fn fates(recording: &Recording, from: u32, to: u32) -> Vec<Vec<Option<Duration>>> {
    let mut sent = BTreeMap::new();
    let mut fates: BTreeMap<u64, Vec<Option<Duration>>> = BTreeMap::new();
    for r in recording.iter().filter(|r| (r.a_high(), r.a_low()) == (from, to)) {
        match r.kind {
            Kind::Send => drop(sent.insert(r.b, r.at)),
            Kind::Deliver => fates.entry(r.b).or_default().push(Some(r.at - sent[&r.b])),
            Kind::Drop => fates.entry(r.b & ((1 << 56) - 1)).or_default().push(None),
            _ => {}
        }
    }
    fates.into_values().collect()
}

fn recording(seed: u64, plan: Option<Plan>) -> Recording {
    let config = SimConfig { seed: Seed(seed), record: true, plan, ..SimConfig::default() };
    let mut sim = Sim::with_config(config);
    two_pairs(&mut sim);
    sim.run();
    sim.recording().unwrap()
}

/// A plan that touches c and d alone.
fn plan_for_others(seed: u64) -> Plan {
    let key = Key::root(Seed(seed));
    Profile::swarm().every(Duration::from_millis(20)).draw(&key, &["c", "d"], Duration::from_millis(200)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn an_unrelated_fault_leaves_every_message_its_fate(seed: u64, plan: u64) {
        // Faults that are "everywhere" are not unrelated.
        let mut plan = plan_for_others(plan);
        plan.retain(|f| !f.what.processes().is_empty());
        let (with, without) = (recording(seed, Some(plan)), recording(seed, Some(Plan::new())));
        let all = fates(&without, 1, 0);
        prop_assert_eq!(all.len() as u64, MESSAGES);
        prop_assert_eq!(fates(&with, 1, 0), all);
    }

    #[test]
    fn dropping_one_fault_leaves_an_unrelated_link_alone(seed: u64, plan: u64, keep: prop::sample::Index) {
        let full = plan_for_others(plan);
        let mut fewer = full.clone();
        let Some(dropped) = full.iter().nth(keep.index(full.len().max(1))).map(|f| f.id.clone()) else { return Ok(()) };
        fewer.retain(|f| f.id != dropped && !f.what.processes().is_empty());
        let mut full = full;
        full.retain(|f| !f.what.processes().is_empty());
        prop_assert_eq!(fates(&recording(seed, Some(full)), 1, 0), fates(&recording(seed, Some(fewer)), 1, 0));
    }
}

#[test]
fn a_related_fault_does_change_fates() {
    // The property can fail: a fault of the link itself is seen.
    let plan: Plan = "f1 at 0.050s cut b -> a for 100ms\n".parse().unwrap();
    assert_ne!(fates(&recording(1, Some(plan)), 1, 0), fates(&recording(1, Some(Plan::new())), 1, 0));
}

/// Ten tasks of `p` that yield, in the order in which they ran; `others` tasks of another process do the same.
fn order(seed: u64, others: u32) -> Vec<u32> {
    let mut sim = Sim::with_config(SimConfig { seed: Seed(seed), record: true, ..SimConfig::default() });
    let yields = |tasks: u32| {
        move || async move {
            let spawned: Vec<_> = (0..tasks)
                .map(|n| {
                    tumult_sim::task::spawn(async move {
                        for _ in 0..20 {
                            process::note(n.to_string());
                            tumult_sim::task::yield_now().await;
                        }
                    })
                })
                .collect();
            for task in spawned {
                task.await.unwrap();
            }
        }
    };
    sim.primary("p", yields(10));
    if others > 0 {
        sim.primary("q", yields(others));
    }
    sim.run();
    let recording = sim.recording().unwrap();
    let notes = recording.iter().filter(|r| r.kind == Kind::Note && r.a_high() == 0);
    notes.map(|r| String::from_utf8_lossy(r.bytes).parse().unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_tasks_of_another_process_leave_each_wake_its_priority(seed: u64, others in 1_u32..8) {
        let alone = order(seed, 0);
        prop_assert_eq!(alone.len(), 200);
        prop_assert_eq!(order(seed, others), alone);
    }
}

#[test]
fn the_order_of_wakes_is_the_seeds() {
    assert_ne!(order(1, 0), order(2, 0));
}
