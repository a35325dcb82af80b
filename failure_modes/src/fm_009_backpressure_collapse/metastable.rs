//! The metastability oracle: the trigger is removed, and goodput is looked at; also with each policy alone.

use super::*;
use crate::goodput::Row;
use crate::oracle::{self, Course, Ran};

const COURSE: Course = Course { begins: 10, lasts: TRIGGER, within: 6, ends: 40 };
pub(crate) const NONE: Guards = Guards { admission: false, deadlines: false };

/// What the queue with these policies alone does in a course.
fn ran(course: Course, seed: u64, guards: Guards) -> Ran {
    oracle::course(seed, course, |sim| system(sim, alone(guards)), trigger)
}

/// What GOODPUT.md shows.
pub(crate) fn rows() -> (Course, Vec<Row>) {
    let guards = [
        ("none", NONE),
        ("all", ALL),
        ("admission control", Guards { admission: true, ..NONE }),
        ("deadlines", Guards { deadlines: true, ..NONE }),
    ];
    let row = |(policies, guards)| Row { policies, ran: ran(COURSE, 1, guards) };
    (COURSE, guards.map(row).into())
}

#[track_caller]
fn stays_down(course: Course, seeds: u64) {
    oracle::stays_down(seeds, NONE, |seed| ran(course, seed, NONE).goodput);
}

#[track_caller]
fn is_back(seeds: u64, guards: Guards) {
    oracle::is_back(seeds, COURSE.within(), guards, |seed| ran(COURSE, seed, guards).goodput);
}

#[test]
fn without_the_guard_goodput_stays_down_after_the_trigger() {
    stays_down(COURSE, 8);
}

/// Ten times as long as the trigger: nothing in the system wears off.
#[test]
fn it_stays_down_for_good() {
    stays_down(Course { ends: 76, ..COURSE }, 2);
}

#[test]
fn with_it_goodput_is_back_within_the_bound() {
    is_back(8, ALL);
}

#[test]
fn admission_control_alone_brings_goodput_back() {
    is_back(4, Guards { admission: true, ..NONE });
}

/// The queue is longer than it may be while nobody works: that is what admission control is for.
#[test]
fn deadlines_alone_bring_goodput_back() {
    is_back(4, Guards { deadlines: true, ..NONE });
}

/// The queue with these policies alone, held to no bounds.
pub(crate) fn alone(guards: Guards) -> JobQueue {
    queue(guards, Bounds::NONE)
}

/// Whether something is violated, or goodput does not come back.
pub(crate) fn collapses(seed: u64, queue: &JobQueue) -> bool {
    oracle::collapses(seed, COURSE, |sim| system(sim, queue.clone()), trigger)
}
