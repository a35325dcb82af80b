//! Unmodified programs: two workers add to a counter in a store, each while it has the lease of a lock service.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tumult_sim::body::program;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::programs::{Lines, Pace, number, serve};
use crate::storm::{LINKS, PAUSE, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "unfenced_lease",
    what: "a store takes what the holder of an expired lease writes: it does not compare the lease's number",
    invariant: "INV_727",
    roles: &["locks", "store", "worker"],
    cause: Cause { plan: "f1 at 1.000s pause worker1 for 1.200s", processes: 4, operations: 2 },
    storm: Storm {
        kinds: &[PAUSE, LINKS],
        every_ms: 900,
        lasts_ms: (50, 1_200),
        horizon_ms: 4_000,
        spares: &["locks", "store"],
    },
    system,
};

const LEASE: Duration = Duration::from_millis(300);

/// What a worker does with the value takes so long.
const WORK: Duration = Duration::from_millis(25);

#[derive(Default)]
struct Counter {
    stored: u64,
    acknowledged: u64,
}

/// What was acknowledged is counted.
#[invariant(id = "INV_727")]
fn all_are_counted(counter: &Counter) -> Verdict {
    if counter.stored >= counter.acknowledged {
        return Verdict::Holds;
    }
    violated!("{} were acknowledged, and the counter is {}", counter.acknowledged, counter.stored)
}

fn system(sim: &mut Sim, fixed: bool) {
    let counter = sim.observe("counter", Counter::default());
    sim.at_end(INV_727, &counter);
    sim.process("locks", program(|| serve(Mutex::new((0, None)), lend)));
    let seen = counter.clone();
    sim.process("store", program(move || store(seen.clone(), fixed)));
    for name in ["worker1", "worker2"] {
        let counter = counter.clone();
        sim.primary(name, program(move || worker(&counter)));
    }
}

/// `take`: the number of a new lease, 0 while another has one; `free N`: it is not needed any more.
fn lend(lease: &Mutex<(u64, Option<Instant>)>, line: &str) -> io::Result<String> {
    let mut lease = lease.lock().unwrap_or_else(PoisonError::into_inner);
    let (last, until) = *lease;
    if line == "take" {
        if until.is_some_and(|until| Instant::now() < until) {
            return Ok("0".into());
        }
        *lease = (last + 1, Some(Instant::now() + LEASE));
    } else if number(line, 1)? == last {
        lease.1 = None;
    }
    Ok(lease.0.to_string())
}

/// `get LEASE`: the value; `set LEASE VALUE`: whether it was taken.
fn store(seen: Observed<Counter>, fixed: bool) -> io::Result<()> {
    serve(Mutex::new((0_u64, 0_u64, seen)), move |state, line| {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (value, newest, _) = *state;
        let lease = number(line, 1)?;
        if fixed && lease < newest {
            return Ok("refused".into());
        }
        state.1 = newest.max(lease);
        let Ok(new) = number(line, 2) else { return Ok(value.to_string()) };
        state.0 = new;
        state.2.update(|counter| counter.stored = new);
        Ok("taken".into())
    })
}

fn worker(counter: &Observed<Counter>) {
    let (mut locks, mut store) = (Lines::to("locks", 100), Lines::to("store", 200));
    let mut pace = Pace::start();
    for _ in 0..4 {
        pace.rest(300, 1_500);
        let Some(lease) = take(&mut locks) else { continue };
        if add(&mut store, lease).is_ok_and(|taken| taken) {
            counter.update(|counter| counter.acknowledged += 1);
        }
        // Where nobody hears it, it expires.
        let _ = locks.ask(&format!("free {lease}"));
    }
}

fn take(locks: &mut Lines) -> Option<u64> {
    for _ in 0..10 {
        match locks.ask("take").and_then(|line| number(&line, 0)) {
            Ok(0) | Err(_) => thread::sleep(Duration::from_millis(50)),
            Ok(lease) => return Some(lease),
        }
    }
    None
}

/// Whether it was added, as far as is known.
fn add(store: &mut Lines, lease: u64) -> io::Result<bool> {
    let value = number(&store.ask(&format!("get {lease}"))?, 0)?;
    thread::sleep(WORK);
    Ok(store.ask(&format!("set {lease} {}", value + 1))? == "taken")
}
