//! x
use tumult_raft::{Plant, install, swarm_of, cluster::QUIET};
use tumult_sim::{Sim, fault::FaultKind::*};
use tumult_sim::fault::FaultKind;

const PROCESS: &[FaultKind] = &[Kill, Restart, Pause, PowerLoss];
const NETWORK: &[FaultKind] = &[Partition, Isolate, Cut, Hold, Loss, Duplicate, Reorder, Delay];
const CLOCK: &[FaultKind] = &[Clock, Drift];
const DISK: &[FaultKind] = &[DiskReadErrors, DiskWriteErrors, DiskSyncErrors, DiskFull, DiskSlow, DiskStall, PowerLoss];

#[tumult_sim::test(seeds = 20)]
fn nothing_goes_wrong(sim: &mut Sim) {
    let c = install(sim, Plant::Nothing);
    let report = sim.run();
    if std::env::var("SHOW").is_ok() {
    println!("{:?} events {} polls {} packets {} terms {} entries {}", report.ended_at(), report.events(), report.polls(), report.packets(), c.ledger.read(|l| l.terms_led()), c.ledger.read(|l| l.entries()));
    }
}
#[tumult_sim::test(seeds = 100)]
fn everything(sim: &mut Sim) {
    let c = install(sim, Plant::Nothing);
    sim.draw_faults(swarm_of(&[PROCESS, NETWORK, CLOCK, DISK].concat()), QUIET);
    let report = sim.run();
    if std::env::var("SHOW").is_ok() {
    println!("{:?} events {} polls {} packets {} terms {} entries {}", report.ended_at(), report.events(), report.polls(), report.packets(), c.ledger.read(|l| l.terms_led()), c.ledger.read(|l| l.entries()));
    }
}
#[tumult_sim::test(seeds = 40)]
fn dbg(sim: &mut Sim) {
    let c = install(sim, Plant::Nothing);
    let s = sim.seed().0 & 7;
    let report = sim.run();
    let _ = report;
    println!("TERMS {} cq {} pv {} small {}", c.ledger.read(|l| l.terms_led()), s&1==0, s&2==0, s&4==0);
}
