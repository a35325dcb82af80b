//! One task waits until another one has something for it.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// Rung while nobody waits, it is heard by whoever waits next; rung twice, it is heard once.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rung: Cell<bool>,
    waits: RefCell<Option<Waker>>,
}

impl Bell {
    pub(super) fn ring(&self) {
        self.rung.set(true);
        let waker = self.waits.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) async fn heard(&self) {
        poll_fn(|cx| {
            if self.rung.replace(false) {
                return Poll::Ready(());
            }
            self.waits.replace(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}
