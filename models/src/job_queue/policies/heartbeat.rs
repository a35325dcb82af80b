//! Heartbeats: workers say that they are alive, and the queue gives no work to those that it has not heard of.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use tumult_sim::Process;
use tumult_sim::net::rpc::Client;
use tumult_sim::process::note;
use tumult_sim::time::{Instant, now, sleep};

use super::super::Observers;
use super::super::messages::{PORT, QueueReply, QueueRequest};
use super::{Control, Heartbeats};

/// Where the queue listens for control traffic that has a channel of its own.
pub(in super::super) const CONTROL_PORT: u16 = 7001;

impl Control {
    /// Where control traffic goes.
    pub(in super::super) fn port(self) -> u16 {
        if self == Self::Separate { CONTROL_PORT } else { PORT }
    }
}

/// A worker's task: sends heartbeats for as long as its process lives, and does not wait for their answers.
pub(in super::super) async fn beat(
    worker: String,
    queue: Process,
    control: Control,
    every: Duration,
) -> io::Result<()> {
    let queue = Client::<QueueRequest, QueueReply>::connect((queue, control.port())).await?;
    loop {
        let answer = queue.call(&QueueRequest::Heartbeat { worker: worker.clone() }, every);
        // Late or lost, the next one is under way by then.
        let _ = answer.await;
        sleep(every).await;
    }
}

/// Whom the queue has heard of, and when last.
pub(in super::super) struct Members {
    heartbeats: Option<Heartbeats>,
    heard: RefCell<BTreeMap<String, (Instant, bool)>>,
    seen: Observers,
}

impl Members {
    pub(in super::super) fn new(heartbeats: Option<Heartbeats>, seen: Observers) -> Self {
        Self { heartbeats, heard: RefCell::default(), seen }
    }

    /// A heartbeat is served.
    pub(in super::super) fn hears(&self, worker: &str) {
        let before = self.heard.borrow_mut().insert(worker.to_string(), (Instant::now(), true));
        if before.is_some_and(|(_, alive)| !alive) {
            note(format!("queue: {worker} is alive after all"));
        }
    }

    /// Whether a worker is to be given work. One that was never heard of has just begun.
    pub(in super::super) fn is_alive(&self, worker: &str) -> bool {
        self.heard.borrow().get(worker).is_none_or(|(_, alive)| *alive)
    }

    /// Declares dead whom it has not heard of for too long, again and again. Gives those to `buries`.
    pub(in super::super) async fn watch(&self, buries: impl Fn(&str)) {
        let Some(heartbeats) = self.heartbeats else { return };
        loop {
            sleep(heartbeats.every / 2).await;
            let mut dead = vec![];
            for (worker, (heard, alive)) in &mut *self.heard.borrow_mut() {
                if *alive && heard.elapsed() > heartbeats.dead_after {
                    *alive = false;
                    dead.push(worker.clone());
                }
            }
            for worker in dead {
                note(format!("queue: {worker} is declared dead"));
                self.seen.control.update(|c| c.declares_dead(&format!("{worker} (heartbeat)"), now()));
                buries(&worker);
            }
        }
    }
}
