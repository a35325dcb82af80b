//! The metastability oracle: the trigger is removed, and goodput is looked at; for each set of policies that is of
//! interest, as they mask each other.

use super::*;
use crate::goodput::Row;
use crate::oracle::{self, Course, course};

const COURSE: Course = Course { begins: 8, lasts: TRIGGER, within: 10, ends: 36 };
pub(crate) const NONE: Guards = Guards { budget: false, retry_budget: false, backoff: false, breaker: false };

/// What GOODPUT.md shows.
pub(crate) fn rows() -> (Course, Vec<Row>) {
    let guards = [
        ("none", NONE),
        ("all", ALL),
        ("circuit breaker", Guards { breaker: true, ..NONE }),
        ("backoff with jitter", Guards { backoff: true, ..NONE }),
        ("budget for jobs, and for calls", Guards { budget: true, retry_budget: true, ..NONE }),
        ("budget for jobs", Guards { budget: true, ..NONE }),
        ("budget for calls", Guards { retry_budget: true, ..NONE }),
    ];
    let row = |(policies, guards)| Row {
        policies,
        ran: course(1, COURSE, |sim| system(sim, queue(guards, Bounds::NONE)), trigger),
    };
    (COURSE, guards.map(row).into())
}

fn stays_down(course_: Course, seeds: u64, guards: Guards) {
    for seed in 0..seeds {
        let goodput = course(seed, course_, |sim| system(sim, queue(guards, Bounds::NONE)), trigger).goodput;
        assert!(goodput.is_down(), "seed {seed} with {guards:?}: {goodput}");
    }
}

fn is_back(seeds: u64, guards: Guards) {
    for seed in 0..seeds {
        let goodput = course(seed, COURSE, |sim| system(sim, queue(guards, Bounds::NONE)), trigger).goodput;
        assert!(goodput.is_back(COURSE.within()), "seed {seed} with {guards:?}: {goodput}");
    }
}

#[test]
fn without_the_guard_goodput_stays_down_after_the_trigger() {
    stays_down(COURSE, 8, NONE);
}

/// Twelve times as long as the trigger: nothing in the system wears off.
#[test]
fn it_stays_down_for_good() {
    stays_down(Course { ends: 75, ..COURSE }, 2, NONE);
}

#[test]
fn with_it_goodput_is_back_within_the_bound() {
    is_back(8, ALL);
}

#[test]
fn a_breaker_is_enough() {
    is_back(4, Guards { breaker: true, ..NONE });
}

#[test]
fn backoff_is_enough() {
    is_back(4, Guards { backoff: true, ..NONE });
}

/// Four attempts of three calls each are more than the ledger can serve; four of one call are not.
#[test]
fn a_budget_for_jobs_needs_one_for_calls() {
    is_back(4, Guards { budget: true, retry_budget: true, ..NONE });
    stays_down(COURSE, 4, Guards { budget: true, ..NONE });
    stays_down(COURSE, 4, Guards { retry_budget: true, ..NONE });
}

/// The queue with these policies alone, held to no bounds.
pub(crate) fn alone(guards: Guards) -> JobQueue {
    queue(guards, Bounds::NONE)
}

/// Whether something is violated, or goodput does not come back.
pub(crate) fn collapses(seed: u64, queue: &JobQueue) -> bool {
    oracle::collapses(seed, COURSE, |sim| system(sim, queue.clone()), trigger)
}
