//! The disks of all processes: who waits for a stalled one, and what the trace has of them.

use std::time::Duration;

use super::error::Cause;
use super::{Action, At, Disk, DiskConfig, DiskError, Fd};
use crate::base::{DiskChange, Key, ProcessId, Time};
use crate::kernel::core::Core;
use crate::kernel::task::Waiter;
use crate::trace::{Kind, NO_EVENT};

/// Set in a trace's second word when the operation failed; the rest of the word is the errno.
const FAILED: u64 = 1 << 63;

/// One disk a process.
#[derive(Debug, Default)]
pub(crate) struct Disks(Vec<Slot>);

#[derive(Debug)]
struct Slot {
    disk: Disk,
    waiters: Vec<Waiter>,
    /// The event of the trace in which a fault changed it last.
    changed: u32,
}

impl Disks {
    /// The disk of the process that was just declared. Its key is the name's, so that another process more or less
    /// changes nothing.
    pub(crate) fn add(&mut self, name: &str, key: &Key) {
        let disk = Disk::new(&key.child("disk").child(name), DiskConfig::default());
        self.0.push(Slot { disk, waiters: vec![], changed: NO_EVENT });
    }

    /// From now on everything is drawn by other keys, which follow from those there were.
    pub(crate) fn branch(&mut self, salt: u64) {
        self.0.iter_mut().for_each(|slot| slot.disk.branch(salt));
    }

    pub(crate) fn configure(&mut self, id: ProcessId, config: DiskConfig) {
        self.0[id.index()].disk.configure(config);
    }

    /// The disk itself, for what leaves no mark in the trace.
    pub(crate) fn get_mut(&mut self, id: ProcessId) -> &mut Disk {
        &mut self.0[id.index()].disk
    }

    /// How many operations of a process have felt changes of this kind.
    pub(crate) fn felt(&self, id: ProcessId, change: &DiskChange) -> u64 {
        self.0[id.index()].disk.felt(change)
    }

    /// How long the next such operation there takes.
    pub(crate) fn cost(&mut self, now: Time, id: ProcessId, at: At<'_>, action: Action, bytes: u64) -> Duration {
        self.get_mut(id).cost(now, at, action.class(), bytes)
    }

    /// Waits for the end of a stall: the waiter comes back if there is none.
    pub(crate) fn wait(&mut self, id: ProcessId, waiter: Waiter) -> Option<Waiter> {
        let Slot { disk, waiters, .. } = &mut self.0[id.index()];
        if !disk.stalled() || waiters.iter().any(|w| w.same(&waiter)) {
            return Some(waiter);
        }
        waiters.push(waiter);
        disk.feel_stall();
        None
    }

    /// Does an operation; `what` is the path or the data, `len` the length that the trace has of the result.
    pub(crate) fn perform<R>(
        &mut self,
        core: &mut Core,
        id: ProcessId,
        (action, what): (Action, &[u8]),
        f: impl FnOnce(&mut Disk, Time) -> Result<R, DiskError>,
    ) -> Result<R, DiskError> {
        let result = f(self.get_mut(id), core.now);
        note(core, id, action, &result.as_ref().map(|_| what));
        self.blame(core, id, result.is_err());
        result
    }

    /// The process has as many files and sockets open as it may: a file is not opened, which is in the trace.
    pub(crate) fn refuse_open(core: &mut Core, id: ProcessId, path: &str) -> DiskError {
        let error = DiskError::new(Cause::TooManyOpen, "open", path);
        note(core, id, Action::Open, &Err(&error));
        error
    }

    /// Reads; what was read is in the trace.
    pub(crate) fn read_at(
        &mut self,
        core: &mut Core,
        id: ProcessId,
        fd: Fd,
        offset: u64,
        buf: &mut [u8],
    ) -> Result<usize, DiskError> {
        let result = self.get_mut(id).read_at(fd, offset, buf);
        note(core, id, Action::Read, &result.as_ref().map(|n| &buf[..*n]));
        self.blame(core, id, result.is_err());
        result
    }

    /// An operation that failed while a fault is in force there is put to it.
    #[inline]
    fn blame(&self, core: &mut Core, id: ProcessId, failed: bool) {
        if failed {
            let failed = core.trace.next() - 1;
            core.trace.link(failed, self.0[id.index()].changed);
        }
    }

    /// The process has ended, by a power loss or otherwise. Gives back who waited.
    pub(crate) fn end(&mut self, id: ProcessId, power: bool) -> Vec<Waiter> {
        let Slot { disk, waiters, .. } = &mut self.0[id.index()];
        if power {
            disk.power_loss();
        } else {
            disk.kill();
        }
        std::mem::take(waiters)
    }

    /// Injects a fault, or takes it back; a stall's end wakes those that wait. False if that changes nothing.
    pub(crate) fn apply(&mut self, core: &mut Core, id: ProcessId, change: &DiskChange) -> bool {
        let Slot { disk, waiters, changed } = &mut self.0[id.index()];
        *changed = core.trace.next();
        let before = disk.apply(change.clone());
        if !disk.stalled() {
            for waiter in std::mem::take(waiters) {
                core.wake(waiter);
            }
        }
        note(core, id, Action::Change, &Ok(format!("{change:?}").as_bytes()));
        before != *change
    }
}

fn note(core: &mut Core, id: ProcessId, action: Action, result: &Result<&[u8], &DiskError>) {
    let word = core.pair(id.0, action as u32);
    let (outcome, bytes) = match result {
        Ok(bytes) => (bytes.len() as u64, *bytes),
        Err(e) => (FAILED | e.errno() as u64, e.path().as_bytes()),
    };
    core.trace.note(core.now, Kind::Disk, word, outcome, bytes);
}
