//! Waiting for a task, and ending it.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::context::try_current;
use crate::kernel::task::{TaskId, Why};

/// What a task and its handle share.
pub(super) struct Shared<T> {
    pub(super) result: Option<Result<T, JoinError>>,
    waker: Option<Waker>,
}

pub(super) type SharedCell<T> = Rc<RefCell<Shared<T>>>;

/// Waits for a task. Dropping it lets the task go on.
pub struct JoinHandle<T> {
    pub(super) id: Option<TaskId>,
    pub(super) shared: SharedCell<T>,
}

impl<T> JoinHandle<T> {
    /// Ends the task at its current await; its handle gives [`JoinError::Aborted`].
    pub fn abort(&self) {
        if let (Some(id), Some(run)) = (self.id, try_current())
            && !run.is_inert()
        {
            run.world.borrow_mut().end_task(id, Why::Aborted);
        }
    }

    /// Whether the task has ended.
    pub fn is_finished(&self) -> bool {
        match (self.id, try_current()) {
            (Some(id), Some(run)) => !run.world.borrow().core.tasks.is_alive(id),
            _ => true,
        }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut shared = self.shared.borrow_mut();
        match shared.result.take() {
            Some(result) => Poll::Ready(result),
            None if self.id.is_none() => Poll::Ready(Err(JoinError::Aborted)),
            None => {
                shared.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// Why a task gave no output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinError {
    /// It was aborted, or its process ended.
    Aborted,
    /// It panicked, with this message.
    Panicked(String),
}

impl JoinError {
    /// Whether it was aborted, or its process ended.
    pub const fn is_cancelled(&self) -> bool {
        matches!(self, Self::Aborted)
    }

    /// Whether it panicked.
    pub const fn is_panic(&self) -> bool {
        matches!(self, Self::Panicked(_))
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aborted => f.write_str("task was aborted"),
            Self::Panicked(message) => write!(f, "task panicked: {message}"),
        }
    }
}

impl std::error::Error for JoinError {}

impl<T> Shared<T> {
    pub(super) fn cell() -> SharedCell<T> {
        Rc::new(RefCell::new(Self { result: None, waker: None }))
    }
}

/// Gives the result to whoever waits.
pub(super) fn complete<T>(shared: &SharedCell<T>, result: Result<T, JoinError>) {
    let waker = {
        let mut s = shared.borrow_mut();
        if s.result.is_none() {
            s.result = Some(result);
        }
        s.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}
