//! An eventfd: a counter that can be waited for.

use std::cell::{Cell, RefCell};

use crate::context;
use crate::hosted::errno::Errno;
use crate::hosted::object::{Events, How, Object};
use crate::hosted::thread::Thread;
use crate::hosted::wait;
use crate::kernel::task::{Waiter, Waiters};

/// The counter goes no higher.
const HIGHEST: u64 = u64::MAX - 1;

/// An eventfd.
#[derive(Debug)]
pub(in crate::hosted) struct EventFd {
    count: Cell<u64>,
    /// A read takes one, not all.
    semaphore: bool,
    readers: RefCell<Waiters>,
    writers: RefCell<Waiters>,
}

impl EventFd {
    pub(in crate::hosted) fn new(count: u32, semaphore: bool) -> Self {
        let count = Cell::new(u64::from(count));
        Self { count, semaphore, readers: RefCell::default(), writers: RefCell::default() }
    }

    fn wake(waiters: &RefCell<Waiters>) {
        context::with(|w| waiters.borrow_mut().wake(|waiter| w.core.wake(waiter)));
    }

    fn take(&self) -> Option<u64> {
        let count = self.count.get();
        let taken = if self.semaphore { count.min(1) } else { count };
        if taken == 0 {
            return None;
        }
        self.count.set(count - taken);
        Self::wake(&self.writers);
        Some(taken)
    }

    fn add(&self, more: u64) -> Option<()> {
        let sum = self.count.get().checked_add(more).filter(|sum| *sum <= HIGHEST)?;
        self.count.set(sum);
        Self::wake(&self.readers);
        Some(())
    }
}

impl Object for EventFd {
    fn what(&self) -> &'static str {
        "an eventfd"
    }

    fn read(&self, me: &Thread, into: &mut [u8], how: How) -> Result<usize, Errno> {
        let into = into.first_chunk_mut().ok_or(Errno(libc::EINVAL))?;
        let taken = wait::as_asked(me, "an eventfd", how, |me| {
            self.take().or_else(|| {
                self.readers.borrow_mut().add(me.waiter());
                None
            })
        })?;
        *into = taken.to_ne_bytes();
        Ok(size_of::<u64>())
    }

    fn write(&self, me: &Thread, from: &[u8], how: How) -> Result<usize, Errno> {
        let more = u64::from_ne_bytes(*from.first_chunk().ok_or(Errno(libc::EINVAL))?);
        if more > HIGHEST {
            return Err(Errno(libc::EINVAL));
        }
        wait::as_asked(me, "room in an eventfd", how, |me| {
            self.add(more).or_else(|| {
                self.writers.borrow_mut().add(me.waiter());
                None
            })
        })?;
        Ok(size_of::<u64>())
    }

    fn is_of_messages(&self) -> bool {
        true
    }

    fn ready(&self) -> Events {
        let count = self.count.get();
        Events::default().with(Events::IN, count > 0).with(Events::OUT, count < HIGHEST)
    }

    fn watch(&self, waiter: &mut dyn FnMut() -> Waiter) {
        self.readers.borrow_mut().add(waiter());
        self.writers.borrow_mut().add(waiter());
    }
}
