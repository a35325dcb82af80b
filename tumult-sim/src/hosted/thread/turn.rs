//! A hosted thread as a task: to poll it is to give it the turn.

use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::{State, Thread, run_main};
use crate::context::{self, waiter};
use crate::hosted::life::Life;
use crate::kernel::task::Waiter;

/// The future of a hosted thread. Dropped before the thread has ended, it leaves the thread where it is, for good.
pub(super) struct Turn {
    thread: Rc<Thread>,
}

impl Turn {
    pub(super) fn new(thread: Rc<Thread>) -> Self {
        Self { thread }
    }
}

impl Drop for Turn {
    /// With its main thread the life has ended, if it has: a run that is over leaves its processes as they are.
    fn drop(&mut self) {
        if self.thread.number == 0 && context::try_current().is_some() {
            self.thread.life.ended();
        }
        if let Some(task) = self.thread.task.get() {
            self.thread.life.futexes.borrow_mut().forget(task);
        }
        self.thread.abandon();
    }
}

impl Future for Turn {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let thread = &self.thread;
        if thread.task.get().is_none() {
            let Waiter::Task(task) = waiter(cx.waker()) else { unreachable!("the executor polls with its own wakers") };
            thread.task.set(Some(task));
        }
        if thread.life.holds(thread.number, || waiter(cx.waker())) {
            return Poll::Pending;
        }
        match thread.resume() {
            State::Leaving => {
                thread.go_home();
                Poll::Ready(())
            }
            State::Returned => {
                thread.life.files.leave();
                let panic = thread.panic.borrow_mut().take();
                if let Some((payload, caught)) = panic {
                    // Raised again where the executor sees it, with the words that were kept.
                    context::repeat_panic(caught);
                    resume_unwind(payload);
                }
                Poll::Ready(())
            }
            _ => Poll::Pending,
        }
    }
}

/// The main thread of a new life of the acting process, as the future of its main task.
///
/// # Errors
/// When the system gives no more threads.
pub(crate) fn start_main(
    body: Box<dyn FnOnce()>,
    environment: &[(String, String)],
) -> Result<impl Future<Output = ()> + use<>, i32> {
    let actor = context::with(|w| w.actor).expect("a body is called for its process");
    super::super::strict::begin();
    crate::hosted::calls::stdio::begin();
    let life = Life::begin(actor.process, environment);
    let thread = Thread::new(&life, Box::new(move || run_main(body)));
    thread.begin(std::ptr::null())?;
    life.add(&thread);
    Ok(Turn::new(thread))
}
