//! Memory: who gets some, and who is killed when there is not enough.

use super::World;
use crate::base::{Bytes, ProcessId};
use crate::kernel::process::{Exit, State};
use crate::kernel::resources::{Act, Room};
use crate::trace::Kind;

/// The point that a process reaches when it is killed for want of memory.
pub const OUT_OF_MEMORY: &str = "mem.out-of-memory";

impl World {
    /// A process reserves memory if there is room. False, and nothing else, if there is none.
    pub(crate) fn try_reserve(&mut self, p: ProcessId, bytes: Bytes) -> bool {
        let enough = self.machines.memory(p).room(p, bytes.0) == Room::Enough;
        if enough {
            self.machines.memory(p).hold(p, bytes.0);
        }
        self.note_memory(p, if enough { Act::Begin } else { Act::Refused }, bytes.0);
        enough
    }

    /// A process reserves memory, and someone is killed when there is not enough. False when that is the process.
    pub(crate) fn reserve(&mut self, p: ProcessId, bytes: Bytes) -> bool {
        // Bounded: each round but the last kills a process that held something.
        while !self.try_reserve(p, bytes) {
            let memory = self.machines.memory(p);
            let victim = match memory.room(p, bytes.0) {
                Room::OverMachine => memory.victim(Some((p, bytes.0))).unwrap_or(p),
                _ => p,
            };
            self.kill_for_memory(victim);
            if victim == p {
                return false;
            }
        }
        true
    }

    /// A process gives memory back.
    pub(crate) fn release(&mut self, p: ProcessId, bytes: Bytes) {
        self.machines.memory(p).release(p, bytes.0);
        self.note_memory(p, Act::Done, bytes.0);
    }

    /// A fault that names this process takes part of its machine's memory, in parts in a million. Whoever has no room
    /// any more is killed. False if it took as much before.
    pub(super) fn press_memory(&mut self, p: ProcessId, ppm: u32) -> bool {
        let memory = self.machines.memory(p);
        let before = memory.pressed_by(p);
        memory.press(p, ppm);
        self.note_memory(p, Act::Changed, u64::from(ppm));
        while let Some(victim) = self.machines.memory(p).victim(None) {
            self.kill_for_memory(victim);
        }
        before != ppm
    }

    fn kill_for_memory(&mut self, p: ProcessId) {
        self.reach(Some(p), OUT_OF_MEMORY);
        self.end(p, Exit::OutOfMemory);
    }

    /// Starts every process on the machine of this one that was killed for want of memory.
    pub(super) fn revive(&mut self, p: ProcessId) -> bool {
        let dead = |q: &ProcessId| self.processes.get(*q).state == State::Ended(Exit::OutOfMemory);
        let dead: Vec<ProcessId> = self.machines.neighbours(p).into_iter().filter(dead).collect();
        for q in &dead {
            self.restart(*q);
        }
        !dead.is_empty()
    }

    fn note_memory(&mut self, p: ProcessId, act: Act, amount: u64) {
        let word = self.core.pair(p.0, act as u32);
        self.core.trace.note(self.core.now, Kind::Memory, word, amount, &[]);
    }
}
