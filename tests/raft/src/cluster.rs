//! Five nodes and three clients, as processes of a simulation.

use std::time::Duration;

use tumult_sim::fault::{Condition, Fault, FaultKind, Profile};
use tumult_sim::net::Latency;
use tumult_sim::{Invariant, Key, Observed, Process, Sim, Time};

use crate::client::Client;
use crate::invariants::{INV_901, INV_902, INV_903, INV_904, INV_905, INV_906};
use crate::ledger::Ledger;
use crate::node::{COMMITTED, ELECTED, Settings, supervise};
use crate::plant::Plant;

/// How many nodes there are.
pub const NODES: u64 = 5;
const CLIENTS: u64 = 3;
/// When the last fault is over.
pub const QUIET: Duration = Duration::from_secs(12);
/// How long after that every client must have its answers: some elections, and a node that starts again.
const RECOVERY: Duration = Duration::from_secs(20);

/// What was declared.
#[derive(Debug)]
pub struct Cluster {
    /// `n1` to `n5`.
    pub nodes: Vec<Process>,
    /// `c1` to `c3`.
    pub clients: Vec<Process>,
    /// What the invariants are about.
    pub ledger: Observed<Ledger>,
}

/// What holds at all times.
pub const SAFETY: [Invariant<Ledger>; 5] = [INV_901, INV_902, INV_903, INV_904, INV_905];

/// Declares the group, its clients and its invariants.
pub fn install(sim: &mut Sim, plant: Plant) -> Cluster {
    install_checking(sim, plant, &SAFETY)
}

/// As [`install`], and only these of [`SAFETY`] are checked: to see what each of them notices on its own.
pub fn install_checking(sim: &mut Sim, plant: Plant, invariants: &[Invariant<Ledger>]) -> Cluster {
    let ledger = sim.observe("raft", Ledger::default());
    for invariant in invariants {
        sim.always(*invariant, &ledger);
    }
    let settings = Settings::drawn(sim.seed(), plant);
    let nodes = (1..=NODES).map(|id| {
        let ledger = ledger.clone();
        sim.process(&format!("n{id}"), move || supervise(id, settings, ledger.clone()))
    });
    let nodes: Vec<Process> = nodes.collect();
    if plant == Plant::Nothing {
        sim.at_end(INV_906, &ledger);
    } else {
        // raft-rs panics when it meets what its own rules exclude. That is not what is looked for here.
        for node in &nodes {
            sim.survives_panic(*node);
        }
    }
    let (quiet, deadline) = (Time::ZERO + QUIET, Time::ZERO + QUIET + RECOVERY);
    let clients = (1..=CLIENTS).map(|id| {
        let ledger = ledger.clone();
        sim.primary(&format!("c{id}"), move || Client::run(id, ledger.clone(), quiet, deadline))
    });
    let clients = clients.collect();
    sim.links().latency(Latency::exponential_ms(0.5, 1.0)).loss(0.02).duplicate(0.01).reorder(0.05);
    Cluster { nodes, clients, ledger }
}

/// Faults of these kinds, on the nodes and on everyone's packets: from each seed a swarm of some of them.
pub fn swarm_of(kinds: &[FaultKind]) -> Profile {
    let profile = Profile::swarm().only(kinds.iter().copied()).every(Duration::from_millis(400)).max_active(4);
    let profile = profile.lasting(Duration::from_millis(20), Duration::from_secs(4));
    (1..=CLIENTS).fold(profile, |profile, id| profile.spare(format!("c{id}")))
}

/// Faults where they hurt most: a leader is cut off from the other nodes, not from the clients, or ended, just when it
/// was elected (mostly) or has committed something (now and then).
pub fn hit_leaders(sim: &mut Sim, cluster: &Cluster) {
    let mut stream = Key::root(sim.seed()).child("hit leaders").stream();
    for node in &cluster.nodes {
        let others: Vec<Process> = cluster.nodes.iter().copied().filter(|other| other != node).collect();
        for (point, times) in [(ELECTED, 6), (COMMITTED, 20)] {
            for nth in 1..=times {
                let lasts = stream.duration(Duration::from_millis(50), Duration::from_millis(1500));
                let fault = match stream.below(if point == ELECTED { 5 } else { 15 }) {
                    0 | 1 => Fault::partition(&[&[*node], &others]),
                    2 => Fault::kill(*node),
                    3 => Fault::power_loss(*node),
                    _ => continue,
                };
                sim.on(Condition::point(point).by(*node).nth(nth), fault.lasting(lasts));
            }
        }
    }
}
