//! Each class of faults, and all of them: five nodes run raft-rs, and everything that has to hold does.
//!
//! `cargo test -p tumult-raft` tries a hundred seeds of each, `TUMULT_SEEDS=1000 cargo test --release -p tumult-raft` a
//! thousand.

use tumult_raft::cluster::QUIET;
use tumult_raft::{Plant, hit_leaders, install, swarm_of};
use tumult_sim::Sim;
use tumult_sim::fault::FaultKind;
use tumult_sim::invariant::Catalogue;
use tumult_sim::search::Search;

const PROCESS: &[FaultKind] = &[FaultKind::Kill, FaultKind::Restart, FaultKind::Pause, FaultKind::PowerLoss];
const NETWORK: &[FaultKind] = &[
    FaultKind::Partition,
    FaultKind::Isolate,
    FaultKind::Cut,
    FaultKind::Hold,
    FaultKind::Loss,
    FaultKind::Duplicate,
    FaultKind::Reorder,
    FaultKind::Delay,
];
const CLOCK: &[FaultKind] = &[FaultKind::Clock, FaultKind::Drift];
const DISK: &[FaultKind] = &[
    FaultKind::DiskReadErrors,
    FaultKind::DiskWriteErrors,
    FaultKind::DiskSyncErrors,
    FaultKind::DiskFull,
    FaultKind::DiskSlow,
    FaultKind::DiskStall,
];
/// What is written and not synced is torn.
const POWER: &[FaultKind] = &[FaultKind::PowerLoss, FaultKind::DiskSlow, FaultKind::DiskSyncErrors];

fn under(sim: &mut Sim, kinds: &[FaultKind]) {
    install(sim, Plant::Nothing);
    sim.draw_faults(swarm_of(kinds), QUIET);
    sim.run();
}

#[tumult_sim::test(seeds = 20)]
fn without_faults_one_leader_leads(sim: &mut Sim) {
    let cluster = install(sim, Plant::Nothing);
    sim.run();
    let (terms, entries) = cluster.ledger.read(|l| (l.terms_led(), l.entries()));
    assert!(terms <= 2 && entries > 100, "{terms} terms, {entries} entries");
}

#[tumult_sim::test(seeds = 100)]
fn processes_end_and_stand_still(sim: &mut Sim) {
    under(sim, PROCESS);
}

#[tumult_sim::test(seeds = 100)]
fn the_network_fails(sim: &mut Sim) {
    under(sim, NETWORK);
}

#[tumult_sim::test(seeds = 100)]
fn clocks_jump_and_drift(sim: &mut Sim) {
    under(sim, CLOCK);
}

#[tumult_sim::test(seeds = 100)]
fn disks_fail(sim: &mut Sim) {
    under(sim, DISK);
}

#[tumult_sim::test(seeds = 100)]
fn unsynced_writes_are_torn(sim: &mut Sim) {
    under(sim, POWER);
}

#[tumult_sim::test(seeds = 100)]
fn everything_fails(sim: &mut Sim) {
    under(sim, &[PROCESS, NETWORK, CLOCK, DISK].concat());
}

#[tumult_sim::test(seeds = 100)]
fn leaders_are_hit_where_it_hurts(sim: &mut Sim) {
    let cluster = install(sim, Plant::Nothing);
    hit_leaders(sim, &cluster);
    sim.run();
}

/// A search in which nothing interesting happens proves nothing.
#[test]
fn what_is_worth_testing_happens() {
    let found = Search::new("what is worth testing").seeds(40).run(|sim| {
        let cluster = install(sim, Plant::Nothing);
        hit_leaders(sim, &cluster);
        sim.draw_faults(swarm_of(&[PROCESS, DISK].concat()), QUIET);
        sim.run();
    });
    found.assert_held();
    let gaps = found.coverage().gaps(&Catalogue::linked().expect("each site has a name of its own"));
    assert!(gaps.is_empty(), "never: {gaps:?}");
}
