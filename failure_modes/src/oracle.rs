//! The metastability oracle: a system under load, a trigger that is removed, and goodput before, during and after it.

use std::fmt::Debug;
use std::time::Duration;

use tumult_invariants::Goodput;
use tumult_models::job_queue::Handle;
use tumult_sim::fault::Fault;
use tumult_sim::time::sleep;
use tumult_sim::{Cause, Failure, Sim, Time};

/// Load begins with the run, and is looked at from here on.
const WARM: Duration = Duration::from_secs(2);
const SECOND: Duration = Duration::from_secs(1);

/// What happens when, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Course {
    /// When the trigger begins.
    pub(crate) begins: u64,
    /// How long it lasts.
    pub(crate) lasts: Duration,
    /// How long after that goodput has to be back.
    pub(crate) within: u64,
    /// When the run ends.
    pub(crate) ends: u64,
}

impl Course {
    pub(crate) fn within(&self) -> Duration {
        Duration::from_secs(self.within)
    }
}

/// What a system did in a course.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    pub(crate) goodput: Goodput,
    /// Goodput in each second.
    pub(crate) seconds: Vec<f64>,
}

/// Runs the system through the course. It is held to no bounds: a violation would end the run, and what comes after it is
/// what is looked for.
///
/// # Panics
/// When the run fails, also by an invariant that has no bounds.
pub(crate) fn course(
    seed: u64,
    course: Course,
    system: impl Fn(&mut Sim) -> Handle,
    trigger: impl Fn(&Handle, Duration) -> Vec<Fault>,
) -> Ran {
    try_course(seed, course, system, trigger).unwrap_or_else(|failure| panic!("seed {seed}: {failure}"))
}

/// As [`course`], where the run may fail.
pub(crate) fn try_course(
    seed: u64,
    course: Course,
    system: impl Fn(&mut Sim) -> Handle,
    trigger: impl Fn(&Handle, Duration) -> Vec<Fault>,
) -> Result<Ran, Failure> {
    let mut sim = Sim::new(seed);
    let queue = system(&mut sim);
    let (begins, ends) = (Duration::from_secs(course.begins), Duration::from_secs(course.ends));
    for fault in trigger(&queue, begins) {
        sim.fault(fault);
    }
    sim.primary("end", move || sleep(ends));
    sim.try_run()?;
    let at = |d: Duration| Time::ZERO + d;
    let around = (at(begins), at(begins + course.lasts));
    Ok(queue.observers().goodput.read(|g| Ran {
        goodput: g.around(at(WARM), around, course.within(), at(ends)),
        seconds: (0..course.ends).map(Duration::from_secs).map(|s| g.rate(at(s), at(s + SECOND))).collect(),
    }))
}

/// Fails unless goodput stays down after the trigger in each of so many seeds, with `guards`.
#[track_caller]
pub(crate) fn stays_down(seeds: u64, guards: impl Debug, goodput: impl Fn(u64) -> Goodput) {
    for seed in 0..seeds {
        let goodput = goodput(seed);
        assert!(goodput.is_down(), "seed {seed} with {guards:?}: {goodput}");
    }
}

/// Fails unless goodput is back `within` so long after the trigger in each of so many seeds, with `guards`.
#[track_caller]
pub(crate) fn is_back(seeds: u64, within: Duration, guards: impl Debug, goodput: impl Fn(u64) -> Goodput) {
    for seed in 0..seeds {
        let goodput = goodput(seed);
        assert!(goodput.is_back(within), "seed {seed} with {guards:?}: {goodput}");
    }
}

/// Whether something is violated in the course, or goodput does not come back.
///
/// # Panics
/// When the run fails otherwise.
pub(crate) fn collapses(
    seed: u64,
    course: Course,
    system: impl Fn(&mut Sim) -> Handle,
    trigger: impl Fn(&Handle, Duration) -> Vec<Fault>,
) -> bool {
    match try_course(seed, course, system, trigger) {
        Ok(ran) => !ran.goodput.is_back(course.within()),
        Err(failure) if matches!(failure.cause, Cause::Violation { .. }) => true,
        Err(failure) => panic!("seed {seed}: {failure}"),
    }
}
