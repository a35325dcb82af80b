//! The position of an open file, which its threads share: one read or write at it at a time, as Linux has it.

use std::cell::{Cell, RefCell};

use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;
use crate::hosted::wait;
use crate::kernel::task::Waiter;

#[derive(Debug, Default)]
pub(super) struct Position {
    at: Cell<u64>,
    held: Cell<bool>,
    waiting: RefCell<Vec<Waiter>>,
}

impl Position {
    /// Does something at the position, which may wait, and moves it to where that says.
    pub(super) fn advance<T>(&self, me: &Thread, f: impl FnOnce(u64) -> Result<(T, u64), Errno>) -> Result<T, Errno> {
        wait::until(me, "the position of a file that another thread reads or writes at", None, |me| {
            if !self.held.get() {
                return Some(());
            }
            self.waiting.borrow_mut().push(me.waiter());
            None
        });
        self.held.set(true);
        let result = f(self.at.get());
        self.held.set(false);
        let waiting = std::mem::take(&mut *self.waiting.borrow_mut());
        if !waiting.is_empty() {
            wait::wake_all(waiting);
        }
        let (value, at) = result?;
        self.at.set(at);
        Ok(value)
    }
}
