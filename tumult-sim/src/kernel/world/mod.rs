//! The world: owns every machine, and is the only thing that advances time and applies effects.

mod choices;
mod effects;
mod lives;
mod memory;

use std::time::Duration;

use super::core::Core;
use super::disk::Disks;
use super::net::Net;
use super::process::{Exit, Process, Processes};
use super::resources::Machines;
use super::sites::Sites;
use super::task::{Schedule, TaskId, Why};
use super::time::{Clock, Entry, Pending};
use crate::base::{Branch, Key, ProcessId, Seed, Site, Stream, Time};
use crate::trace::{Kind, NO_EVENT};

use lives::is_up;
pub use memory::OUT_OF_MEMORY;

/// What a world is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorldConfig {
    pub(crate) seed: Seed,
    pub(crate) schedule: Schedule,
    pub(crate) record: bool,
    /// What the wall clock shows at the start, in nanoseconds since the Unix epoch.
    pub(crate) epoch_ns: i64,
    /// So many polls at one instant are a stall.
    pub(crate) microstep_limit: u64,
}

/// What the executor does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Poll(TaskId),
    /// The kernel left something to do where user code may run.
    Attend,
    /// This observed state has changed: its checks are due.
    Check(u32),
    /// No task is ready.
    Idle,
    /// Too many polls at one instant.
    Stall,
}

/// How far time went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Advance {
    /// To the next instant at which something happens; it has happened.
    Moved,
    /// To the limit, before which nothing more happens.
    Reached,
    /// Nothing is left to happen.
    Empty,
}

/// Who acts: the task that is being polled and its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Actor {
    pub(crate) process: ProcessId,
    pub(crate) task: Option<TaskId>,
}

/// Everything there is in a run, but for the futures.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) core: Core,
    pub(crate) processes: Processes,
    pub(crate) net: Net,
    pub(crate) disks: Disks,
    pub(crate) machines: Machines,
    pub(crate) sites: Sites,
    pub(crate) actor: Option<Actor>,
    pub(crate) key: Key,
    /// Randomness and entropy of code that runs outside any process: the test function itself.
    pub(crate) setup: Stream,
    pub(crate) primaries_left: usize,
    pub(crate) polls: u64,
    polls_at_instant: u64,
    config: WorldConfig,
    /// Points that something waits for: process (or any), name, how many more times, cue.
    watched: Vec<Watch>,
    /// A test reads the clock too, outside any process.
    setup_clock: Clock,
    /// The event from which on all is drawn by other keys, if there is one, and which those are.
    branch: Branch,
    /// That event has come.
    branched: bool,
}

#[derive(Debug)]
struct Watch {
    process: Option<ProcessId>,
    name: Box<str>,
    left: u64,
    cue: u32,
}

impl World {
    pub(crate) fn new(config: WorldConfig) -> Self {
        let key = Key::root(config.seed);
        Self {
            core: Core::new(config.schedule, &key, config.record),
            processes: Processes::default(),
            net: Net::new(&key),
            disks: Disks::default(),
            machines: Machines::default(),
            sites: Sites::new(&key),
            actor: None,
            setup: key.child("setup").stream(),
            key,
            primaries_left: 0,
            polls: 0,
            polls_at_instant: 0,
            config,
            watched: vec![],
            setup_clock: Clock::new(Time::ZERO, config.epoch_ns),
            branch: choices::NO_BRANCH,
            branched: false,
        }
    }

    #[inline]
    pub(crate) fn now(&self) -> Time {
        self.core.now
    }

    pub(crate) fn config(&self) -> &WorldConfig {
        &self.config
    }

    /// Whether the acting process still lives; outside any process, always.
    #[inline]
    pub(crate) fn acts(&self) -> bool {
        self.actor.is_none_or(|a| self.processes.get(a.process).is_alive())
    }

    /// The process that acts, if it lives.
    #[inline]
    pub(crate) fn living_actor(&self) -> Option<ProcessId> {
        self.actor.map(|a| a.process).filter(|p| self.processes.get(*p).is_alive())
    }

    // ---- tasks

    /// A new task of a process: the child of the acting task, or a root.
    pub(crate) fn spawn(&mut self, process: ProcessId, name: &'static str, site: Site) -> TaskId {
        let parent = self.actor.and_then(|a| a.task).filter(|_| self.actor.is_some_and(|a| a.process == process));
        let (key, number) = parent
            .and_then(|t| self.core.tasks.child_key(t))
            .unwrap_or_else(|| (self.processes.get(process).life_key().child("tasks").counter(), 0));
        let p: &mut Process = self.processes.get_mut(process);
        // It runs for the first time because it was spawned.
        self.core.tasks.follow(self.core.trace.next());
        let id = self.core.tasks.spawn(process, &mut p.tasks, key, name, site);
        self.core.tasks.follow(self.core.trace.step());
        let (child, parent) = (
            self.core.pair(process.0, id.index()),
            self.core.pair(parent.map_or(u32::MAX, TaskId::index), number as u32),
        );
        self.core.trace.note(self.core.now, Kind::Spawn, child, parent, &[]);
        self.core.trace.label(id.index(), name, site);
        id
    }

    /// The task has ended; its future is left to be dropped, unless `Why::Finished` says that it is gone.
    pub(crate) fn end_task(&mut self, id: TaskId, why: Why) -> bool {
        if !self.core.tasks.is_alive(id) {
            return false;
        }
        let process = self.core.tasks.process_of(id);
        let p = self.processes.get_mut(process);
        self.core.tasks.end(id, &mut p.tasks);
        let pair = self.core.pair(process.0, id.index());
        self.core.trace.note(self.core.now, Kind::End, pair, why as u64, &[]);
        if why == Why::Finished {
            self.core.tasks.release(id);
        } else {
            self.core.out.ended.push(id);
            self.core.out.any = true;
        }
        true
    }

    /// What to do next at this instant.
    #[inline]
    pub(crate) fn next(&mut self) -> Next {
        if self.core.out.any {
            return Next::Attend;
        }
        if self.core.trace.events() >= self.branch.event {
            self.take_branch();
        }
        if let Some(observed) = self.core.out.dirty.pop() {
            return Next::Check(observed);
        }
        let Some((task, process, wakes, cause)) = self.core.tasks.next_ready() else { return Next::Idle };
        self.polls += 1;
        self.polls_at_instant += 1;
        if self.polls_at_instant > self.config.microstep_limit {
            return Next::Stall;
        }
        let pair = self.core.pair(process.0, task.index());
        self.core.follow_next();
        self.core.trace.note_after(cause, self.core.now, (Kind::Poll, pair, wakes), &[]);
        if self.core.trace.records() {
            self.note_further_causes(task, process, cause);
        }
        self.processes.get_mut(process).clock.yielded();
        self.actor = Some(Actor { process, task: Some(task) });
        Next::Poll(task)
    }

    /// What else made a task run now: further wakes, and a fault of the clock by which its timer ran.
    #[cold]
    fn note_further_causes(&mut self, task: TaskId, process: ProcessId, cause: u32) {
        while let Some(further) = self.core.tasks.further_cause(task) {
            self.core.trace.also(further);
        }
        let clock = &self.processes.get(process).clock;
        if clock.drift() != 0 && self.core.trace.kind_of(cause) == Some(Kind::Timer) {
            self.core.trace.also(clock.changed);
        }
    }

    // ---- time

    /// Goes to the next instant at which something happens, `limit` at the latest, and lets all of it happen.
    #[inline]
    pub(crate) fn advance(&mut self, limit: Time) -> Advance {
        self.actor = None;
        let Some(at) = self.core.next_at() else { return Advance::Empty };
        if at > limit {
            self.core.now = self.core.now.max(limit);
            return Advance::Reached;
        }
        if at > self.core.now {
            self.core.now = at;
            self.core.trace.advance(at);
            self.polls_at_instant = 0;
        }
        loop {
            if let Some(entry) = self.core.queue.pop() {
                self.happen(entry);
            }
            if self.core.next_at().is_none_or(|next| next > at) {
                return Advance::Moved;
            }
        }
    }

    #[inline]
    fn happen(&mut self, entry: Entry) {
        match entry.what {
            Pending::Timer(slot) => {
                let fired = self.core.timers.fire(slot);
                let cause = self.core.timers.cause(slot);
                if let Some(waiter) = fired {
                    self.core.follow_next();
                    self.core.trace.note_after(cause, entry.at, (Kind::Timer, entry.seq, 0), &[]);
                    self.core.wake(waiter);
                } else {
                    self.core.follow(cause);
                    self.machines.fired(&mut self.core, entry.seq);
                }
            }
            Pending::Deliver(packet) => {
                self.core.follow_next();
                let processes = &self.processes;
                let up = |p| is_up(processes.get(p));
                self.net.deliver(&mut self.core, packet, up);
            }
            Pending::Stream(end) => self.net.stream_timer(&mut self.core, end),
            Pending::Order(drawn) => self.core.tasks.draw_order(drawn || self.branched),
            Pending::Cue(n) => {
                self.core.follow(NO_EVENT);
                self.core.out.cues.push(n);
                self.core.out.any = true;
            }
            Pending::Grace(process) => {
                let id = ProcessId(process);
                if self.processes.get(id).grace_until == Some(entry.at) {
                    self.core.follow(self.processes.get(id).changed);
                    self.end(id, Exit::Killed);
                }
            }
        }
    }

    /// Time goes to `limit` although nothing happens before.
    pub(crate) fn idle_until(&mut self, limit: Time) {
        self.core.now = self.core.now.max(limit);
    }

    /// Asks to be told at `at`.
    pub(crate) fn cue_at(&mut self, at: Time, cue: u32) {
        self.core.queue.push(at.max(self.core.now), Pending::Cue(cue));
    }

    /// Asks to be told before anything else happens.
    pub(crate) fn cue_now(&mut self, cue: u32) {
        self.core.out.cues.push(cue);
        self.core.out.any = true;
    }

    /// The clock that the actor reads.
    #[inline]
    pub(crate) fn clock(&mut self) -> &mut Clock {
        match self.actor {
            Some(a) => {
                let clock = &mut self.processes.get_mut(a.process).clock;
                self.core.trace.also(clock.changed);
                clock
            }
            None => &mut self.setup_clock,
        }
    }

    /// Virtual time that passes while the actor's own clock advances by `local`.
    #[inline]
    pub(crate) fn to_virtual(&self, local: Duration) -> Duration {
        self.actor.map_or(local, |a| self.processes.get(a.process).clock.to_virtual(local))
    }

    /// What the actor's monotonic clock shows when it has advanced by `local`; 0 outside any process.
    #[inline]
    pub(crate) fn deadline_ns(&self, local: Duration) -> u64 {
        let now = self.core.now;
        self.actor.map_or(0, |a| self.processes.get(a.process).clock.deadline_ns(now, local))
    }

    /// The virtual time that is left until the actor's monotonic clock shows `deadline_ns`; `None` when it does.
    #[inline]
    pub(crate) fn left_until(&self, deadline_ns: u64) -> Option<Duration> {
        let clock = &self.processes.get(self.actor.filter(|_| deadline_ns > 0)?.process).clock;
        clock.left_until(self.core.now, deadline_ns)
    }

    // ---- points

    /// Asks to be told when `name` is reached for the `nth` time from now, by `process` or by any.
    pub(crate) fn watch(&mut self, process: Option<ProcessId>, name: &str, nth: u64, cue: u32) {
        self.watched.push(Watch { process, name: name.into(), left: nth, cue });
    }

    /// The acting process reaches a named point. True when something was waiting for that.
    pub(crate) fn point(&mut self, name: &str) -> bool {
        self.reach(self.living_actor(), name)
    }

    /// A process reaches a named point.
    fn reach(&mut self, process: Option<ProcessId>, name: &str) -> bool {
        let word = self.core.pair(process.map_or(u32::MAX, |p| p.0), 0);
        self.core.trace.note(self.core.now, Kind::Point, word, 0, name.as_bytes());
        let mut due = false;
        let cues = &mut self.core.out.cues;
        self.watched.retain_mut(|w| {
            if *w.name != *name || w.process.is_some_and(|p| Some(p) != process) {
                return true;
            }
            w.left -= 1;
            if w.left == 0 {
                cues.push(w.cue);
                due = true;
            }
            w.left > 0
        });
        self.core.out.any |= due;
        due
    }

    // ---- randomness

    /// The ordered randomness of the actor, or of the test function.
    pub(crate) fn random(&mut self) -> &mut Stream {
        match self.actor {
            Some(a) => self.processes.get_mut(a.process).random(),
            None => &mut self.setup,
        }
    }

    /// What the operating system would give the actor as entropy.
    pub(crate) fn fill_entropy(&mut self, bytes: &mut [u8]) {
        let process = self.actor.map_or(u32::MAX, |a| a.process.0);
        match self.actor {
            Some(a) => self.processes.get_mut(a.process).entropy().fill(bytes),
            None => self.setup.fill(bytes),
        }
        let word = self.core.pair(process, 1);
        self.core.trace.note(self.core.now, Kind::Draw, word, bytes.len() as u64, bytes);
    }

    /// A decision of the acting task at this wake, by slot: for `select!`.
    pub(crate) fn draw_for_wake(&mut self, slot: u64) -> u64 {
        match self.actor {
            Some(Actor { task: Some(task), .. }) => self.core.tasks.draw_for_wake(task, slot),
            _ => self.setup.bits(),
        }
    }
}
