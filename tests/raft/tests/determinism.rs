//! One seed, one trace, in every process: raft-rs draws its election timeouts from `rand`'s thread generator, and its
//! maps are hash maps, and neither shows.

use std::process::Command;

use tumult_raft::cluster::QUIET;
use tumult_raft::{Plant, hit_leaders, install, swarm_of};
use tumult_sim::Sim;
use tumult_sim::fault::FaultKind;

#[tumult_sim::test(seeds = 4)]
fn a_run(sim: &mut Sim) {
    let cluster = install(sim, Plant::Nothing);
    hit_leaders(sim, &cluster);
    sim.draw_faults(swarm_of(&[FaultKind::Kill, FaultKind::PowerLoss, FaultKind::Reorder, FaultKind::Drift]), QUIET);
    sim.run();
}

/// Every seed runs again in its process and in a new one, with other addresses, and the hashes are compared.
#[test]
fn every_seed_runs_the_same_in_every_process() {
    let mut command = Command::new(std::env::current_exe().expect("this test runs"));
    command.args(["--exact", "a_run", "--nocapture"]);
    for name in ["TUMULT_SEED", "TUMULT_REPLAY", "TUMULT_SHARD"] {
        command.env_remove(name);
    }
    let output = command.envs([("TUMULT_CHECK", "all"), ("TUMULT_SEEDS", "10")]).output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
