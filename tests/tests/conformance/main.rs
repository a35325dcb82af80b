//! Conformance: one body, two arms. What a case observes in the simulation, for many seeds, with its peer in the same
//! process and in another, is what it observes with tokio and the files of this machine.

#![expect(clippy::duplicate_mod, reason = "that one file is a case on each arm is what is tested")]

mod hosted;
mod log;
mod planted;
mod real;
mod real_fs;
mod simulated;

use std::net::Ipv4Addr;
use std::pin::Pin;

use log::Log;
use simulated::Peer;

/// One case: its name, and its body on one arm.
struct Case<Rig> {
    name: &'static str,
    body: fn(Rig) -> Pin<Box<dyn Future<Output = Log>>>,
}

/// What a case is given, as the arms make it.
trait Stage: Clone + 'static {
    /// With a peer on the loopback, and this directory.
    fn new(dir: &str) -> Self;

    /// The same, with the peer at another address.
    fn with_peer_at(self, ip: Ipv4Addr) -> Self;

    /// Is the peer, for ever.
    fn serve(self) -> impl Future<Output = ()> + 'static;
}

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
fn compare<Rig: Stage>(
    real: &[real::rig::Case],
    simulated: &[Case<Rig>],
    peers: &[Peer],
    set: fn(&mut tumult_sim::Sim),
) -> Vec<String> {
    assert_eq!(real.len(), simulated.len());
    let mut found = vec![];
    for (a, b) in real.iter().zip(simulated) {
        assert_eq!(a.name, b.name);
        let expected = real::run(a);
        assert!(expected.is_ok(), "{}: {expected:?}", a.name);
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

        /// The bodies of the real arm, unmodified, inside the simulation. Their peers are in the same process: what a
        /// runtime owns cannot be handed to another program's.
        mod unmodified {
            use super::{hosted, none, real};

            $(#[test]
            fn $name() {
                none(&hosted::compare(stringify!($name), real::$name::CASES));
            })+

            /// Planted: what the tests above run in a process of its own, since tokio keeps descriptors in statics.
            #[test]
            #[ignore = "run by the tests of this module"]
            fn in_a_process_of_its_own() {
                $(hosted::answer(stringify!($name), hosted::$name::CASES);)+
            }
        }

        /// How many cases each file has.
        const CASES: &[usize] = &[$(real::$name::CASES.len()),+];
    };
}

groups! {
    tcp: BOTH;
    tcp_addresses: BOTH;
    tcp_ends: BOTH;
    tcp_resets: BOTH;
    traits: BOTH;
    udp: BOTH;
    timers: ONE;
    tasks: ONE;
    files: ONE;
    names: ONE;
    hard_links: ONE;
}

#[test]
fn there_are_enough_cases() {
    let cases: usize = CASES.iter().sum();
    assert!(cases >= 60, "{cases}");
}

/// A check that cannot fail is no check: what a deviation in the simulated arm does.
mod deviations {
    use tumult_sim::net::TcpConfig;
    use tumult_sim::{Bytes, Sim};

    use super::{BOTH, compare, planted, real, simulated};

    /// The cases that tell it.
    fn found(by: &[String]) -> Vec<&str> {
        by.iter().map(|f| f.split_whitespace().next().unwrap()).collect()
    }

    #[test]
    fn a_reset_that_looks_like_the_end_is_found() {
        let by = compare(real::tcp_resets::CASES, planted::CASES, BOTH, |_| {});
        let by = found(&by);
        for case in ["read_after_reset", "drop_with_unread_data", "linger_of_zero", "accept_of_one_that_was_reset"] {
            assert!(by.contains(&case), "{case} did not find it: {by:?}");
        }
        assert!(!by.contains(&"write_after_the_peer_closed"), "no read is reset there: {by:?}");
    }

    #[test]
    fn datagrams_that_are_lost_are_found() {
        let lossy = |sim: &mut Sim| drop(sim.links().loss(0.2));
        let by = compare(real::udp::CASES, simulated::udp::CASES, BOTH, lossy);
        assert!(found(&by).contains(&"order_is_kept"), "{by:?}");
    }

    #[test]
    fn a_stream_that_is_slow_or_in_pieces_is_the_same_stream() {
        let rough = |sim: &mut Sim| {
            sim.tcp(TcpConfig::default().segment(Bytes(1460)).split(0.5));
            sim.links().duplicate(0.05);
        };
        super::none(&compare(real::tcp::CASES, simulated::tcp::CASES, BOTH, rough));
        super::none(&compare(real::tcp_ends::CASES, simulated::tcp_ends::CASES, BOTH, rough));
    }
}
