//! The metastability oracle: the trigger is removed, and goodput is looked at; also with each policy alone.

use super::*;
use crate::goodput::Row;
use crate::oracle::{self, Course, course};

const COURSE: Course = Course { begins: 10, lasts: TRIGGER, within: 6, ends: 40 };
pub(crate) const NONE: Guards = Guards { admission: false, deadlines: false };

/// What GOODPUT.md shows.
pub(crate) fn rows() -> (Course, Vec<Row>) {
    let guards = [
        ("none", NONE),
        ("all", ALL),
        ("admission control", Guards { admission: true, ..NONE }),
        ("deadlines", Guards { deadlines: true, ..NONE }),
    ];
    let row = |(policies, guards)| Row {
        policies,
        ran: course(1, COURSE, |sim| system(sim, queue(guards, Bounds::NONE)), trigger),
    };
    (COURSE, guards.map(row).into())
}

fn stays_down(course_: Course, seeds: u64) {
    for seed in 0..seeds {
        let goodput = course(seed, course_, |sim| system(sim, queue(NONE, Bounds::NONE)), trigger).goodput;
        assert!(goodput.is_down(), "seed {seed}: {goodput}");
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
