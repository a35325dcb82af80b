//! A worker takes jobs from a queue that another task fills: it looks, and when there is nothing it waits for a signal.
//!
//! Between looking and waiting it writes down that it is idle, and the signal of a job that comes then is forgotten.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use tumult_sim::disk::File;
use tumult_sim::net::Mailbox;
use tumult_sim::task::spawn;
use tumult_sim::time::sleep;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, ends_after, ms};
use crate::storm::{SLOW, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "lost_wakeup",
    what: "a signal that comes between looking into the queue and waiting is forgotten",
    invariant: "INV_705",
    roles: &["worker", "sender", "watch"],
    cause: Cause { plan: "", processes: 2, operations: 2 },
    storm: Storm {
        kinds: &[SLOW],
        every_ms: 400,
        lasts_ms: (20, 200),
        horizon_ms: 1_000,
        spares: &["sender", "watch"],
    },
    system,
};

const JOBS: u64 = 8;

#[derive(Default)]
struct Done(u64);

/// Every job is done in the end.
#[invariant(id = "INV_705")]
fn jobs_are_done(done: &Done) -> Verdict {
    if done.0 == JOBS { Verdict::Holds } else { violated!("{} of {JOBS} jobs are done", done.0) }
}

fn system(sim: &mut Sim, fixed: bool) {
    let done = sim.observe("done", Done::default());
    sim.at_end(INV_705, &done);
    sim.process("worker", move || worker(done.clone(), fixed));
    sim.process("sender", async || {
        let mailbox = Mailbox::<u64>::bind(0).await?;
        // A worker that stands still at first has no mailbox yet, and what is sent to nobody is lost.
        sleep(ms(300)).await;
        let mut pace = Pace::start();
        for job in 0..JOBS {
            pace.rest(5, 80).await;
            mailbox.send(("worker", PORT), &job)?;
        }
        Ok::<(), std::io::Error>(())
    });
    ends_after(sim, 3_000);
}

/// Wakes the task that waits, and keeps a signal for one that does not yet.
#[derive(Default)]
struct Signal {
    given: Cell<bool>,
    waiting: RefCell<Option<Waker>>,
}

impl Signal {
    fn give(&self) {
        self.given.set(true);
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }

    async fn taken(&self) {
        poll_fn(|cx| {
            if self.given.replace(false) {
                return Poll::Ready(());
            }
            self.waiting.replace(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

async fn worker(done: Observed<Done>, keeps_signals: bool) -> std::io::Result<()> {
    let queue = Rc::new(RefCell::new(VecDeque::new()));
    let signal = Rc::new(Signal::default());
    let (jobs, arrived) = (Rc::clone(&queue), Rc::clone(&signal));
    let mailbox = Mailbox::<u64>::bind(PORT).await?;
    spawn(async move {
        while let Ok((job, _)) = mailbox.recv().await {
            jobs.borrow_mut().push_back(job);
            arrived.give();
        }
    });
    let idle = File::create("/state").await?;
    loop {
        let job = queue.borrow_mut().pop_front();
        if job.is_some() {
            sleep(ms(20)).await;
            done.update(|done| done.0 += 1);
            continue;
        }
        idle.write_all_at(b"idle", 0).await?;
        idle.sync_data().await?;
        if !keeps_signals {
            // Signals of jobs that were taken since are old.
            signal.given.set(false);
        }
        signal.taken().await;
    }
}
