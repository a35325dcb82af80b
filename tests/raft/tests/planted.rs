//! A check that cannot fail is worth nothing: each planted defect is found, and named by what it violates, where the
//! same group without it passes.
//!
//! A defect may violate more than one invariant, and which comes first differs from seed to seed; so each invariant is
//! checked alone.

use tumult_raft::cluster::QUIET;
use tumult_raft::invariants::{INV_901, INV_903, INV_904, INV_905};
use tumult_raft::ledger::Ledger;
use tumult_raft::{Plant, hit_leaders, install_checking, swarm_of};
use tumult_sim::fault::FaultKind;
use tumult_sim::search::{Check, Search};
use tumult_sim::{Invariant, Sim};

/// In so many seeds a defect has to show.
const SEEDS: u64 = 500;

fn hit(sim: &mut Sim, plant: Plant, invariant: Invariant<Ledger>) {
    let cluster = install_checking(sim, plant, &[invariant]);
    hit_leaders(sim, &cluster);
    sim.draw_faults(swarm_of(&[FaultKind::Loss, FaultKind::Restart, FaultKind::PowerLoss]), QUIET);
    sim.run();
}

/// The defect violates the invariant, in one of so many seeds; without the defect none of those does.
#[track_caller]
fn violates(plant: Plant, invariant: Invariant<Ledger>) {
    let search = |seeds| Search::new("planted").seeds(seeds).check(Check::Off);
    let found = search(SEEDS).run(|sim| hit(sim, plant, invariant));
    println!("{}", found.report().unwrap_or_default());
    let failure = found.failure().unwrap_or_else(|| panic!("{plant:?} is not found in {SEEDS} seeds"));
    assert_eq!(failure.invariant(), Some(invariant.info.id), "{failure}");

    let seeds = found.case().expect("it failed") + 1;
    search(seeds).run(|sim| hit(sim, Plant::Nothing, invariant)).assert_held();
}

#[test]
fn a_vote_that_is_not_on_the_disk_before_the_reply_elects_two() {
    violates(Plant::VoteNotPersisted, INV_901);
}

#[test]
fn two_leaders_of_a_term_make_two_histories() {
    violates(Plant::VoteNotPersisted, INV_904);
}

#[test]
fn an_entry_that_is_committed_for_its_majority_is_missing_from_a_later_leader() {
    violates(Plant::CommitsFormerTerms, INV_903);
}

#[test]
fn an_entry_that_is_committed_for_its_majority_is_overwritten() {
    violates(Plant::CommitsFormerTerms, INV_904);
}

#[test]
fn a_read_that_asks_no_majority_is_stale() {
    violates(Plant::ReadsWithoutIndex, INV_905);
}
