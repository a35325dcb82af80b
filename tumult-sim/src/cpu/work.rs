//! Work that takes CPU time.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::caller;
use crate::base::ProcessId;
use crate::context::{try_current, waiter, with};
use crate::kernel::resources::JobKey;
use crate::kernel::world::World;

/// Works for `duration` of CPU time: that long alone on a core, longer when others load the machine. It begins when it
/// is first polled, and tasks that work at the same time compete.
///
/// The time is virtual, whatever the process's clock shows: a slow clock makes no slow machine.
///
/// # Panics
/// Outside a process.
#[track_caller]
pub fn work(duration: Duration) -> Work {
    Work { process: caller(), duration, job: None }
}

/// Made by [`work`]. Dropping it gives the rest of the work up.
#[derive(Debug)]
#[must_use = "work is not done until it is awaited"]
pub struct Work {
    process: ProcessId,
    duration: Duration,
    job: Option<JobKey>,
}

impl Future for Work {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let waiter = waiter(cx.waker());
        let kept = with(|w| {
            // The dead do not work, and are not told so.
            let alive = w.processes.get(self.process).is_alive();
            let World { core, machines, .. } = w;
            match self.job {
                Some(job) => machines.rewait(job, waiter),
                None if self.duration.is_zero() => Err(waiter),
                None if !alive => Ok(Some(waiter)),
                None => {
                    self.job = Some(machines.begin(core, self.process, self.duration, waiter));
                    Ok(None)
                }
            }
        });
        // A waiter that was not kept is dropped here, where user code may run.
        if kept.is_ok() {
            return Poll::Pending;
        }
        (self.job, self.duration) = (None, Duration::ZERO);
        Poll::Ready(())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(job) = self.job
            && let Some(run) = try_current()
        {
            let waiter = {
                let world = &mut *run.world.borrow_mut();
                world.machines.cancel(&mut world.core, job)
            };
            drop(waiter);
        }
    }
}
