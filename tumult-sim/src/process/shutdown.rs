//! A graceful end.

use std::future::poll_fn;
use std::task::Poll;

use crate::base::Signal;
use crate::context::{waiter, with};

/// Waits until the calling process is asked to end: by [`Fault::shutdown`](crate::fault::Fault::shutdown), after which it
/// has its grace period and is then killed, or by a SIGTERM of [`Fault::signal`](crate::fault::Fault::signal).
///
/// # Panics
/// Outside a process.
pub async fn shutdown_requested() {
    let id = super::id();
    poll_fn(|cx| {
        let waiter = waiter(cx.waker());
        let unused = with(|w| {
            let p = w.processes.get_mut(id);
            p.takes_signals |= Signal::Terminate.bit();
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
