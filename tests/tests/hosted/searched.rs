//! Hosted bodies under a search: each seed in a process of its own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use tumult_sim::Sim;
use tumult_sim::body::program;

static RUNS: AtomicU32 = AtomicU32::new(0);

#[tumult_sim::test(seeds = 8)]
fn statics_are_pristine(sim: &mut Sim) {
    let main = sim.primary("main", program(|| RUNS.fetch_add(1, Ordering::Relaxed)));
    assert_eq!(sim.run().output::<u32>(main), Some(&0));
}

#[tumult_sim::test(seeds = 8)]
fn threads_interleave(sim: &mut Sim) {
    let main = sim.primary(
        "main",
        program(|| {
            let sum = Arc::new(Mutex::new(0));
            let threads: Vec<_> = (0..4)
                .map(|n| {
                    let sum = Arc::clone(&sum);
                    thread::spawn(move || *sum.lock().unwrap() += n)
                })
                .collect();
            threads.into_iter().for_each(|t| t.join().unwrap());
            *sum.lock().unwrap()
        }),
    );
    assert_eq!(sim.run().output::<i32>(main), Some(&6));
}
