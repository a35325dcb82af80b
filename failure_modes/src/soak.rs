//! The soak: the guarded queue under load and drawn faults for a long time, with all invariants on.
//!
//! Each `cargo test` runs an hour of it; the whole of it, 7 days and 1,000,000 jobs, runs with
//! `cargo test --release -p tumult-failure-modes soak -- --ignored --nocapture`. It is made of runs of some hours, each
//! with a seed and so with faults of its own: the store reads its whole log when it starts, and so do replicas, so what a
//! crash costs grows with all that was ever done.

#![expect(clippy::print_stdout, reason = "says what was run, and how fast")]
#![expect(clippy::disallowed_methods, reason = "measures how long it takes")]

use std::ops::Range;
use std::time::{Duration, Instant};

use tumult_invariants::{BacklogHistory, EffectLedger, EndHistory};
use tumult_models::job_queue::{Backoff, Breaker, Control, JobQueue, LeaseClock, Load, Renewal, RetryBudget};
use tumult_sim::Sim;
use tumult_sim::fault::{FaultKind, Profile};
use tumult_sim::time::sleep;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
/// Of the whole.
const HOURS: u32 = 7 * 24;
/// How many open jobs the store takes.
const ADMITTED: usize = 500;
const HOUR: Duration = Duration::from_secs(3600);
/// After the last fault, for what is still open.
const REST: Duration = Duration::from_secs(300);

/// How much of it.
#[derive(Clone, Copy, Debug)]
struct Soak {
    lasts: Duration,
    jobs: u32,
    /// How often a fault begins.
    fault_every: Duration,
}

const WHOLE: Soak =
    Soak { lasts: Duration::from_secs(7 * 24 * 3600), jobs: 1_000_000, fault_every: SECOND.saturating_mul(60) };

impl Soak {
    /// An n-th of it, as dense.
    fn part(self, n: u32) -> Self {
        Self { lasts: self.lasts / n, jobs: self.jobs / n, ..self }
    }
}

/// All policies at once.
fn guarded() -> JobQueue {
    JobQueue::new()
        .workers(["A", "B", "C"])
        .lease(2 * SECOND)
        .work(300 * MS)
        .outbox(true)
        .recorded_keys(true)
        .lease_clock(LeaseClock::Monotonic)
        .drift_margin(SECOND)
        .lease_check(true)
        .renewal(Renewal::ByStore)
        .hand_back(true)
        .replicas(["east", "west"])
        .backoff(Some(Backoff { first: 200 * MS, longest: 5 * SECOND }))
        .retry_budget(Some(RetryBudget { most: 3.0, ratio: 0.1 }))
        .breaker(Some(Breaker { failures: 3, rest: SECOND }))
        .admission(Some(ADMITTED))
        .control(Control::Priority)
        .heartbeats(500 * MS, 3 * SECOND)
}

/// What was run.
#[derive(Debug)]
struct Ran {
    jobs: usize,
    effects: usize,
    /// Jobs that have not ended: the load lasts to the end.
    open: usize,
    faults: usize,
    /// How often the store read its log.
    recoveries: u64,
    /// The most jobs that were open at once.
    longest: usize,
    events: u64,
}

/// Runs it in so many parts, and says what and how fast. All jobs that were accepted have ended by then but for the last
/// ones of each part, each with one effect.
fn holds(seeds: Range<u64>, part: Soak) {
    let begun = Instant::now();
    let (mut jobs, mut events, mut faults, mut recoveries) = (0, 0, 0, 0);
    let parts = seeds.end - seeds.start;
    for seed in seeds {
        let ran = run(seed, part);
        assert!(ran.jobs as f64 > 0.9 * f64::from(part.jobs), "seed {seed}: {ran:?}");
        assert!(ran.open <= 10 && ran.effects.abs_diff(ran.jobs) <= 10, "seed {seed}: {ran:?}");
        assert!(ran.faults > 0 && ran.longest < ADMITTED, "seed {seed}: {ran:?}");
        (jobs, events) = (jobs + ran.jobs, events + ran.events);
        (faults, recoveries) = (faults + ran.faults, recoveries + ran.recoveries);
    }
    // Not before the simulation has been dropped: in one, this clock is virtual.
    let wall = begun.elapsed().as_secs_f64();
    let rate = events as f64 / wall;
    println!(
        "{parts} times {:?}: {jobs} jobs, {faults} faults, {recoveries} recoveries of the store; {events} events in \
         {wall:.1} s, {rate:.0} a second",
        part.lasts
    );
}

fn run(seed: u64, soak: Soak) -> Ran {
    let mut sim = Sim::new(seed);
    sim.time_limit(soak.lasts + HOUR);
    let queue = guarded().install_in(&mut sim);
    let every = soak.lasts / soak.jobs;
    queue.load(&mut sim, "client", Load { every, patience: 10 * SECOND, tries: 1 });
    // Nobody here has checksums in messages, so none are damaged. And nobody starts a process again that has ended since
    // it could not open a socket.
    let profile = Profile::swarm().weight(FaultKind::Corrupt, 0).weight(FaultKind::DescriptorLimit, 0);
    let profile = profile.every(soak.fault_every).max_active(3).spare("client").spare("end");
    sim.draw_faults(profile, soak.lasts);
    sim.primary("end", move || sleep(soak.lasts + REST));
    let events = match sim.try_run() {
        Ok(report) => report.events(),
        Err(failure) => panic!("seed {seed}, at {}: {failure}", failure.at),
    };
    let seen = queue.observers();
    let (recoveries, open) = seen.work.read(|w| (w.recoveries(), w.jobs_open()));
    Ran {
        jobs: seen.ends.read(EndHistory::jobs_ended),
        effects: seen.effects.read(EffectLedger::len),
        open,
        faults: sim.plan().iter().count(),
        recoveries,
        longest: seen.backlog.read(|b: &BacklogHistory| b.longest("the store")),
        events,
    }
}

#[test]
fn an_hour_of_it_holds() {
    holds(1..2, WHOLE.part(HOURS));
}

#[test]
#[ignore = "takes minutes"]
fn a_day_in_one_piece_holds() {
    holds(1..2, WHOLE.part(7));
}

#[test]
#[ignore = "takes minutes"]
fn seven_days_of_it_hold() {
    let part = WHOLE.part(HOURS / 6);
    holds(1..u64::from(HOURS / 6) + 1, part);
}
