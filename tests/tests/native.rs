//! Native code that asks the operating system for time and entropy in every common way, inside a simulation: the same
//! seed gives the same trace, in another thread, in another process, under every runner.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

#[path = "common/child.rs"]
mod child;

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use rand010::RngExt as _;
use tumult_sim::trace::TraceHash;
use tumult_sim::{Sim, process, time};

/// Leaves everything that it gets in the trace.
async fn asks_for_everything() {
    for round in 0..3 {
        let mut bytes = [[0; 8]; 3];
        getrandom02::getrandom(&mut bytes[0]).unwrap();
        getrandom03::fill(&mut bytes[1]).unwrap();
        getrandom04::fill(&mut bytes[2]).unwrap();
        process::note(format!("{bytes:?} {}", uuid::Uuid::new_v4()));
        let (old, new): (u64, u64) = (rand09::Rng::random(&mut rand09::rng()), rand010::rng().random());
        process::note(format!("{old} {new}"));
        let map: HashMap<u32, u32> = (0..50).map(|n| (n, round)).collect();
        process::note(format!("{:?}", map.keys().collect::<Vec<_>>()));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(1) {
            std::hint::spin_loop();
        }
        process::note(format!("{:?} {:?}", begun.elapsed(), SystemTime::now()));
        time::sleep(Duration::from_millis(7)).await;
        process::note(format!("{:?}", begun.elapsed()));
    }
}

fn declare(sim: &mut Sim) {
    sim.primary("a", asks_for_everything);
    sim.primary("b", asks_for_everything);
}

#[tumult_sim::test(seeds = 10)]
fn native_code_runs_the_same(sim: &mut Sim) {
    declare(sim);
    sim.run();
}

/// Every seed of the test above again, in its process and in a new one.
#[test]
fn every_seed_runs_the_same_in_another_process() {
    let (passed, text) = child::run("native_code_runs_the_same", &[("TUMULT_CHECK", "all")]);
    assert!(passed && text.contains("1 passed"), "{text}");
}

/// On a thread of its own, as each run of a search has one: std's hash keys and the generators of `rand` begin anew.
fn hash(seed: u64) -> TraceHash {
    let run = move || {
        let mut sim = Sim::new(seed);
        declare(&mut sim);
        sim.run().trace()
    };
    std::thread::spawn(run).join().unwrap()
}

#[test]
fn the_seed_decides_and_nothing_else() {
    let first = hash(1);
    // What another run or the machine itself draws in between moves nothing.
    assert_ne!(hash(2), first);
    let _: HashMap<u8, u8> = HashMap::new();
    let _: u64 = rand010::rng().random();
    assert_eq!(hash(1), first);
}
