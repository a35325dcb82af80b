//! Threads that interleave where they allocate: a race between steps that make no call of libc.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use tumult_sim::Sim;
use tumult_sim::body::{Preempting, program};
use tumult_sim::trace::TraceHash;

#[global_allocator]
static ALLOCATOR: Preempting = Preempting;

/// Four threads that count to twenty each, by a read and a write with an allocation in between, or in one step.
fn counted(seed: u64, probability: f64, in_one_step: bool) -> (u32, TraceHash) {
    let mut sim = Sim::new(seed);
    if probability > 0.0 {
        sim.preempt_at_allocations(probability);
    }
    let main = sim.primary(
        "main",
        program(move || {
            let count: &'static AtomicU32 = Box::leak(Box::default());
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    thread::spawn(move || {
                        for _ in 0..20 {
                            if in_one_step {
                                count.fetch_add(1, Ordering::SeqCst);
                                continue;
                            }
                            let seen = count.load(Ordering::SeqCst);
                            let text = std::hint::black_box(format!("{seen}"));
                            count.store(text.parse::<u32>().unwrap() + 1, Ordering::SeqCst);
                        }
                    })
                })
                .collect();
            for thread in threads {
                thread.join().unwrap();
            }
            count.load(Ordering::SeqCst)
        }),
    );
    let report = sim.run();
    (*report.output::<u32>(main).unwrap(), report.trace())
}

#[test]
fn a_race_between_allocations_is_found_with_it_and_not_without() {
    assert!((0..20).all(|seed| counted(seed, 0.0, false).0 == 80), "no call of libc is between the steps");
    assert!((0..20).any(|seed| counted(seed, 0.2, false).0 < 80));
    assert!((0..20).all(|seed| counted(seed, 0.2, true).0 == 80), "what is one step is not torn");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    assert_eq!(counted(3, 0.2, false), counted(3, 0.2, false));
    assert_eq!(counted(3, 0.0, false).1, counted(3, 0.0, false).1);
}
