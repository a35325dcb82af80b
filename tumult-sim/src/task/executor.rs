//! The executor. One step: go to the next instant, let all that is due happen, run ready tasks until none is left,
//! and check the invariants whose input changed, after each poll.

use std::task::Context;
use std::time::Duration;

use super::spawn::spawn_in;
use crate::base::{ProcessId, Time};
use crate::context::{BoxFuture, Caught, Cause, Run, TaskRow, catch, settle};
use crate::kernel::process::{Exit, State};
use crate::kernel::task::{TaskId, Why};
use crate::kernel::world::{Advance, Next};
use crate::trace::Kind;

/// Why the executor stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// All primaries have finished.
    Done,
    /// The limit was reached.
    Reached,
    /// Nothing is left to happen.
    Empty,
    /// The run has failed.
    Failed,
}

/// Runs until `limit`; with `primaries`, until all primaries have finished.
pub(crate) fn run_until(run: &Run, limit: Time, primaries: bool) -> Stop {
    loop {
        let mut world = run.world.borrow_mut();
        match world.next() {
            Next::Poll(task) => {
                drop(world);
                poll(run, task);
            }
            Next::Check(observed) => {
                drop(world);
                if let Some(attendant) = &*run.attendant.borrow() {
                    attendant.check(observed);
                }
            }
            Next::Attend => {
                drop(world);
                attend(run);
            }
            Next::Stall => {
                let polls = world.config().microstep_limit;
                drop(world);
                run.fail(Cause::Stall { polls, tasks: table(run) }, None);
            }
            Next::Idle => {
                if run.is_tainted() {
                    drop(world);
                    run.fail(Cause::Tainted { what: run.tainted().unwrap_or_default() }, None);
                    return Stop::Failed;
                }
                if primaries && world.primaries_left == 0 {
                    return Stop::Done;
                }
                match world.advance(limit) {
                    Advance::Moved => continue,
                    Advance::Reached => return Stop::Reached,
                    Advance::Empty => return Stop::Empty,
                }
            }
        }
        if run.failed.get() {
            return Stop::Failed;
        }
    }
}

/// Runs one task once.
#[inline]
fn poll(run: &Run, id: TaskId) {
    let slot = id.index() as usize;
    let Some(mut future) = run.futures.borrow_mut()[slot].take() else { return };
    let waker = run.waker(id);
    let polled = catch(|| future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
    if let Ok(true) = polled {
        return finished(run, id, future);
    }
    // It may have been ended by what it did itself; then its future is due for dropping like any other.
    run.futures.borrow_mut()[slot] = Some(future);
    if let Err(caught) = polled {
        let process = run.world.borrow().core.tasks.process_of(id);
        panicked(run, process, id, caught);
    }
}

/// A task has given its output.
fn finished(run: &Run, id: TaskId, future: BoxFuture) {
    // Destructors of a finished task still act: it ends by its own hand.
    let dropped = catch(|| drop(future));
    let mut world = run.world.borrow_mut();
    let process = world.core.tasks.process_of(id);
    if let Err(caught) = dropped {
        drop(world);
        return panicked(run, process, id, caught);
    }
    // It may have been ended by what it did itself, while it ran for the last time.
    let is_main = world.processes.get(process).main == Some(id);
    if world.end_task(id, Why::Finished) && is_main {
        world.end(process, Exit::Finished);
    }
}

/// A task panicked: the run fails, unless its process was declared to survive that.
#[cold]
fn panicked(run: &Run, process: ProcessId, id: TaskId, caught: Caught) {
    let survives = {
        let mut world = run.world.borrow_mut();
        let (now, word) = (world.now(), world.core.pair(process.0, id.index()));
        world.core.trace.note(now, Kind::Panic, word, 0, caught.message.as_bytes());
        let p = world.processes.get(process);
        let (survives, is_main) = (p.survives_panic, p.main == Some(id));
        world.end_task(id, Why::Panicked);
        world.core.out.ended.retain(|e| *e != id);
        if is_main || !survives {
            world.end(process, Exit::Panicked);
        }
        survives
    };
    bury(run, id);
    if !survives {
        run.fail(Cause::Panic { message: caught.message, site: caught.site }, Some(process));
    }
}

/// Does what the kernel left to be done where user code may run.
#[cold]
fn attend(run: &Run) {
    // Bounded: each round does what the one before it caused, and a cause that has no end is a stall.
    loop {
        let (garbage, wakes, ended, starts, cues) = {
            let mut world = run.world.borrow_mut();
            world.core.out.any = false;
            let out = &mut world.core.out;
            (
                std::mem::take(&mut out.garbage),
                std::mem::take(&mut out.wakes),
                std::mem::take(&mut out.ended),
                std::mem::take(&mut out.starts),
                std::mem::take(&mut out.cues),
            )
        };
        drop(garbage);
        if let Err(caught) = catch(|| settle(run)) {
            // A rule panicked; nobody's poll it was.
            return run.fail(Cause::Panic { message: caught.message, site: caught.site }, None);
        }
        wakes.into_iter().for_each(std::task::Waker::wake);
        for id in ended {
            bury(run, id);
        }
        check(run);
        let attendant = run.attendant.borrow().clone();
        if let Some(attendant) = attendant {
            for cue in cues {
                attendant.cue(cue);
            }
        }
        for process in starts {
            start(run, process);
        }
        if run.failed.get() || !run.world.borrow().core.out.any {
            return;
        }
    }
}

/// Checks what is said of the observed states that have changed.
fn check(run: &Run) {
    let Some(attendant) = run.attendant.borrow().clone() else { return };
    loop {
        let Some(observed) = run.world.borrow_mut().core.out.dirty.pop() else { return };
        attendant.check(observed);
    }
}

/// Drops the future of a task that was ended: inert, and its panics are caught.
fn bury(run: &Run, id: TaskId) {
    let future = run.futures.borrow_mut().get_mut(id.index() as usize).and_then(Option::take);
    let process = run.world.borrow().core.tasks.process_of(id);
    // An aborted task's destructors act as its process does; a dead process's do not.
    let dead = !run.world.borrow().processes.get(process).is_alive();
    let inert = dead.then(|| run.inert());
    let _ = catch(|| drop(future));
    drop(inert);
    run.world.borrow_mut().core.tasks.release(id);
}

/// Calls a process's body.
fn start(run: &Run, process: ProcessId) {
    let Some(factory) = run.factories.borrow()[process.index()].clone() else { return };
    let site = {
        let mut world = run.world.borrow_mut();
        let p = world.processes.get(process);
        // Faults of the first instant come before the start: it may have been paused, or be in its next life already.
        if p.state != State::Running || p.main.is_some() {
            return;
        }
        let (site, started) = (p.site, p.changed);
        world.core.follow(started);
        world.actor = Some(crate::kernel::world::Actor { process, task: None });
        site
    };
    match catch(|| factory()) {
        Ok(future) => {
            let id = spawn_in(run, process, "main", site, future);
            run.world.borrow_mut().processes.get_mut(process).main = Some(id);
        }
        Err(caught) => run.fail(Cause::Panic { message: caught.message, site: caught.site }, Some(process)),
    }
    run.world.borrow_mut().actor = None;
}

/// All living tasks, for reports.
pub(crate) fn table(run: &Run) -> Vec<TaskRow> {
    let mut threads: Vec<_> = {
        let guests = run.guests.borrow().clone();
        let ids: Vec<TaskId> = run.world.borrow().core.tasks.rows().map(|r| r.id).collect();
        ids.into_iter().map(|id| guests.as_ref().and_then(|g| g.thread(id))).rev().collect()
    };
    let world = run.world.borrow();
    let name = |p: ProcessId| world.processes.get(p).name.to_string();
    let mut row = |r: crate::kernel::task::Row| TaskRow {
        process: name(r.process),
        name: r.name,
        site: r.site.to_string(),
        wakes: r.wakes,
        ready: r.ready,
        thread: threads.pop().flatten(),
    };
    world.core.tasks.rows().map(&mut row).collect()
}

/// Primaries are pending and nothing will happen: give a thread outside the run, which may be about to wake a task,
/// a moment to show itself, so that the report names it.
pub(crate) fn deadlock(run: &Run) {
    for _ in 0..20 {
        if let Some(what) = run.tainted() {
            return run.fail(Cause::Tainted { what }, None);
        }
        #[expect(clippy::disallowed_methods, reason = "the run has failed: only the words of its report depend on it")]
        crate::host::outside(|| std::thread::sleep(Duration::from_millis(5)));
    }
    run.fail(Cause::Deadlock { tasks: table(run) }, None);
}
