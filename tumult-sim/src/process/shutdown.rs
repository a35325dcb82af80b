//! A graceful end.

use super::signal::come;
use crate::base::Signal;

/// Waits until the calling process is asked to end: by [`Fault::shutdown`](crate::fault::Fault::shutdown), after which it
/// has its grace period and is then killed, or by a SIGTERM of [`Fault::signal`](crate::fault::Fault::signal).
///
/// # Panics
/// Outside a process.
pub async fn shutdown_requested() {
    come(Signal::Terminate, |p| p.asked_to_end).await;
}
