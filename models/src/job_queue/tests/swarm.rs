//! Everything that goes wrong, drawn, while all that the store and its workers can do is done.

use tumult_sim::fault::{FaultKind, Profile};

use super::super::{LeaseClock, Renewal};
use super::*;

const JOBS: u32 = 40;

/// No keys at the ledger: what keeps effects from being done twice is the outbox, with fencing and recorded keys.
fn guarded() -> JobQueue {
    JobQueue::new()
        .lease(2 * S)
        .work(300 * MS)
        .idempotent_commit(false)
        .outbox(true)
        .recorded_keys(true)
        .lease_clock(LeaseClock::Monotonic)
        .drift_margin(S)
        .lease_check(true)
        .renewal(Renewal::ByStore)
        .hand_back(true)
        .replicas(["east", "west"])
}

#[tumult_sim::test(seeds = 60)]
fn each_effect_is_done_once_and_each_job_ends(sim: &mut Sim) {
    sim.time_limit(3600 * S);
    let handle = guarded().install_in(sim);
    // Nobody here has checksums in messages, so none are damaged. And nobody starts a process again that has ended since
    // it could not open a socket.
    let profile = Profile::swarm().weight(FaultKind::Corrupt, 0).weight(FaultKind::DescriptorLimit, 0);
    sim.draw_faults(profile.every(3 * S).max_active(5).spare("client").spare("end"), 60 * S);
    handle.submit(sim, "client", 100 * MS, JOBS);
    wait(sim, 150 * S);
    sim.run();
    let seen = handle.observers();
    assert_eq!(seen.effects.read(tumult_invariants::EffectLedger::len), JOBS as usize);
    assert_eq!(seen.work.read(tumult_invariants::WorkHistory::jobs_open), 0);
    let [east, west] = seen.replicas.read(|r| ["east", "west"].map(|name| r.seen(name)));
    assert_eq!(east, west);
}
