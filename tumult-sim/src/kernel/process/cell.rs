//! The cell of one process, and the table of all.

use std::collections::BTreeMap;

use super::Descriptors;
use crate::base::{Incarnation, Key, ProcessId, Site, Stream, Time};
use crate::kernel::task::{NO_TASKS, TaskId, Waiter};
use crate::kernel::time::Clock;
use crate::trace::NO_EVENT;

/// How a process's life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Its body returned.
    Finished = 0,
    /// A fault killed it, or its grace period was over.
    Killed = 1,
    /// Its machine lost power.
    PowerLost = 2,
    /// It panicked.
    Panicked = 3,
    /// It was killed because there was not enough memory.
    OutOfMemory = 4,
    /// It called `exit` with a status other than 0.
    Exited(i32) = 5,
    /// It called `abort`, or a fatal signal of its own ended it.
    Aborted = 6,
}

/// Where a process is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Declared, to be started when the run begins.
    Declared,
    Running,
    Paused,
    Ended(Exit),
}

/// One process.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) name: Box<str>,
    pub(crate) site: Site,
    /// The run waits for it.
    pub(crate) primary: bool,
    /// A panic ends the process only, not the run.
    pub(crate) survives_panic: bool,
    pub(crate) state: State,
    pub(crate) incarnation: Incarnation,
    /// The event of the trace in which its state changed last.
    pub(crate) changed: u32,
    /// The task that its body became.
    pub(crate) main: Option<TaskId>,
    /// Head of the list of its tasks.
    pub(crate) tasks: u32,
    pub(crate) clock: Clock,
    pub(crate) descriptors: Descriptors,
    key: Key,
    /// Made when first drawn from: an idle process stays small.
    random: Option<Box<Stream>>,
    entropy: Option<Box<Stream>>,
    /// It was asked to end.
    pub(crate) asked_to_end: bool,
    pub(crate) waits_for_end: Vec<Waiter>,
    /// Signals that were sent to it and that it has not taken, by their numbers less one.
    pub(crate) signals: u64,
    /// Those that do not end it: it takes them itself. A hosted process takes all.
    pub(crate) takes_signals: u64,
    /// When the grace of the last request is over.
    pub(crate) grace_until: Option<Time>,
}

impl Process {
    pub(crate) fn is_alive(&self) -> bool {
        matches!(self.state, State::Running | State::Paused)
    }

    /// The key of this life: each incarnation draws anew.
    pub(crate) fn life_key(&self) -> Key {
        self.key.numbered(u64::from(self.incarnation.0))
    }

    /// From now on everything is drawn by other keys, which follow from the one there was.
    fn branch(&mut self, salt: u64) {
        self.key = self.key.numbered(salt);
        self.random = None;
        self.entropy = None;
    }

    /// The process's own randomness.
    pub(crate) fn random(&mut self) -> &mut Stream {
        if self.random.is_none() {
            self.random = Some(Box::new(self.life_key().child("random").stream()));
        }
        self.random.as_mut().expect("just made")
    }

    /// What the process reads as entropy of the operating system.
    pub(crate) fn entropy(&mut self) -> &mut Stream {
        if self.entropy.is_none() {
            self.entropy = Some(Box::new(self.life_key().child("entropy").stream()));
        }
        self.entropy.as_mut().expect("just made")
    }

    /// Forgets what belonged to the life that ended.
    pub(crate) fn next_life(&mut self) {
        self.incarnation.0 += 1;
        self.main = None;
        self.random = None;
        self.entropy = None;
        self.descriptors.clear();
        self.asked_to_end = false;
        self.signals = 0;
        self.takes_signals = 0;
        self.grace_until = None;
    }
}

/// All processes of a run, in the order in which they were declared.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    cells: Vec<Process>,
    by_name: BTreeMap<Box<str>, ProcessId>,
}

impl Processes {
    /// A new process, or the one that has the name already.
    pub(crate) fn declare(
        &mut self,
        name: &str,
        primary: bool,
        site: Site,
        key: &Key,
        clock: Clock,
    ) -> Result<ProcessId, ProcessId> {
        if let Some(id) = self.by_name.get(name) {
            return Err(*id);
        }
        let id = ProcessId(self.cells.len() as u32);
        self.by_name.insert(name.into(), id);
        self.cells.push(Process {
            name: name.into(),
            site,
            primary,
            survives_panic: false,
            state: State::Declared,
            incarnation: Incarnation(0),
            changed: NO_EVENT,
            main: None,
            tasks: NO_TASKS,
            clock,
            descriptors: Descriptors::default(),
            key: key.child("process").child(name),
            random: None,
            entropy: None,
            asked_to_end: false,
            waits_for_end: vec![],
            signals: 0,
            takes_signals: 0,
            grace_until: None,
        });
        Ok(id)
    }

    /// As [`Process::branch`], for all.
    pub(crate) fn branch(&mut self, salt: u64) {
        self.cells.iter_mut().for_each(|process| process.branch(salt));
    }

    pub(crate) fn named(&self, name: &str) -> Option<ProcessId> {
        self.by_name.get(name).copied()
    }

    #[inline]
    pub(crate) fn get(&self, id: ProcessId) -> &Process {
        &self.cells[id.index()]
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: ProcessId) -> &mut Process {
        &mut self.cells[id.index()]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ProcessId, &Process)> {
        (0..).map(ProcessId).zip(&self.cells)
    }

    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }
}
