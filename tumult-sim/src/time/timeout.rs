//! A deadline on any future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::{Sleep, sleep};

/// Waits for `future` for `duration` at the most.
///
/// ```
/// # use std::time::Duration;
/// # use tumult_sim::{Sim, time};
/// # let mut sim = Sim::new(1);
/// # sim.primary("p", || async {
/// let late = time::timeout(Duration::from_secs(1), time::sleep(Duration::from_secs(2))).await;
/// assert!(late.is_err());
/// # });
/// # sim.run();
/// ```
///
/// # Panics
/// Outside a simulation.
#[track_caller]
pub fn timeout<F: Future>(duration: Duration, future: F) -> Timeout<F> {
    Timeout { future, deadline: sleep(duration) }
}

/// The future of [`timeout`].
#[derive(Debug)]
#[must_use = "a timeout does nothing until it is awaited"]
pub struct Timeout<F> {
    future: F,
    deadline: Sleep,
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: `future` is pinned with `self`: it is never moved out, and `Timeout` has no `Drop` and no
        // `Unpin` of its own. `deadline` is `Unpin` and is not treated as pinned.
        let (future, deadline) = unsafe {
            let this = self.get_unchecked_mut();
            (Pin::new_unchecked(&mut this.future), Pin::new(&mut this.deadline))
        };
        if let Poll::Ready(output) = future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        deadline.poll(cx).map(|()| Err(Elapsed(())))
    }
}

/// The deadline of a [`timeout`] has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadline has elapsed")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for std::io::Error {
    fn from(_: Elapsed) -> Self {
        std::io::ErrorKind::TimedOut.into()
    }
}
