//! How processes begin, stand still and end.

use std::time::Duration;

use super::World;
use crate::base::{ProcessId, Signal, Site};
use crate::kernel::process::{Exit, Process, State};
use crate::kernel::task::{TaskId, Why};
use crate::kernel::time::{Clock, Pending};
use crate::trace::Kind;

/// What a process's change was, as the trace has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Life {
    Started = 0,
    Finished = 1,
    Killed = 2,
    PowerLost = 3,
    Panicked = 4,
    Paused = 5,
    Resumed = 6,
    AskedToEnd = 7,
    OutOfMemory = 8,
    Exited = 9,
    Aborted = 10,
    Signalled = 11,
}

impl World {
    /// A new process, to be started when the run begins; `Err` with the one that has the name.
    pub(crate) fn declare(&mut self, name: &str, primary: bool, site: Site) -> Result<ProcessId, ProcessId> {
        let clock = Clock::new(self.core.now, self.config.epoch_ns);
        let id = self.processes.declare(name, primary, site, &self.key, clock)?;
        self.core.trace.named(name);
        self.net.add_host(name);
        self.disks.add(name, &self.key);
        self.primaries_left += usize::from(primary);
        Ok(id)
    }

    /// The process begins to live; its body is to be called.
    pub(crate) fn start(&mut self, id: ProcessId) {
        let p = self.processes.get_mut(id);
        p.state = State::Running;
        self.note_life(id, Life::Started);
        self.core.out.starts.push(id);
        self.core.out.any = true;
    }

    pub(super) fn note_life(&mut self, id: ProcessId, life: Life) {
        let status = match self.processes.get(id).state {
            State::Ended(Exit::Exited(status)) if life == Life::Exited => status,
            _ => 0,
        };
        let pair = self.core.pair(id.0, self.processes.get(id).incarnation.0);
        let what = self.core.pair(status.cast_unsigned(), life as u32);
        self.processes.get_mut(id).changed = self.core.trace.next();
        self.core.trace.note(self.core.now, Kind::Process, pair, what, &[]);
    }

    /// The process's life ends: it is dead to the world before its futures are dropped.
    pub(crate) fn end(&mut self, id: ProcessId, exit: Exit) -> bool {
        let p = self.processes.get_mut(id);
        if !p.is_alive() {
            return false;
        }
        p.state = State::Ended(exit);
        let (list, primary, waits) = (p.tasks, p.primary, std::mem::take(&mut p.waits_for_end));
        self.core.discard(waits);
        let tasks: Vec<TaskId> = self.core.tasks.of(list).collect();
        for task in tasks {
            self.end_task(task, Why::ProcessEnded);
        }
        self.note_life(
            id,
            match exit {
                Exit::Finished => Life::Finished,
                Exit::Killed => Life::Killed,
                Exit::PowerLost => Life::PowerLost,
                Exit::Panicked => Life::Panicked,
                Exit::OutOfMemory => Life::OutOfMemory,
                Exit::Exited(_) => Life::Exited,
                Exit::Aborted => Life::Aborted,
            },
        );
        let ended = self.processes.get(id).changed;
        let power_loss = exit == Exit::PowerLost;
        self.core.following(ended, |core| self.net.end_process(core, id, power_loss));
        let stalled = self.disks.end(id, power_loss);
        self.core.discard(stalled);
        let working = self.machines.end(&mut self.core, id);
        self.core.discard(working);
        if exit == Exit::PowerLost {
            self.processes.get_mut(id).clock.reboot(self.core.now);
        }
        self.primaries_left -= usize::from(primary && exit == Exit::Finished);
        true
    }

    /// The machine of a process that was killed before loses its power too.
    pub(super) fn switch_off(&mut self, id: ProcessId) -> bool {
        let p = self.processes.get_mut(id);
        if !matches!(p.state, State::Ended(exit) if !matches!(exit, Exit::Finished | Exit::PowerLost)) {
            return false;
        }
        p.state = State::Ended(Exit::PowerLost);
        self.note_life(id, Life::PowerLost);
        let ended = self.processes.get(id).changed;
        self.core.following(ended, |core| self.net.end_process(core, id, true));
        let waiters = self.disks.end(id, true);
        self.core.discard(waiters);
        true
    }

    pub(super) fn restart(&mut self, id: ProcessId) -> bool {
        let p = self.processes.get_mut(id);
        let State::Ended(exit) = p.state else { return false };
        if exit == Exit::PowerLost {
            // Switched on now, not when the power went.
            p.clock.reboot(self.core.now);
        }
        self.primaries_left += usize::from(p.primary && exit == Exit::Finished);
        p.next_life();
        self.start(id);
        true
    }

    pub(super) fn pause(&mut self, id: ProcessId, paused: bool) -> bool {
        let p = self.processes.get_mut(id);
        let (from, to) = if paused { (State::Running, State::Paused) } else { (State::Paused, State::Running) };
        if p.state != from {
            return false;
        }
        p.state = to;
        if p.main.is_none() {
            // Paused before it had begun.
            self.core.out.starts.push(id);
            self.core.out.any = true;
        }
        self.core.tasks.freeze(p.tasks, paused);
        self.machines.freeze(&mut self.core, id, paused);
        self.note_life(id, if paused { Life::Paused } else { Life::Resumed });
        if !paused {
            self.end_by_signal(id);
        }
        true
    }

    pub(super) fn shutdown(&mut self, id: ProcessId, grace: Duration) -> bool {
        let p = self.processes.get_mut(id);
        if !p.is_alive() || p.grace_until.is_some() {
            return false;
        }
        p.asked_to_end = true;
        p.signals |= Signal::Terminate.bit();
        let until = self.core.now + grace;
        p.grace_until = Some(until);
        for waiter in std::mem::take(&mut p.waits_for_end) {
            self.core.wake(waiter);
        }
        self.core.queue.push(until, Pending::Grace(id.0));
        self.note_life(id, Life::AskedToEnd);
        true
    }

    pub(super) fn signal(&mut self, id: ProcessId, signal: Signal) -> bool {
        let p = self.processes.get_mut(id);
        if !p.is_alive() {
            return false;
        }
        p.signals |= signal.bit();
        if signal == Signal::Terminate {
            p.asked_to_end = true;
        }
        let pair = self.core.pair(id.0, p.incarnation.0);
        let what = self.core.pair(signal.number(), Life::Signalled as u32);
        self.core.trace.note(self.core.now, Kind::Process, pair, what, &[]);
        for waiter in std::mem::take(&mut self.processes.get_mut(id).waits_for_end) {
            self.core.wake(waiter);
        }
        self.end_by_signal(id);
        true
    }

    /// A process that was sent a signal which it does not take is ended by it; one that stands still, when it goes on.
    fn end_by_signal(&mut self, id: ProcessId) {
        let p = self.processes.get(id);
        // Who is asked to end with a grace has that.
        let spared = if p.grace_until.is_some() { Signal::Terminate.bit() } else { 0 };
        if p.state == State::Running && p.signals & !(p.takes_signals | spared) != 0 {
            self.end(id, Exit::Killed);
        }
    }
}

/// Whether the machine answers: it does while its process is paused, and when it was killed but not powered off.
pub(super) const fn is_up(p: &Process) -> bool {
    !matches!(p.state, State::Ended(Exit::PowerLost))
}
