//! What is said of each defect is so: it is found, the right version holds, and the known cause is needed in full.

use std::collections::BTreeSet;

use tumult_defects::measure::seed;
use tumult_defects::{ALL, Defect, Draw};
use tumult_sim::fault::Plan;
use tumult_sim::invariant::Catalogue;
use tumult_sim::{Schedule, Seed};

/// A failing seed of each, found by a search of swarms: `measure --known` prints them anew.
const KNOWN: &str = include_str!("known.txt");

/// How many seeds the right versions have to hold for; `TUMULT_SEEDS` says otherwise.
fn seeds(usual: u64) -> u64 {
    std::env::var("TUMULT_SEEDS").map_or(usual, |n| n.parse().expect("TUMULT_SEEDS is a number"))
}

fn known(defect: &Defect) -> Seed {
    let line = KNOWN.lines().find_map(|line| line.strip_prefix(defect.name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("known.txt has no seed of {}", defect.name)).parse().expect("a seed")
}

/// Does it for all defects, and says of all what is wrong.
fn for_each(check: impl Fn(&Defect) -> Result<(), String> + Sync) {
    let flaws: Vec<String> = std::thread::scope(|scope| {
        let halves = ALL.chunks(ALL.len().div_ceil(2));
        let check = &check;
        let check = |defects: &'static [Defect]| -> Vec<String> {
            defects.iter().filter_map(|d| check(d).err().map(|why| format!("{}: {why}", d.name))).collect()
        };
        let workers: Vec<_> = halves.map(|half| scope.spawn(move || check(half))).collect();
        workers.into_iter().flat_map(|w| w.join().expect("it gives its flaws")).collect()
    });
    assert!(flaws.is_empty(), "{}", flaws.join("\n"));
}

#[test]
fn each_is_found_by_its_invariant_and_the_right_version_holds_for_that_seed() {
    for_each(|defect| {
        let run = |fixed| defect.try_seed(known(defect), fixed, Draw::Swarm, Schedule::Random).0;
        match run(false) {
            Some(failure) if failure.invariant() == Some(defect.invariant) => {}
            Some(failure) => return Err(format!("the known seed fails by something else: {failure}")),
            None => return Err("the known seed holds".into()),
        }
        run(true).map_or(Ok(()), |failure| Err(format!("the right version fails for the known seed: {failure}")))
    });
}

#[test]
fn the_right_versions_hold() {
    let many = seeds(200);
    for_each(|defect| {
        for draw in [Draw::All, Draw::Swarm] {
            for n in 0..many {
                if let Some(failure) = defect.try_seed(seed(1, n), true, draw, Schedule::Random).0 {
                    return Err(format!("the right version fails for {} ({draw:?}): {failure}", seed(1, n)));
                }
            }
        }
        Ok(())
    });
}

/// Without this, a right version might hold since it does nothing.
#[test]
fn the_known_cause_fails_and_without_any_of_its_faults_nothing_does() {
    for_each(|defect| {
        let fails = |plan: &Plan| (0..2_000).find_map(|n| Some((n, defect.try_plan(seed(2, n), false, plan)?)));
        let plan = defect.cause.faults();
        match fails(&plan) {
            None => return Err("no seed fails with the known cause".into()),
            Some((_, failure)) if failure.invariant() == Some(defect.invariant) => {}
            Some((n, failure)) => return Err(format!("seed {n} fails by something else: {failure}")),
        }
        for left_out in &plan {
            let mut less = plan.clone();
            less.retain(|fault| fault.id != left_out.id);
            if let Some((n, failure)) = fails(&less) {
                return Err(format!("seed {n} fails without {}: {failure}", left_out.id));
            }
        }
        Ok(())
    });
}

#[test]
fn names_and_invariants_are_each_one_s_own() {
    let mut seen = BTreeSet::new();
    for (number, defect) in (701..).zip(ALL) {
        assert_eq!(defect.invariant, format!("INV_{number}"), "{}", defect.name);
        assert!(seen.insert(defect.name), "{} is there twice", defect.name);
        let mut sim = tumult_sim::Sim::new(1);
        defect.install(&mut sim, false);
        let checked: Vec<&str> = sim.invariants().iter().map(|info| info.id).collect();
        assert_eq!(checked, [defect.invariant], "{}", defect.name);
        for process in sim.processes() {
            let name = sim.name(process);
            let role = name.trim_end_matches(|c: char| c.is_ascii_digit());
            assert!(defect.roles.contains(&role), "{}: {name} has no role", defect.name);
        }
    }
    assert!(Catalogue::linked().is_ok());
}
