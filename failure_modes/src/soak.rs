//! The soak: the guarded queue under load and drawn faults for a long time, with all invariants on.
//!
//! Each `cargo test` runs an hour of it; the whole of it, 7 days and 1,000,000 jobs, runs with
//! `cargo test --release -p tumult-failure-modes soak -- --ignored --nocapture`.

#![expect(clippy::print_stdout, reason = "says what was run, and how fast")]
#![expect(clippy::disallowed_methods, reason = "measures how long it takes")]

use std::time::{Duration, Instant};

use tumult_invariants::{BacklogHistory, EffectLedger, EndHistory};
use tumult_models::job_queue::{Backoff, Breaker, Control, JobQueue, LeaseClock, Load, Renewal, RetryBudget};
use tumult_sim::Sim;
use tumult_sim::fault::{FaultKind, Profile};
use tumult_sim::time::sleep;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
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
        .admission(Some(500))
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

/// Runs it, and says what and how fast. All jobs that were accepted have ended by then but for the last ones, each with
/// one effect.
fn holds(seed: u64, soak: Soak) {
    let begun = Instant::now();
    let ran = run(seed, soak);
    // Not before the simulation has been dropped: in one, this clock is virtual.
    let wall = begun.elapsed().as_secs_f64();
    println!("{soak:?}: {ran:?} in {wall:.1} s, {:.0} events/s", ran.events as f64 / wall);
    assert!(ran.jobs as f64 > 0.95 * f64::from(soak.jobs), "{ran:?}");
    assert!(ran.open <= 10 && ran.effects.abs_diff(ran.jobs) <= 10, "{ran:?}");
    assert!(ran.faults > 0 && ran.recoveries > 0 && ran.longest < 500, "{ran:?}");
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
    holds(1, WHOLE.part(7 * 24));
}

#[test]
#[ignore = "takes long"]
fn a_day_of_it_holds() {
    holds(1, WHOLE.part(7));
}

#[test]
#[ignore = "takes longer"]
fn seven_days_of_it_hold() {
    holds(1, WHOLE);
}
