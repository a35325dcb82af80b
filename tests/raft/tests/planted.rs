//! A check that cannot fail is worth nothing: each planted defect is found, and named by what it violates, where the
//! same group without it passes.

use tumult_raft::cluster::QUIET;
use tumult_raft::{Plant, hit_leaders, install, swarm_of};
use tumult_sim::fault::FaultKind;
use tumult_sim::search::{Check, Search};
use tumult_sim::{Cause, Sim};

/// In so many seeds a defect has to show.
const SEEDS: u64 = 500;

fn hit(sim: &mut Sim, plant: Plant) {
    let cluster = install(sim, plant);
    hit_leaders(sim, &cluster);
    sim.draw_faults(swarm_of(&[FaultKind::Loss, FaultKind::Restart, FaultKind::PowerLoss]), QUIET);
    sim.run();
}

/// The invariant that is violated first.
#[track_caller]
fn violated(plant: Plant) -> &'static str {
    let search = |seeds| Search::new("planted").seeds(seeds).check(Check::Off);
    let found = search(SEEDS).run(|sim| hit(sim, plant));
    println!("{}", found.report().unwrap_or_default());
    let failure = found.failure().unwrap_or_else(|| panic!("{plant:?} is not found in {SEEDS} seeds"));
    let Cause::Violation { id, .. } = failure.cause else { panic!("{plant:?}: {failure}") };

    let seeds = found.case().expect("it failed") + 1;
    search(seeds).run(|sim| hit(sim, Plant::Nothing)).assert_held();
    id
}

#[test]
fn a_vote_that_is_not_on_the_disk_before_the_reply_elects_two() {
    assert_eq!(violated(Plant::VoteNotPersisted), "INV_901");
}

#[test]
fn an_entry_that_is_committed_for_its_majority_is_lost_all_the_same() {
    assert_eq!(violated(Plant::CommitsFormerTerms), "INV_903");
}

#[test]
fn a_read_that_asks_no_majority_is_stale() {
    assert_eq!(violated(Plant::ReadsWithoutIndex), "INV_905");
}
