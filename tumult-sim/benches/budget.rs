//! Our side of the comparison: `cargo bench -p tumult-sim --bench budget [workload]` prints one line a workload, as the
//! peers do. A figure holds only against others of the same run.

#![expect(clippy::disallowed_methods, reason = "measures with the machine's clock, and reads its arguments")]

use std::time::Instant;

mod workloads;
use workloads::{
    BEATS, DEVICES, MESH_PACKETS, SEEDS, SLEEPERS, SLEEPS, STREAM_BYTES, idle, mesh, messages, messages_recorded,
    seeds, stream, timers,
};

fn wanted(workload: &str) -> bool {
    std::env::args().skip(1).find(|a| !a.starts_with('-')).is_none_or(|w| w == workload)
}

fn timed(workload: &str, run: impl Fn() -> u64) {
    let rates: Vec<(f64, u64, f64)> = (0..std::env::var("RUNS").map_or(5, |r| r.parse().unwrap()))
        .map(|_| {
            let start = Instant::now();
            let items = run();
            let s = start.elapsed().as_secs_f64();
            (items as f64 / s, items, s)
        })
        .collect();
    let best = rates.iter().copied().fold((0.0, 0, 0.0), |a, b| if b.0 > a.0 { b } else { a });
    println!("{:<12}{workload:<12}{:>12}{:>12.4} s{:>14.0} /s", "tumult", best.1, best.2, best.0);
}

fn main() {
    if wanted("pingpong") {
        timed("pingpong", || messages(1).packets());
    }
    if wanted("recorded") {
        timed("recorded", || messages_recorded(1).packets());
    }
    if wanted("timers") {
        timed("timers", || {
            timers(1);
            SLEEPERS * SLEEPS
        });
    }
    if wanted("idle") {
        timed("idle", || {
            idle(1);
            DEVICES * BEATS
        });
    }
    if wanted("stream") {
        timed("stream", || {
            stream(1);
            STREAM_BYTES as u64
        });
    }
    for (workload, jobs) in [("seeds", 1), ("seeds2", 2)] {
        if wanted(workload) {
            timed(workload, || seeds(SEEDS, jobs));
        }
    }
    for (workload, hosts) in [("mesh16", 16), ("mesh500", 500)] {
        if wanted(workload) {
            timed(workload, || mesh(1, hosts, MESH_PACKETS).events());
        }
    }
}
