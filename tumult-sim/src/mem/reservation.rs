//! Reservations, and why there is none.

use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

use super::caller;
use crate::base::{Bytes, Incarnation, ProcessId};
use crate::context::{try_current, with};

/// Reserves memory for the calling process, as by allocating it and writing to it. When there is not enough, a process
/// is killed: this one, and then the code behind does not run, or another one on its machine that holds more.
///
/// # Panics
/// Outside a process.
pub async fn reserve(bytes: Bytes) -> Reservation {
    let process = caller();
    poll_fn(|_| {
        with(|w| {
            // The dead get nothing, and are not told so.
            let living = w.living_actor() == Some(process);
            if living && w.reserve(process, bytes) {
                let life = w.processes.get(process).incarnation;
                Poll::Ready(Reservation { process, life, bytes })
            } else {
                Poll::Pending
            }
        })
    })
    .await
}

/// Reserves memory for the calling process if there is enough of it.
///
/// # Errors
/// When there is not.
///
/// # Panics
/// Outside a process.
#[track_caller]
pub fn try_reserve(bytes: Bytes) -> Result<Reservation, OutOfMemory> {
    let process = caller();
    with(|w| {
        if w.living_actor() == Some(process) && w.try_reserve(process, bytes) {
            let life = w.processes.get(process).incarnation;
            Ok(Reservation { process, life, bytes })
        } else {
            Err(OutOfMemory { asked: bytes, available: w.machines.memory(process).available_to(process) })
        }
    })
}

/// Memory that a process holds, until this is dropped or the process ends.
#[derive(Debug)]
#[must_use = "what is dropped at once is held for no time"]
pub struct Reservation {
    process: ProcessId,
    life: Incarnation,
    bytes: Bytes,
}

impl Reservation {
    /// How much it is.
    pub const fn bytes(&self) -> Bytes {
        self.bytes
    }

    /// Holds so much more, if there is enough.
    ///
    /// # Errors
    /// When there is not; then nothing has changed.
    ///
    /// # Panics
    /// Outside a process.
    #[track_caller]
    pub fn try_grow(&mut self, by: Bytes) -> Result<(), OutOfMemory> {
        self.absorb(try_reserve(by)?);
        Ok(())
    }

    /// Holds so much more; when there is not enough, a process is killed, as by [`reserve`].
    ///
    /// # Panics
    /// Outside a process.
    pub async fn grow(&mut self, by: Bytes) {
        self.absorb(reserve(by).await);
    }

    fn absorb(&mut self, mut more: Self) {
        self.bytes.0 += std::mem::take(&mut more.bytes.0);
    }

    /// Gives so much back; all of it at the most.
    pub fn shrink(&mut self, by: Bytes) {
        let by = Bytes(by.0.min(self.bytes.0));
        self.bytes.0 -= by.0;
        self.release(by);
    }

    fn release(&self, bytes: Bytes) {
        if bytes.0 == 0 {
            return;
        }
        let Some(run) = try_current() else { return };
        let mut world = run.world.borrow_mut();
        let p = world.processes.get(self.process);
        // What an ended life held was taken from it when it ended.
        if p.is_alive() && p.incarnation == self.life {
            world.release(self.process, bytes);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.release(self.bytes);
    }
}

/// There is not enough memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory {
    asked: Bytes,
    available: Bytes,
}

impl OutOfMemory {
    /// What was asked for.
    pub const fn asked(&self) -> Bytes {
        self.asked
    }

    /// What there was.
    pub const fn available(&self) -> Bytes {
        self.available
    }
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to reserve {} bytes of memory: {} are left", self.asked.0, self.available.0)
    }
}

impl std::error::Error for OutOfMemory {}

impl From<OutOfMemory> for std::io::Error {
    fn from(error: OutOfMemory) -> Self {
        Self::new(std::io::ErrorKind::OutOfMemory, error)
    }
}
