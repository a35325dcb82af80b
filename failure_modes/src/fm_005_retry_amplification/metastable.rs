//! The metastability oracle: the trigger is removed, and goodput is looked at; for each set of policies that is of
//! interest, as they mask each other.

use super::*;
use crate::goodput::Row;
use crate::oracle::{self, Course, Ran};

const COURSE: Course = Course { begins: 8, lasts: TRIGGER, within: 10, ends: 36 };
pub(crate) const NONE: Guards = Guards { budget: false, retry_budget: false, backoff: false, breaker: false };

/// What the queue with these policies alone does in a course.
fn ran(course: Course, seed: u64, guards: Guards) -> Ran {
    oracle::course(seed, course, |sim| system(sim, alone(guards)), trigger)
}

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
    let row = |(policies, guards)| Row { policies, ran: ran(COURSE, 1, guards) };
    (COURSE, guards.map(row).into())
}

#[track_caller]
fn stays_down(course: Course, seeds: u64, guards: Guards) {
    oracle::stays_down(seeds, guards, |seed| ran(course, seed, guards).goodput);
}

#[track_caller]
fn is_back(seeds: u64, guards: Guards) {
    oracle::is_back(seeds, COURSE.within(), guards, |seed| ran(COURSE, seed, guards).goodput);
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
