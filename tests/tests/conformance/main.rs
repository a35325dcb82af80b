//! Conformance: one body, two arms. What a case observes in the simulation, for many seeds, with its peer in the same
//! process and in another, is what it observes with tokio and the files of this machine.

mod log;
mod real;
mod real_fs;
mod simulated;

use log::Log;
use simulated::Peer;

/// The seeds of the simulated arm.
const SEEDS: u64 = 20;

/// Where the peers of a group of cases may be.
const BOTH: &[Peer] = &[Peer::SameProcess, Peer::OtherProcess];
const ONE: &[Peer] = &[Peer::SameProcess];

/// What the second arm saw that the first did not, a line each.
fn difference(real: &Result<Log, String>, simulated: &Result<Log, String>) -> Option<String> {
    if real == simulated {
        return None;
    }
    let (Ok(real), Ok(simulated)) = (real, simulated) else {
        return Some(format!("    real      {real:?}\n    simulated {simulated:?}"));
    };
    let none = "(nothing)".to_owned();
    let lines = (0..real.len().max(simulated.len())).filter_map(|n| {
        let [a, b] = [real, simulated].map(|log| log.get(n).unwrap_or(&none));
        (a != b).then(|| format!("    real      {a}\n    simulated {b}"))
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// Runs each case on both arms; gives those in which they differ.
fn compare(
    real: &[real::rig::Case],
    simulated: &[simulated::rig::Case],
    peers: &[Peer],
    set: fn(&mut tumult_sim::Sim),
) -> Vec<String> {
    assert_eq!(real.len(), simulated.len());
    let mut found = vec![];
    for (a, b) in real.iter().zip(simulated) {
        assert_eq!(a.name, b.name);
        let expected = real::run(a);
        let runs = peers.iter().flat_map(|peer| (0..SEEDS).map(move |seed| (*peer, seed)));
        let first = runs.into_iter().find_map(|(peer, seed)| {
            let difference = difference(&expected, &simulated::run(b, seed, peer, set))?;
            Some(format!("  {} (seed {seed}, {peer:?})\n{difference}", a.name))
        });
        found.extend(first);
    }
    found
}

#[track_caller]
fn none(found: &[String]) {
    assert!(found.is_empty(), "{} cases differ:\n{}", found.len(), found.join("\n"));
}

/// A test for each file of cases.
macro_rules! groups {
    ($($name:ident: $peers:expr;)+) => {
        $(#[test]
        fn $name() {
            none(&compare(real::$name::CASES, simulated::$name::CASES, $peers, |_| {}));
        })+

        /// How many cases there are.
        const CASES: usize = 0 $(+ real::$name::CASES.len())+;
    };
}

groups! {
    tcp: BOTH;
    tcp_addresses: BOTH;
    tcp_ends: BOTH;
    tcp_resets: BOTH;
    timers: ONE;
    tasks: ONE;
    files: ONE;
    names: ONE;
}

#[test]
fn there_are_enough_cases() {
    assert!(CASES >= 60, "{CASES}");
}
