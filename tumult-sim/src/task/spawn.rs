//! Spawning.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::join::{JoinError, JoinHandle, Shared, SharedCell, complete};
use crate::base::{ProcessId, Site};
use crate::context::{BoxFuture, Run, catch, current, panic_message};
use crate::kernel::task::TaskId;

/// Runs `future` as a task of the calling process, beside the caller. The task ends with its process.
///
/// # Panics
/// Outside a process.
#[track_caller]
pub fn spawn<F: Future + 'static>(future: F) -> JoinHandle<F::Output> {
    Builder::new().spawn(future)
}

/// Spawns tasks with a name of their own.
#[derive(Clone, Copy, Debug)]
pub struct Builder {
    name: &'static str,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// A task without a name.
    pub const fn new() -> Self {
        Self { name: "task" }
    }

    /// The name that reports show.
    pub const fn name(self, name: &'static str) -> Self {
        Self { name }
    }

    /// Runs `future` as a task of the calling process.
    ///
    /// # Panics
    /// Outside a process.
    #[track_caller]
    pub fn spawn<F: Future + 'static>(self, future: F) -> JoinHandle<F::Output> {
        let site = Site::caller();
        let run = current();
        let shared = Shared::cell();
        let actor = run.world.borrow().actor;
        let Some(actor) = actor else {
            panic!("failed to spawn a task outside any process: spawn it in the body of one");
        };
        if run.is_inert() || !run.world.borrow().acts() {
            // A destructor of a dead process: nothing comes of it.
            return JoinHandle { id: None, shared };
        }
        let guard = Completes { shared: SharedCell::clone(&shared) };
        let task = async move {
            let output = future.await;
            complete(&guard.shared, Ok(output));
        };
        let id = spawn_in(run, actor.process, self.name, site, Box::pin(task));
        JoinHandle { id: Some(id), shared }
    }
}

/// Runs a future as a task of a process.
pub(crate) fn spawn_in(run: &Run, process: ProcessId, name: &'static str, site: Site, future: BoxFuture) -> TaskId {
    let id = run.world.borrow_mut().spawn(process, name, site);
    run.keep(id, future);
    id
}

/// Dropped with the task's future, however that ends: a handle is never left waiting.
struct Completes<T> {
    shared: SharedCell<T>,
}

impl<T> Drop for Completes<T> {
    fn drop(&mut self) {
        if self.shared.borrow().result.is_none() {
            // A panic of the task drops its future's locals, this one among them, while it unwinds.
            let panicked = std::thread::panicking().then(panic_message);
            let result = panicked.map_or(JoinError::Aborted, JoinError::Panicked);
            // A waker of the user's may panic: here it must not take the executor with it.
            let _ = catch(|| complete(&self.shared, Err(result)));
        }
    }
}

/// Lets other tasks run: the caller is ready again at once, in an order that the schedule decides.
pub const fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// The future of [`yield_now`].
#[derive(Debug)]
#[must_use = "a yield does nothing until it is awaited"]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
