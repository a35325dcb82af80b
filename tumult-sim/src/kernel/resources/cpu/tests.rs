//! The sharing of cores, against what can be computed by hand and against a simple model.

use proptest::prelude::*;

use super::*;
use crate::kernel::task::TaskId;

const A: ProcessId = ProcessId(0);
const B: ProcessId = ProcessId(1);
const S: Duration = Duration::from_secs(1);

fn at(ms: u64) -> Time {
    Time::from_nanos(ms * 1_000_000)
}

fn waiter(n: u64) -> Waiter {
    Waiter::Task(TaskId::from_bits(n))
}

fn begin(cpu: &mut Cpu, now: Time, process: ProcessId, work: Duration, n: u64) -> JobId {
    cpu.begin(now, process, work, waiter(n))
}

/// Runs until no job is done any more: when each was, by number.
fn run(cpu: &mut Cpu) -> Vec<(u64, u64)> {
    let mut all = vec![];
    while let Some(now) = cpu.next_at() {
        for (_, waiter) in cpu.finish(now) {
            let Some(Waiter::Task(id)) = waiter else { unreachable!() };
            all.push((now.as_nanos(), id.bits()));
        }
    }
    all
}

#[test]
fn alone_on_a_core_a_job_takes_what_it_asked_for() {
    let mut cpu = Cpu::new(2);
    begin(&mut cpu, at(5), A, S, 1);
    begin(&mut cpu, at(6), A, Duration::from_nanos(7), 2);
    assert_eq!(run(&mut cpu), [(6_000_007, 2), (1_005_000_000, 1)]);
    assert_eq!(cpu.used(at(2_000), A), S + Duration::from_nanos(7));
}

#[test]
fn jobs_share_the_cores_evenly_while_they_overlap() {
    let mut cpu = Cpu::new(1);
    begin(&mut cpu, at(0), A, S, 1);
    begin(&mut cpu, at(500), B, S, 2);
    // Half a second alone, then both at half speed until the first has its second half: at 1.5 s.
    assert_eq!(run(&mut cpu), [(1_500_000_000, 1), (2_000_000_000, 2)]);
    let mut cpu = Cpu::new(4);
    for n in 0..8 {
        begin(&mut cpu, at(0), A, S, n);
    }
    assert!(run(&mut cpu).iter().all(|(t, _)| *t == 2_000_000_000), "eight on four cores");
}

#[test]
fn what_is_stolen_is_missing_on_every_core() {
    let mut cpu = Cpu::new(4);
    cpu.steal(at(0), A, 950_000);
    begin(&mut cpu, at(0), A, S, 1);
    assert_eq!(run(&mut cpu), [(20_000_000_000, 1)], "one job, three idle cores, and still twenty times as long");
    assert_eq!(cpu.used(at(20_000), A), S, "what it used is what it asked for");
}

#[test]
fn a_theft_changes_what_is_left_and_no_more() {
    let mut cpu = Cpu::new(1);
    begin(&mut cpu, at(0), A, S, 1);
    cpu.steal(at(500), B, 900_000);
    assert_eq!(cpu.next_at(), Some(at(5_500)));
    cpu.steal(at(1_500), B, 0);
    assert_eq!(run(&mut cpu), [(1_900_000_000, 1)], "0.5 s, a tenth of a second, 0.4 s");
}

#[test]
fn of_two_thefts_the_greater_counts_and_the_other_stays() {
    let mut cpu = Cpu::new(1);
    cpu.steal(at(0), A, 500_000);
    cpu.steal(at(0), B, 900_000);
    begin(&mut cpu, at(0), A, S, 1);
    assert_eq!(cpu.next_at(), Some(at(10_000)));
    cpu.steal(at(0), B, 0);
    assert_eq!(cpu.next_at(), Some(at(2_000)));
}

#[test]
fn a_machine_that_is_stolen_whole_does_nothing() {
    let mut cpu = Cpu::new(4);
    cpu.steal(at(0), A, 1_000_000);
    begin(&mut cpu, at(0), A, S, 1);
    assert_eq!(cpu.next_at(), None);
    cpu.steal(at(9_000), A, 0);
    assert_eq!(cpu.next_at(), Some(at(10_000)));
}

#[test]
fn frozen_jobs_wait_and_leave_the_cores_to_others() {
    let mut cpu = Cpu::new(1);
    begin(&mut cpu, at(0), A, S, 1);
    begin(&mut cpu, at(0), B, S, 2);
    cpu.freeze(at(1_000), A, true);
    assert_eq!(cpu.next_at(), Some(at(1_500)), "the other is alone");
    assert_eq!(cpu.finish(at(1_500)).len(), 1);
    assert_eq!((cpu.next_at(), cpu.used(at(3_000), A)), (None, S / 2));
    cpu.freeze(at(3_000), A, false);
    assert_eq!(run(&mut cpu), [(3_500_000_000, 1)]);
}

#[test]
fn what_is_given_up_or_dead_loads_no_more_and_was_used_as_far_as_it_came() {
    let mut cpu = Cpu::new(1);
    let given_up = begin(&mut cpu, at(0), A, S, 1);
    begin(&mut cpu, at(0), A, S, 2);
    begin(&mut cpu, at(0), B, S, 3);
    assert!(cpu.cancel(at(300), given_up).is_some());
    assert!(cpu.cancel(at(300), given_up).is_none());
    assert_eq!(cpu.end(at(500), A).len(), 1, "the other of A");
    assert_eq!(cpu.used(at(500), A), Duration::from_millis(300));
    assert_eq!(run(&mut cpu), [(1_300_000_000, 3)]);
}

#[test]
fn utilization_is_what_runs_and_what_is_stolen() {
    let mut cpu = Cpu::new(4);
    assert!(cpu.utilization().abs() < 1e-9);
    begin(&mut cpu, at(0), A, S, 1);
    assert!((cpu.utilization() - 0.25).abs() < 1e-9);
    cpu.steal(at(0), A, 900_000);
    assert!((cpu.utilization() - 0.925).abs() < 1e-9);
}

proptest! {
    /// Jobs that begin at random against a model that goes on in steps of the smallest time between two changes.
    #[test]
    fn it_shares_as_a_fluid_would(
        cores in 1_u32..4,
        jobs in proptest::collection::vec((0_u64..1000, 1_u64..1000), 1..20),
    ) {
        let mut cpu = Cpu::new(cores);
        let mut arrivals: Vec<(u64, u64, u64)> = (0..).zip(&jobs).map(|(n, (t, w))| (*t, *w, n)).collect();
        arrivals.sort_unstable();
        // The model, in milliseconds as floating-point numbers.
        let (mut now, mut left, mut expected) = (0.0_f64, Vec::<(f64, u64)>::new(), vec![]);
        let mut rest = arrivals.iter().peekable();
        loop {
            let rate = (f64::from(cores) / left.len().max(1) as f64).min(1.0);
            let done = left.iter().map(|(l, _)| now + l / rate).fold(f64::INFINITY, f64::min);
            let next = rest.peek().map_or(f64::INFINITY, |a| a.0 as f64);
            if done.is_infinite() && next.is_infinite() {
                break;
            }
            let to = done.min(next);
            for (l, _) in &mut left {
                *l -= (to - now) * rate;
            }
            now = to;
            expected.extend(left.iter().filter(|(l, _)| *l < 1e-6).map(|(_, n)| (now, *n)));
            left.retain(|(l, _)| *l >= 1e-6);
            while let Some((_, work, n)) = rest.next_if(|a| a.0 as f64 <= now) {
                left.push((*work as f64, *n));
            }
        }
        let mut actual = vec![];
        let mut arrive = arrivals.iter().peekable();
        loop {
            let done = cpu.next_at();
            match arrive.peek() {
                Some((t, work, n)) if done.is_none_or(|d| at(*t) < d) => {
                    begin(&mut cpu, at(*t), A, Duration::from_millis(*work), *n);
                    arrive.next();
                }
                _ => {
                    let Some(t) = done else { break };
                    for (_, waiter) in cpu.finish(t) {
                        let Some(Waiter::Task(id)) = waiter else { unreachable!() };
                        actual.push((t.as_nanos() as f64 / 1e6, id.bits()));
                    }
                }
            }
        }
        expected.sort_by_key(|e| e.1);
        actual.sort_by_key(|e| e.1);
        prop_assert_eq!(actual.len(), expected.len());
        for (a, e) in actual.iter().zip(&expected) {
            prop_assert!(a.1 == e.1 && (a.0 - e.0).abs() < 1e-3, "{:?} {:?}", a, e);
        }
        let asked: u64 = jobs.iter().map(|j| j.1).sum();
        prop_assert_eq!(cpu.used(at(1_000_000), A), Duration::from_millis(asked), "no work is lost or made");
    }
}
