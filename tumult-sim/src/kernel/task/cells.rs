//! The cells of all tasks, and the set of those that are ready.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::causes::Wakes;
use super::id::TaskId;
use super::interests::Interests;
use super::schedule::{Policy, Schedule};
use crate::base::{Counter, Key, ProcessId, Site};

/// Why a task ended, as the trace has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Why {
    Finished = 0,
    Aborted = 1,
    Panicked = 2,
    ProcessEnded = 3,
}

const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Cell {
    generation: u32,
    process: u32,
    alive: bool,
    /// In the ready set, or waiting to be once its process goes on.
    queued: bool,
    /// Its process is paused.
    frozen: bool,
    /// Hash of the spawn path: the law's key for its wakes.
    key: Counter,
    wakes: u64,
    /// The event that woke it.
    woken_by: u32,
    pct: u64,
    children: u64,
    /// Neighbours in the list of its process's tasks.
    next: u32,
    prev: u32,
    name: &'static str,
    site: Site,
}

/// One row of the table that stall and deadlock reports print.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) id: TaskId,
    pub(crate) process: ProcessId,
    pub(crate) name: &'static str,
    pub(crate) site: Site,
    pub(crate) wakes: u64,
    pub(crate) ready: bool,
}

type Ready = Reverse<(u64, u32, u32)>;

/// All tasks of a run.
#[derive(Debug)]
pub(crate) struct Tasks {
    cells: Vec<Cell>,
    free: Vec<u32>,
    ready: BinaryHeap<Ready>,
    policy: Policy,
    alive: usize,
    causes: Wakes,
    pub(crate) interests: Interests,
}

impl Tasks {
    pub(crate) fn new(schedule: Schedule, key: &Key) -> Self {
        Self {
            cells: vec![],
            free: vec![],
            ready: BinaryHeap::new(),
            policy: Policy::new(schedule, key),
            alive: 0,
            causes: Wakes::new(),
            interests: Interests::default(),
        }
    }

    /// A new task, ready. `list` is the head of its process's list of tasks; `key` the hash of its spawn path.
    pub(crate) fn spawn(
        &mut self,
        process: ProcessId,
        list: &mut u32,
        key: Counter,
        name: &'static str,
        site: Site,
    ) -> TaskId {
        let cell = Cell {
            generation: 0,
            process: process.0,
            alive: true,
            queued: false,
            frozen: false,
            key,
            wakes: 0,
            woken_by: 0,
            pct: Policy::initial(key),
            children: 0,
            next: *list,
            prev: NONE,
            name,
            site,
        };
        let index = if let Some(index) = self.free.pop() {
            let slot = &mut self.cells[index as usize];
            let generation = slot.generation + 1;
            *slot = Cell { generation, ..cell };
            index
        } else {
            assert!(self.cells.len() < TaskId::SLOTS, "more than {} tasks at once", TaskId::SLOTS);
            self.cells.push(cell);
            self.cells.len() as u32 - 1
        };
        if *list != NONE {
            self.cells[*list as usize].prev = index;
        }
        *list = index;
        self.alive += 1;
        let id = TaskId::new(index, self.cells[index as usize].generation);
        self.wake(id);
        id
    }

    #[inline]
    fn cell(&mut self, id: TaskId) -> Option<&mut Cell> {
        self.cells.get_mut(id.index() as usize).filter(|c| c.alive && c.generation == id.generation())
    }

    pub(crate) fn is_alive(&self, id: TaskId) -> bool {
        self.cells.get(id.index() as usize).is_some_and(|c| c.alive && c.generation == id.generation())
    }

    /// From now on everything is drawn by other keys, which follow from those there were.
    pub(crate) fn branch(&mut self, salt: u64) {
        self.cells.iter_mut().for_each(|cell| cell.key = cell.key.below(salt));
    }

    /// Whether ready tasks run in the order that the schedule draws, from now on; or in that of their wakes.
    pub(crate) fn draw_order(&mut self, drawn: bool) {
        self.policy.draws(drawn);
    }

    /// Makes a task ready. Nothing if it is so already, or gone.
    #[inline]
    pub(crate) fn wake(&mut self, id: TaskId) {
        let index = id.index();
        let Some(cell) = self.cells.get_mut(index as usize) else { return self.fire(id) };
        if !cell.alive || cell.queued || cell.generation != id.generation() {
            return self.fire(id);
        }
        cell.queued = true;
        cell.woken_by = self.causes.by;
        if !cell.frozen {
            let priority = self.policy.priority(cell.key, cell.wakes, cell.pct);
            self.ready.push(Reverse((priority, index, cell.generation)));
        }
        cell.wakes += 1;
    }

    /// What was to be woken is no task that sleeps: perhaps it is an interest.
    fn fire(&mut self, id: TaskId) {
        let Some(set) = self.interests.fire(id) else { return self.causes.again(id.index()) };
        // By number, as to wake takes all of it. An interest among them fires once: so this ends, even if sets were to wait
        // for each other.
        for n in 0.. {
            let Some(waiter) = self.interests.waiting(set, n) else { break };
            self.wake(waiter);
        }
        self.interests.all_woken(set);
    }

    /// Whoever is woken from now on is woken by this event of the trace.
    #[inline]
    pub(crate) fn follow(&mut self, event: u32) {
        self.causes.by = event;
    }

    /// The run is recorded: each wake counts, and not only the first one.
    pub(crate) fn keep_causes(&mut self) {
        self.causes.keep();
    }

    /// Makes room for what a recording asks of it, as [`Trace::reserve`](crate::trace::Trace::reserve) does.
    pub(crate) fn reserve_causes(&mut self) {
        self.causes.reserve();
    }

    /// What else woke a task that is about to run: one at a time.
    pub(crate) fn further_cause(&mut self, id: TaskId) -> Option<u32> {
        self.causes.take(id.index())
    }

    /// The task that runs next: its id, process, how often it was woken before, and which event woke it.
    #[inline]
    pub(crate) fn next_ready(&mut self) -> Option<(TaskId, ProcessId, u64, u32)> {
        loop {
            let Reverse((_, index, generation)) = self.ready.pop()?;
            let cell = &mut self.cells[index as usize];
            if !cell.alive || cell.generation != generation || cell.frozen || !cell.queued {
                continue;
            }
            cell.queued = false;
            if let Some(fallen) = self.policy.polled() {
                cell.pct = fallen;
            }
            let (id, process) = (TaskId::new(index, generation), ProcessId(cell.process));
            return Some((id, process, cell.wakes - 1, cell.woken_by));
        }
    }

    /// The key and number of the next child of a task.
    pub(crate) fn child_key(&mut self, parent: TaskId) -> Option<(Counter, u64)> {
        let cell = self.cell(parent)?;
        cell.children += 1;
        Some((cell.key.below(cell.children), cell.children))
    }

    /// A number that is this task's own for its current wake: for decisions made while it runs.
    #[inline]
    pub(crate) fn draw_for_wake(&mut self, id: TaskId, slot: u64) -> u64 {
        self.cell(id).map_or(0, |c| c.key.draw(c.wakes, slot))
    }

    /// Ends a task; its future is still to be dropped, and its slot to be released. `list` is its process's.
    pub(crate) fn end(&mut self, id: TaskId, list: &mut u32) -> bool {
        let Some(cell) = self.cell(id) else { return false };
        cell.alive = false;
        cell.queued = false;
        let (prev, next) = (cell.prev, cell.next);
        while self.causes.take(id.index()).is_some() {}
        if prev == NONE {
            *list = next;
        } else {
            self.cells[prev as usize].next = next;
        }
        if next != NONE {
            self.cells[next as usize].prev = prev;
        }
        self.alive -= 1;
        true
    }

    /// The future of an ended task is gone: its slot may be used again, unless its generations have run out.
    pub(crate) fn release(&mut self, id: TaskId) {
        if id.generation() < TaskId::LAST_GENERATION {
            self.free.push(id.index());
        }
    }

    /// The tasks of a process, newest first.
    pub(crate) fn of(&self, list: u32) -> impl Iterator<Item = TaskId> {
        let mut at = list;
        std::iter::from_fn(move || {
            let cell = self.cells.get(at as usize)?;
            let id = TaskId::new(at, cell.generation);
            at = cell.next;
            Some(id)
        })
    }

    /// The process stands still, or goes on.
    pub(crate) fn freeze(&mut self, list: u32, frozen: bool) {
        let mut at = list;
        while at != NONE {
            let cell = &mut self.cells[at as usize];
            cell.frozen = frozen;
            if !frozen && cell.queued {
                let priority = self.policy.priority(cell.key, cell.wakes - 1, cell.pct);
                self.ready.push(Reverse((priority, at, cell.generation)));
                // It runs when it does because its process goes on.
                self.causes.again(at);
            }
            at = cell.next;
        }
    }

    /// Whether any of a process's tasks is ready, or would be if the process did not stand still.
    pub(crate) fn any_queued(&self, list: u32) -> bool {
        self.of(list).any(|id| self.cells[id.index() as usize].queued)
    }

    pub(crate) fn process_of(&self, id: TaskId) -> ProcessId {
        ProcessId(self.cells[id.index() as usize].process)
    }

    pub(crate) fn row(&self, id: TaskId) -> Row {
        let c = &self.cells[id.index() as usize];
        Row { id, process: ProcessId(c.process), name: c.name, site: c.site, wakes: c.wakes, ready: c.queued }
    }

    /// All living tasks, by slot.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> {
        (0..).zip(&self.cells).filter(|(_, c)| c.alive).map(|(i, c)| self.row(TaskId::new(i, c.generation)))
    }
}

/// The list of a process without tasks.
pub(crate) const NO_TASKS: u32 = NONE;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    fn tasks(schedule: Schedule, n: u64) -> (Tasks, u32, Vec<TaskId>) {
        let key = Key::root(Seed(1));
        let mut t = Tasks::new(schedule, &key);
        let mut list = NO_TASKS;
        let ids =
            (0..n).map(|i| t.spawn(ProcessId(0), &mut list, key.counter().below(i), "t", Site::caller())).collect();
        (t, list, ids)
    }

    fn order(t: &mut Tasks) -> Vec<u32> {
        std::iter::from_fn(|| t.next_ready()).map(|(id, ..)| id.index()).collect()
    }

    #[test]
    fn fifo_keeps_the_order_of_wakes_and_random_does_not() {
        let (mut t, ..) = tasks(Schedule::Fifo, 20);
        assert_eq!(order(&mut t), (0..20).collect::<Vec<_>>());
        let (mut t, _, ids) = tasks(Schedule::Random, 20);
        let first = order(&mut t);
        assert_ne!(first, (0..20).collect::<Vec<_>>());
        for id in ids {
            t.wake(id);
        }
        assert_ne!(order(&mut t), first, "each wake draws anew");
    }

    #[test]
    fn a_wake_does_not_depend_on_other_tasks() {
        let (mut t, _, ids) = tasks(Schedule::Random, 20);
        let all = order(&mut t);
        let (mut t, mut list, _) = tasks(Schedule::Random, 20);
        ids.iter().filter(|id| id.index() % 3 == 0).for_each(|id| assert!(t.end(*id, &mut list)));
        assert_eq!(order(&mut t), all.into_iter().filter(|i| i % 3 != 0).collect::<Vec<_>>());
    }

    #[test]
    fn pct_runs_by_fixed_priorities_until_a_change_point() {
        let (mut t, _, ids) = tasks(Schedule::Pct(1), 20);
        let first = order(&mut t);
        for id in ids {
            t.wake(id);
        }
        assert_eq!(order(&mut t), first, "depth 1 has no change point");
    }

    #[test]
    fn a_frozen_process_runs_nothing_and_forgets_nothing() {
        let (mut t, list, ids) = tasks(Schedule::Random, 3);
        t.freeze(list, true);
        t.wake(ids[0]);
        assert!(order(&mut t).is_empty());
        t.freeze(list, false);
        assert_eq!(order(&mut t).len(), 3);
        assert!(order(&mut t).is_empty());
    }

    #[test]
    fn a_slot_is_used_again_under_another_generation() {
        let (mut t, mut list, ids) = tasks(Schedule::Fifo, 2);
        t.end(ids[0], &mut list);
        t.release(ids[0]);
        let again = t.spawn(ProcessId(0), &mut list, Key::root(Seed(1)).counter(), "t", Site::caller());
        assert_eq!(again.index(), ids[0].index());
        assert_ne!(again, ids[0]);
        t.wake(ids[0]);
        assert_eq!(order(&mut t).len(), 2);
        assert_eq!(t.of(list).count(), 2);
    }
}
