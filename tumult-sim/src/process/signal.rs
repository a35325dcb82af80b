//! Signals of native processes.

use std::future::poll_fn;
use std::task::Poll;

use crate::base::Signal;
use crate::context::{waiter, with};
use crate::kernel::process::Process;

/// Waits for the next such signal to the calling process, which [`Fault::signal`](crate::fault::Fault::signal) sends;
/// one that came since the last was taken is there at once, and several are one.
///
/// A process handles a signal from the first time that it waits for it. One that it does not handle ends it. What
/// [`Fault::shutdown`](crate::fault::Fault::shutdown) sends is a [`Signal::Terminate`].
///
/// # Panics
/// Outside a process.
pub async fn signal(signal: Signal) {
    come(signal, |p| {
        let came = p.signals & signal.bit() != 0;
        p.signals &= !signal.bit();
        came
    })
    .await;
}

/// Waits until what the calling process waits for has come, `signal` or what stands for it; it is taken then. From now on
/// the process handles the signal.
pub(super) async fn come(signal: Signal, mut taken: impl FnMut(&mut Process) -> bool) {
    let id = super::id();
    poll_fn(|cx| {
        let waiter = waiter(cx.waker());
        let unused = with(|w| {
            let p = w.processes.get_mut(id);
            p.takes_signals |= signal.bit();
            if taken(p) {
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
