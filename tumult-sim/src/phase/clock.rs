//! Which phase it is: a handle that processes can wait on.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use crate::journal::Phase;

/// Which phase of the experiment it is. Clones share it, so that the body of a process may take one with it.
#[derive(Clone, Debug, Default)]
pub struct Phases {
    shared: Rc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    now: Cell<Option<Phase>>,
    waiting: RefCell<Vec<Waker>>,
}

impl Phases {
    /// The phase that runs; `None` before BASELINE.
    pub fn current(&self) -> Option<Phase> {
        self.shared.now.get()
    }

    /// Waits until `phase` has begun; not at all if it has, or is over.
    pub async fn reached(&self, phase: Phase) {
        poll_fn(|cx| {
            if self.shared.now.get() >= Some(phase) {
                return Poll::Ready(());
            }
            let mut waiting = self.shared.waiting.borrow_mut();
            if !waiting.iter().any(|w| w.will_wake(cx.waker())) {
                waiting.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// A phase begins.
    pub(super) fn begin(&self, phase: Phase) {
        self.shared.now.set(Some(phase));
        let waiting = self.shared.waiting.take();
        waiting.into_iter().for_each(Waker::wake);
    }
}
