//! What faults do to a world.

use super::World;
use crate::base::{ClockChange, Effect, NameId, ProcessId};
use crate::kernel::process::Exit;
use crate::trace::Kind;

impl World {
    /// Does one thing to the world. False when it could have no effect as things are (the process is dead already).
    pub(crate) fn apply(&mut self, effect: &Effect) -> bool {
        match effect {
            Effect::Kill(p) => self.end(*p, Exit::Killed),
            Effect::PowerLoss(p) => self.end(*p, Exit::PowerLost) || self.switch_off(*p),
            Effect::Restart(p) => self.restart(*p),
            Effect::Pause(p) => self.pause(*p, true),
            Effect::Resume(p) => self.pause(*p, false),
            Effect::Shutdown(p, grace) => self.shutdown(*p, *grace),
            Effect::Signal(p, signal) => self.signal(*p, *signal),
            Effect::Overlay { id, reach, change } => {
                self.net.overlay(&mut self.core, *id, reach.clone(), change.clone());
                true
            }
            Effect::ResetStreams(p) => self.net.reset_streams(&mut self.core, *p),
            Effect::Lift(id) => self.net.lift(&mut self.core, *id),
            Effect::Rule(rule, on) => {
                self.net.switch_rule(*rule, *on);
                true
            }
            Effect::Name(id, change) => self.net.directory.apply(*id, change),
            Effect::Clock(p, change) => self.change_clock(*p, *change),
            Effect::PressMemory(p, ppm) => self.press_memory(*p, *ppm),
            Effect::Revive(p) => self.revive(*p),
            Effect::StealCpu(p, ppm) => self.machines.steal(&mut self.core, *p, *ppm),
            Effect::Disk(p, change) => self.disks.apply(&mut self.core, *p, change),
            Effect::Descriptors(p, limit) => self.limit_descriptors(*p, *limit),
        }
    }

    /// Sets what a name stands for; declares it when nobody has.
    pub(crate) fn set_name(&mut self, name: &str, answers: Vec<ProcessId>) -> NameId {
        let called: Vec<&str> = answers.iter().map(|p| &*self.processes.get(*p).name).collect();
        let text = format!("{name} stands for {}", if called.is_empty() { "nobody".into() } else { called.join(", ") });
        self.core.trace.note(self.core.now, Kind::Name, 0, 0, text.as_bytes());
        let id = self.net.directory.declare(name);
        self.net.directory.set(id, answers);
        id
    }

    fn limit_descriptors(&mut self, p: ProcessId, limit: u32) -> bool {
        let former = self.processes.get_mut(p).descriptors.set_limit(limit);
        self.core.trace.note(self.core.now, Kind::Limit, u64::from(p.0), u64::from(limit), &[]);
        former != limit
    }

    fn change_clock(&mut self, p: ProcessId, change: ClockChange) -> bool {
        let (now, clock) = (self.core.now, &mut self.processes.get_mut(p).clock);
        let mut changed = true;
        let (which, by) = match change {
            ClockChange::Step(ns) => {
                clock.step(ns);
                (0, ns as u64)
            }
            ClockChange::Drift(ppb) => {
                clock.set_drift(now, ppb);
                (1, ppb as u64)
            }
            ClockChange::Smear(window_ns) => {
                clock.smear(now, window_ns);
                (2, window_ns)
            }
            ClockChange::EndSmear(window_ns) => {
                changed = clock.end_smear(now, window_ns);
                (3, window_ns)
            }
        };
        let word = self.core.pair(which, p.0);
        self.processes.get_mut(p).clock.changed = self.core.trace.next();
        self.core.trace.note(now, Kind::Clock, word, by, &[]);
        changed
    }
}
