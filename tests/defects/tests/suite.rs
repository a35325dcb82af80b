//! What is said of each defect is so: it is found, the right version holds, and the known cause is needed in full.

use std::collections::BTreeSet;

use tumult_defects::measure::seed;
use tumult_defects::{ALL, Defect, Draw};
use tumult_sim::fault::Plan;
use tumult_sim::invariant::Catalogue;
use tumult_sim::{Failure, Schedule, Seed};

/// Failing seeds of each, found by a search of swarms: `measure --known` prints them anew.
const KNOWN: &str = include_str!("known.txt");

/// How many seeds the right versions have to hold for; `TUMULT_SEEDS` says otherwise.
fn seeds(usual: u64) -> u64 {
    std::env::var("TUMULT_SEEDS").map_or(usual, |n| n.parse().expect("TUMULT_SEEDS is a number"))
}

fn known(defect: &Defect) -> Vec<Seed> {
    let line = KNOWN.lines().find_map(|line| line.strip_prefix(defect.name)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("known.txt has no seed of {}", defect.name));
    line.split(' ').map(|seed| seed.parse().expect("a seed")).collect()
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

/// Whether it fails as it should; an error when it does in another way.
fn fails(defect: &Defect, failure: Option<Failure>) -> Result<bool, String> {
    match failure {
        Some(failure) if failure.invariant() == Some(defect.invariant) => Ok(true),
        Some(failure) => Err(format!("it fails by something else: {failure}")),
        None => Ok(false),
    }
}

#[test]
fn each_is_found_by_its_invariant_and_the_right_version_holds_for_that_seed() {
    for_each(|defect| {
        for seed in known(defect) {
            let run = |fixed| defect.try_seed(seed, fixed, Draw::Swarm, Schedule::Random).0;
            if !fails(defect, run(false))? {
                return Err(format!("the known seed {seed} holds"));
            }
            if let Some(failure) = run(true) {
                return Err(format!("the right version fails for the known seed {seed}: {failure}"));
            }
        }
        Ok(())
    });
}

#[test]
fn no_failing_plan_can_be_made_smaller_than_the_known_cause() {
    for_each(|defect| {
        for seed in known(defect) {
            let plan = shrunk(defect, seed)?;
            if plan.len() < defect.cause.faults().len() {
                return Err(format!("seed {seed} fails with less than the known cause:\n{plan}"));
            }
        }
        Ok(())
    });
}

/// The faults of a failing seed without those that it fails without.
fn shrunk(defect: &Defect, seed: Seed) -> Result<Plan, String> {
    let mut plan = defect.try_seed(seed, false, Draw::Swarm, Schedule::Random).1;
    loop {
        let mut smaller = None;
        for left_out in &plan {
            let less = without(&plan, &left_out.id);
            if fails(defect, defect.try_plan(seed, false, &less))? {
                smaller = Some(less);
                break;
            }
        }
        match smaller {
            Some(less) => plan = less,
            None => return Ok(plan),
        }
    }
}

fn without(plan: &Plan, id: &str) -> Plan {
    let mut less = plan.clone();
    less.retain(|fault| fault.id != id);
    less
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

#[test]
fn the_known_cause_fails_and_without_any_of_its_faults_nothing_does() {
    for_each(|defect| {
        let first = |plan: &Plan| -> Result<Option<Seed>, String> {
            for seed in (0..2_000).map(|n| seed(2, n)) {
                if fails(defect, defect.try_plan(seed, false, plan))? {
                    return Ok(Some(seed));
                }
            }
            Ok(None)
        };
        let plan = defect.cause.faults();
        if first(&plan)?.is_none() {
            return Err("no seed fails with the known cause".into());
        }
        for left_out in &plan {
            if let Some(seed) = first(&without(&plan, &left_out.id))? {
                return Err(format!("seed {seed} fails without {}", left_out.id));
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
