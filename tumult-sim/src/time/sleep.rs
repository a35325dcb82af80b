//! Sleeping.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Instant;
use crate::base::Time;
use crate::context::{try_current, waiter, with};
use crate::kernel::time::TimerKey;

/// Waits until the process's clock has advanced by `duration`.
///
/// It is never over early by that clock. When the clock's speed changes meanwhile, by a fault, the wait is made longer if
/// it would be, and is not made shorter: by a clock that has become faster it is over late by the difference.
///
/// # Panics
/// Outside a simulation.
#[inline]
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    with(|w| Sleep { until: w.now() + w.to_virtual(duration), deadline_ns: w.deadline_ns(duration), timer: None })
}

/// Waits until the process's clock shows `deadline`; not at all if it has passed.
///
/// # Panics
/// Outside a simulation.
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    sleep(deadline.saturating_duration_since(Instant::now()))
}

/// A wait that ends at a point of virtual time. Dropping it cancels it.
#[derive(Debug)]
#[must_use = "a sleep does nothing until it is awaited"]
pub struct Sleep {
    until: Time,
    /// What the process's monotonic clock has to show by then; 0 for any.
    deadline_ns: u64,
    timer: Option<TimerKey>,
}

impl Sleep {
    /// Until a point of virtual time, whatever the process's clock shows: for what machines do.
    pub(crate) const fn at(until: Time) -> Self {
        Self { until, deadline_ns: 0, timer: None }
    }

    /// Whether it is over.
    pub fn is_elapsed(&self) -> bool {
        with(|w| w.now() >= self.until && w.left_until(self.deadline_ns).is_none())
    }
}

impl Future for Sleep {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let waiter = waiter(cx.waker());
        let unused = with(|w| {
            if w.now() >= self.until {
                let Some(left) = w.left_until(self.deadline_ns) else { return Err(waiter) };
                // The clock has become slower. Its timer has fired, or was never set.
                (self.until, self.timer) = (w.now() + left, None);
            }
            let core = &mut w.core;
            Ok(match self.timer {
                None => {
                    self.timer = Some(core.timers.set(&mut core.queue, self.until, waiter));
                    None
                }
                Some(timer) => core.timers.rewait(timer, waiter),
            })
        });
        // A waiter that was not kept is dropped here, where user code may run.
        match unused {
            Ok(_) => Poll::Pending,
            Err(_) => Poll::Ready(()),
        }
    }
}

impl Drop for Sleep {
    #[inline]
    fn drop(&mut self) {
        if let Some(timer) = self.timer
            && let Some(run) = try_current()
        {
            let waiter = {
                let core = &mut run.world.borrow_mut().core;
                core.timers.cancel(&mut core.queue, timer)
            };
            drop(waiter);
        }
    }
}
