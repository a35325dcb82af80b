//! CPU time as processes see it: contention, theft, pauses and ends.

use std::time::Duration;

use crate::base::ProcessId;
use crate::cpu::{self, work};
use crate::fault::Fault;
use crate::sim::Sim;
use crate::task::spawn;
use crate::time::{now, sleep, timeout};

const MS: Duration = Duration::from_millis(1);

/// How many milliseconds a job of 100 ms takes, in a process that does nothing else.
fn worker(sim: &mut Sim, name: &str) -> ProcessId {
    sim.primary(name, || async {
        let begun = now();
        work(100 * MS).await;
        (now() - begun).as_millis()
    })
}

fn took(sim: &mut Sim, workers: &[ProcessId]) -> Vec<u128> {
    let report = sim.run();
    workers.iter().map(|p| *report.output::<u128>(*p).unwrap()).collect()
}

#[test]
fn theft_of_95_percent_slows_work_twentyfold() {
    let mut sim = Sim::new(1);
    let (a, b) = (worker(&mut sim, "a"), worker(&mut sim, "b"));
    sim.fault(Fault::steal_cpu(a, 0.95));
    assert_eq!(took(&mut sim, &[a, b]), [2000, 100], "the other one's machine is another");
}

#[test]
fn theft_ends_when_it_is_healed_and_loses_no_work() {
    let mut sim = Sim::new(1);
    let a = worker(&mut sim, "a");
    sim.at(50 * MS, Fault::steal_cpu(a, 1.0).lasting(Duration::from_secs(1)));
    assert_eq!(took(&mut sim, &[a]), [1100]);
}

#[test]
fn theft_never_touches_what_does_not_work() {
    let run = |stolen: bool| {
        let mut sim = Sim::new(1);
        let a = sim.primary("a", || async {
            sleep(100 * MS).await;
            now().as_nanos()
        });
        if stolen {
            sim.fault(Fault::steal_cpu(a, 0.99));
        }
        *sim.run().output::<u64>(a).unwrap()
    };
    assert_eq!(run(false), run(true));
}

#[test]
fn processes_of_one_machine_compete_for_its_cores() {
    let mut sim = Sim::new(1);
    let all = ["a", "b", "c"].map(|name| worker(&mut sim, name));
    sim.machine(all).cores(1);
    assert_eq!(took(&mut sim, &all), [300; 3]);
    let mut sim = Sim::new(1);
    let all = ["a", "b", "c"].map(|name| worker(&mut sim, name));
    assert_eq!(took(&mut sim, &all), [100; 3], "each on its own");
}

#[test]
fn tasks_of_one_process_share_its_four_cores() {
    let mut sim = Sim::new(1);
    let a = sim.primary("a", || async {
        let tasks: Vec<_> = (0..8).map(|_| spawn(work(100 * MS))).collect();
        sleep(MS).await;
        let seen = (cpu::cores(), cpu::running(), cpu::utilization());
        for task in tasks {
            task.await.unwrap();
        }
        (seen, now().as_nanos() / 1_000_000, cpu::used())
    });
    let report = sim.run();
    let out = report.output::<((u32, usize, f64), u64, Duration)>(a).unwrap();
    assert_eq!((out.0.0, out.0.1, out.1, out.2), (4, 8, 200, 800 * MS));
    assert!((out.0.2 - 1.0).abs() < 1e-9);
}

#[test]
fn a_pause_freezes_work_and_a_neighbour_goes_on_faster() {
    let mut sim = Sim::new(1);
    let all = ["a", "b"].map(|name| worker(&mut sim, name));
    sim.machine(all).cores(1);
    sim.at(100 * MS, Fault::pause(all[0]).lasting(Duration::from_secs(1)));
    assert_eq!(took(&mut sim, &all), [1150, 150]);
}

#[test]
fn the_work_of_the_dead_and_what_is_given_up_loads_no_more() {
    let mut sim = Sim::new(1);
    let dead = sim.process("dead", || work(Duration::from_secs(9)));
    let fickle = sim.process("fickle", || async {
        let _ = timeout(100 * MS, work(Duration::from_secs(9))).await;
    });
    let a = sim.primary("a", || async {
        work(100 * MS).await;
        now().as_nanos() / 1_000_000
    });
    sim.machine([dead, fickle, a]).cores(1);
    sim.at(60 * MS, Fault::kill(dead));
    // A third until 60 ms, half until 100 ms, all of it from then on.
    assert_eq!(sim.run().output(a), Some(&160_u64));
}

#[test]
fn a_process_that_starts_again_begins_its_work_anew() {
    let mut sim = Sim::new(1);
    let a = worker(&mut sim, "a");
    sim.at(50 * MS, Fault::restart(a));
    let report = sim.run();
    assert_eq!((report.output::<u128>(a), report.ended_at().as_nanos()), (Some(&100), 150_000_000));
    assert_eq!(report.cpu_time(a), 150 * MS, "what was lost was used all the same");
}

#[test]
#[should_panic(expected = "`a` on a machine: it is on one already")]
fn a_process_is_on_one_machine() {
    let mut sim = Sim::new(1);
    let a = worker(&mut sim, "a");
    sim.machine([a]);
    sim.machine([a]);
}
