//! A graceful end.

use std::future::poll_fn;
use std::task::Poll;

use crate::context::{waiter, with};

/// Waits until the calling process is asked to end: by [`Fault::shutdown`](crate::fault::Fault::shutdown), as by a
/// SIGTERM. It has its grace period from then on; after that it is killed.
///
/// # Panics
/// Outside a process.
pub async fn shutdown_requested() {
    let id = super::id();
    poll_fn(|cx| {
        let waiter = waiter(cx.waker());
        let unused = with(|w| {
            let p = w.processes.get_mut(id);
            if p.asked_to_end {
                return Some(waiter);
            }
            if !p.waits_for_end.iter().any(|o| o.same(&waiter)) {
                p.waits_for_end.push(waiter);
            }
            None
        });
        if unused.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
