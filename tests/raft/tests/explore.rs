//! x
use tumult_raft::{Plant, install, swarm_of, cluster::QUIET};
use tumult_sim::{Sim, Cause, fault::FaultKind::*};
use tumult_sim::fault::FaultKind;
use std::collections::BTreeMap;
const PROCESS: &[FaultKind] = &[Kill, Restart, Pause, PowerLoss];
const NETWORK: &[FaultKind] = &[Partition, Isolate, Cut, Hold, Loss, Duplicate, Reorder, Delay];
const CLOCK: &[FaultKind] = &[Clock, Drift];
const DISK: &[FaultKind] = &[DiskReadErrors, DiskWriteErrors, DiskSyncErrors, DiskFull, DiskSlow, DiskStall, PowerLoss];
#[test]
fn explore() {
    let n: u64 = std::env::var("N").map_or(200, |n| n.parse().unwrap());
    for plant in [Plant::Nothing, Plant::VoteNotPersisted, Plant::CommitsFormerTerms, Plant::ReadsWithoutIndex] {
        for (name, kinds) in [("lead", vec![]), ("leadn", NETWORK.to_vec()), ("leadp", PROCESS.to_vec()), ("all", [PROCESS, NETWORK, CLOCK, DISK].concat()), ("pn", [PROCESS, NETWORK].concat()), ("p", PROCESS.to_vec()), ("n", NETWORK.to_vec()), ("c", CLOCK.to_vec()), ("d", DISK.to_vec())] {
            let begin = std::time::Instant::now();
            let mut hits: BTreeMap<String, (u64, u64)> = BTreeMap::new();
            let mut terms = 0;
            for seed in 0..n {
                let kinds = kinds.clone(); let lead = name.starts_with("lead");
                let (what, t) = std::thread::spawn(move || {
                    let mut sim = Sim::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                    let c = install(&mut sim, plant);
                    if lead { tumult_raft::hit_leaders(&mut sim, &c); }
                    if !kinds.is_empty() { sim.draw_faults(swarm_of(&kinds), QUIET); }
                    let r = sim.try_run();
                    let t = c.ledger.read(|l| l.terms_led());
                    (match r { Ok(_) => "ok".into(), Err(f) => match &f.cause { Cause::Violation { id, .. } => id.to_string(), o => format!("{o:?}").chars().take(150).collect() } }, t)
                }).join().unwrap();
                terms += t;
                let e = hits.entry(what).or_insert((0, seed));
                e.0 += 1;
            }
            println!("{plant:?} {name}: {hits:?} terms/run {:.1} {:.1} ms/run", terms as f64 / n as f64, begin.elapsed().as_secs_f64() * 1000.0 / n as f64);
        }
    }
}
