//! All machines of a run: which process is on which, and when their next job is done.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Cpu, JobId, Memory};
use crate::base::{Bytes, ProcessId, Time};
use crate::kernel::core::Core;
use crate::kernel::task::Waiter;
use crate::kernel::time::TimerKey;
use crate::trace::Kind;

/// Cores of a machine that was not declared.
const CORES: u32 = 4;
/// Its memory.
const MEMORY: Bytes = Bytes(4 << 30);
/// No machine yet.
const NONE: u32 = u32::MAX;

/// What happened to a job or to memory, as the trace has it. Memory begins to be held, and is given back when done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Act {
    Begin = 0,
    Done = 1,
    GivenUp = 2,
    Changed = 3,
    Refused = 4,
}

/// Names a job in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JobKey {
    machine: u32,
    id: JobId,
}

#[derive(Debug)]
struct Machine {
    cpu: Cpu,
    memory: Memory,
    /// The timer of the next job that is done.
    timer: Option<TimerKey>,
}

/// All machines of a run.
#[derive(Debug, Default)]
pub(crate) struct Machines {
    /// By process: its machine. Shorter than there are processes while the last ones need none.
    of: Vec<u32>,
    all: Vec<Machine>,
    /// By number of the timer that leads to it.
    timers: BTreeMap<u64, u32>,
}

impl Machines {
    fn slot(&mut self, p: ProcessId) -> &mut u32 {
        if self.of.len() <= p.index() {
            self.of.resize(p.index() + 1, NONE);
        }
        &mut self.of[p.index()]
    }

    fn add(&mut self, cores: u32) -> u32 {
        self.all.push(Machine { cpu: Cpu::new(cores), memory: Memory::new(MEMORY), timer: None });
        self.all.len() as u32 - 1
    }

    /// The machine of a process, made when it is first needed.
    fn machine(&mut self, p: ProcessId) -> u32 {
        let index = *self.slot(p);
        if index != NONE {
            return index;
        }
        let index = self.add(CORES);
        *self.slot(p) = index;
        index
    }

    fn known(&self, p: ProcessId) -> Option<u32> {
        self.of.get(p.index()).copied().filter(|m| *m != NONE)
    }

    /// These share a machine of so many cores and so much memory. `Err` with the one that has used its own already.
    pub(crate) fn declare(&mut self, on: &[ProcessId]) -> Result<(), ProcessId> {
        if let Some(p) = on.iter().find(|p| self.known(**p).is_some()) {
            return Err(*p);
        }
        let index = self.add(CORES);
        for p in on {
            *self.slot(*p) = index;
        }
        Ok(())
    }

    /// Sets the cores of a process's machine, on which nothing has run yet.
    pub(crate) fn set_cores(&mut self, p: ProcessId, cores: u32) {
        let index = self.machine(p);
        self.all[index as usize].cpu = Cpu::new(cores);
    }

    /// Sets the memory of a process's machine, of which nothing has been used yet.
    pub(crate) fn set_memory(&mut self, p: ProcessId, total: Bytes) {
        self.memory(p).set_total(total);
    }

    /// The cores of the machine of a process, to be looked at.
    pub(crate) fn cpu(&mut self, p: ProcessId) -> &mut Cpu {
        let index = self.machine(p);
        &mut self.all[index as usize].cpu
    }

    /// The memory of the machine of a process.
    pub(crate) fn memory(&mut self, p: ProcessId) -> &mut Memory {
        let index = self.machine(p);
        &mut self.all[index as usize].memory
    }

    /// All processes on the machine of a process, itself included.
    pub(crate) fn neighbours(&self, p: ProcessId) -> Vec<ProcessId> {
        let index = self.known(p);
        (0..).map(ProcessId).zip(&self.of).filter(|(q, m)| *q == p || Some(**m) == index).map(|(q, _)| q).collect()
    }

    /// What a process has had so far, in all its lives: CPU time, and the most memory it held at once.
    pub(crate) fn usage(&self, now: Time, p: ProcessId) -> (Duration, Bytes) {
        self.known(p).map_or((Duration::ZERO, Bytes(0)), |index| {
            let machine = &self.all[index as usize];
            (machine.cpu.used(now, p), machine.memory.peak_of(p))
        })
    }

    /// A process begins to work.
    pub(crate) fn begin(&mut self, core: &mut Core, p: ProcessId, work: Duration, waiter: Waiter) -> JobKey {
        let machine = self.machine(p);
        let id = self.all[machine as usize].cpu.begin(core.now, p, work, waiter);
        note(core, p, Act::Begin, crate::base::nanos(work));
        self.rearm(core, machine);
        JobKey { machine, id }
    }

    /// Another task waits for a job; `Err` when it is done.
    pub(crate) fn rewait(&mut self, job: JobKey, waiter: Waiter) -> Result<Option<Waiter>, Waiter> {
        self.all[job.machine as usize].cpu.rewait(job.id, waiter)
    }

    /// A job is given up. Gives back who waited.
    pub(crate) fn cancel(&mut self, core: &mut Core, job: JobKey) -> Option<Waiter> {
        let (p, waiter) = self.all[job.machine as usize].cpu.cancel(core.now, job.id)?;
        note(core, p, Act::GivenUp, 0);
        self.rearm(core, job.machine);
        waiter
    }

    /// The timer with this number has come up, and it is no task's.
    #[cold]
    pub(crate) fn fired(&mut self, core: &mut Core, timer: u64) {
        let Some(index) = self.timers.remove(&timer) else { return };
        let machine = &mut self.all[index as usize];
        machine.timer = None;
        for (p, waiter) in machine.cpu.finish(core.now) {
            note(core, p, Act::Done, 0);
            if let Some(waiter) = waiter {
                core.wake(waiter);
            }
        }
        self.rearm(core, index);
    }

    /// A process stands still or goes on.
    pub(crate) fn freeze(&mut self, core: &mut Core, p: ProcessId, frozen: bool) {
        if let Some(index) = self.known(p) {
            self.all[index as usize].cpu.freeze(core.now, p, frozen);
            self.rearm(core, index);
        }
    }

    /// A process has ended: it does nothing and holds nothing. Gives back who waited.
    pub(crate) fn end(&mut self, core: &mut Core, p: ProcessId) -> Vec<Waiter> {
        let Some(index) = self.known(p) else { return vec![] };
        let machine = &mut self.all[index as usize];
        machine.memory.end(p);
        let waiters = machine.cpu.end(core.now, p);
        self.rearm(core, index);
        waiters
    }

    /// A fault that names this process takes so much of each core, in parts in a million. False if it did before.
    pub(crate) fn steal(&mut self, core: &mut Core, p: ProcessId, ppm: u32) -> bool {
        let index = self.machine(p);
        let cpu = &mut self.all[index as usize].cpu;
        let before = cpu.stolen_by(p);
        cpu.steal(core.now, p, ppm);
        note(core, p, Act::Changed, u64::from(ppm));
        self.rearm(core, index);
        before != ppm
    }

    /// Sets the machine's timer to when its next job is done.
    fn rearm(&mut self, core: &mut Core, index: u32) {
        let machine = &mut self.all[index as usize];
        let at = machine.cpu.next_at();
        if let Some(timer) = machine.timer.take() {
            if at == Some(core.timers.due(timer)) {
                machine.timer = Some(timer);
                return;
            }
            self.timers.remove(&timer.number());
            core.timers.cancel(&mut core.queue, timer);
        }
        if let Some(at) = at {
            let timer = core.timers.alarm(&mut core.queue, at);
            self.timers.insert(timer.number(), index);
            machine.timer = Some(timer);
        }
    }
}

fn note(core: &mut Core, p: ProcessId, act: Act, amount: u64) {
    let word = core.pair(p.0, act as u32);
    core.trace.note(core.now, Kind::Cpu, word, amount, &[]);
}
