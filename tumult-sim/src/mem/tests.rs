//! Memory as processes see it: limits, who is killed, pressure, and what stays sound.

use std::time::Duration;

use crate::base::{Bytes, ProcessId};
use crate::fault::{Condition, Fault};
use crate::kernel::process::{Exit, State};
use crate::mem::{self, reserve, try_reserve};
use crate::process::incarnation;
use crate::sim::{Sim, SimConfig};
use crate::time::sleep;
use crate::trace::Kind;

const MS: Duration = Duration::from_millis(1);
const OOM: State = State::Ended(Exit::OutOfMemory);

fn mib(n: u64) -> Bytes {
    Bytes::mib(n)
}

/// A process that holds so much for ever.
fn holder(sim: &mut Sim, name: &str, held: u64) -> ProcessId {
    sim.process(name, move || async move {
        let _held = reserve(mib(held)).await;
        std::future::pending::<()>().await;
    })
}

fn run_to(sim: &mut Sim, ms: u32) -> Vec<State> {
    assert!(sim.advance_to(crate::Time::ZERO + MS * ms));
    let world = sim.inner().world.borrow();
    world.processes.iter().map(|(_, p)| p.state).collect()
}

#[test]
fn a_process_over_its_own_limit_is_killed_and_nothing_behind_runs() {
    let mut sim = Sim::with_config(SimConfig { record: true, ..SimConfig::default() });
    let leak = sim.process("leak", || async {
        let mut all = vec![];
        for _ in 0..100 {
            all.push(reserve(mib(10)).await);
            crate::process::note(format!("{} MiB", mem::used().0 >> 20));
            sleep(MS).await;
        }
    });
    sim.memory_limit(leak, mib(35));
    assert_eq!(run_to(&mut sim, 500), [OOM]);
    let recording = sim.recording().unwrap();
    let notes: Vec<_> = recording.iter().filter(|r| r.kind == Kind::Note).map(|r| r.bytes.to_vec()).collect();
    assert_eq!(notes, [b"10 MiB", b"20 MiB", b"30 MiB"]);
    let ends: Vec<_> = recording.iter().filter(|r| r.kind == Kind::Process).map(|r| (r.at.as_nanos(), r.b)).collect();
    assert_eq!(ends, [(0, 0), (3_000_000, 8)], "it starts, and is killed for want of memory");
}

#[test]
fn on_a_full_machine_who_holds_most_is_killed_whoever_asked() {
    let mut sim = Sim::new(1);
    let big = holder(&mut sim, "big", 80);
    let small = sim.process("small", || async {
        sleep(MS).await;
        let held = reserve(mib(30)).await;
        sleep(1000 * MS).await;
        drop(held);
        std::future::pending::<()>().await;
    });
    let bystander = sim.process("bystander", std::future::pending::<()>);
    sim.machine([big, small, bystander]).memory(mib(100));
    assert_eq!(run_to(&mut sim, 100), [OOM, State::Running, State::Running], "one that holds nothing is left alone");
}

#[test]
fn what_is_not_enough_is_refused_softly() {
    let mut sim = Sim::new(1);
    let p = sim.primary("p", || async {
        let mut held = try_reserve(mib(60)).unwrap();
        let refused = held.try_grow(mib(41)).unwrap_err();
        let message = refused.to_string();
        assert!(message.contains("reserve 42991616 bytes") && message.contains("41943040 are left"), "{message}");
        held.try_grow(mib(40)).unwrap();
        let full = (mem::used(), mem::available(), mem::limit(), mem::utilization());
        held.shrink(mib(90));
        assert_eq!((held.bytes(), mem::used()), (mib(10), mib(10)));
        drop(held);
        (full, mem::used())
    });
    sim.machine([p]).memory(mib(100));
    let report = sim.run();
    let out = report.output::<((Bytes, Bytes, Bytes, f64), Bytes)>(p).unwrap();
    assert_eq!((out.0.0, out.0.1, out.0.2, out.1), (mib(100), mib(0), mib(100), mib(0)));
    assert!((out.0.3 - 1.0).abs() < 1e-9);
}

#[test]
fn pressure_kills_who_holds_most_and_its_end_brings_it_back() {
    let mut sim = Sim::new(1);
    let (big, small) = (holder(&mut sim, "big", 60), holder(&mut sim, "small", 20));
    sim.machine([big, small]).memory(mib(100));
    sim.at(100 * MS, Fault::memory_pressure(small, 0.7).lasting(1000 * MS));
    assert_eq!(run_to(&mut sim, 500), [OOM, State::Running]);
    assert_eq!(run_to(&mut sim, 2000), [State::Running; 2]);
    assert!(sim.fault_outcomes()[0].is_met());
}

#[test]
fn pressure_never_touches_who_has_room_left() {
    let mut sim = Sim::new(1);
    let held = holder(&mut sim, "held", 20);
    let other = holder(&mut sim, "other", 90);
    let free = sim.process("free", std::future::pending::<()>);
    sim.machine([held, free]).memory(mib(100));
    sim.machine([other]).memory(mib(100));
    sim.at(100 * MS, Fault::memory_pressure(held, 0.8).lasting(1000 * MS));
    assert_eq!(run_to(&mut sim, 2000), [State::Running; 3]);
    assert!(!sim.fault_outcomes()[0].is_met(), "nobody asked for anything meanwhile");
}

#[test]
fn under_pressure_a_soft_request_is_refused_and_the_fault_is_met() {
    let mut sim = Sim::new(1);
    let p = sim.primary("p", || async {
        let before = try_reserve(mib(50)).is_ok();
        sleep(100 * MS).await;
        let during = try_reserve(mib(50)).is_ok();
        sleep(1000 * MS).await;
        (before, during, try_reserve(mib(50)).is_ok())
    });
    sim.machine([p]).memory(mib(100));
    sim.at(50 * MS, Fault::memory_pressure(p, 0.9).lasting(500 * MS));
    let report = sim.run();
    assert_eq!(report.output::<(bool, bool, bool)>(p), Some(&(true, false, true)));
    assert!(sim.fault_outcomes()[0].is_met());
}

#[test]
fn what_the_dead_held_is_free_and_a_new_life_begins_with_nothing() {
    let mut sim = Sim::new(1);
    let p = sim.primary("p", || async {
        let begun_with = mem::used();
        let held = reserve(mib(80)).await;
        sleep(100 * MS).await;
        drop(held);
        (incarnation().0, begun_with, mem::used())
    });
    sim.machine([p]).memory(mib(100));
    sim.at(50 * MS, Fault::restart(p));
    let report = sim.run();
    assert_eq!(report.output::<(u32, Bytes, Bytes)>(p), Some(&(1, mib(0), mib(0))));
    assert_eq!(report.memory_peak(p), mib(80));
}

#[test]
fn a_supervisor_waits_for_the_kill() {
    let mut sim = Sim::new(1);
    let p = sim.primary("p", || async {
        if incarnation().0 == 0 {
            let _all = reserve(mib(5000)).await;
        }
        incarnation().0
    });
    sim.on(Condition::point(mem::OUT_OF_MEMORY).by(p), Fault::restart(p));
    assert_eq!(sim.run().output::<u32>(p), Some(&1));
}
