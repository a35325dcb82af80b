//! The front of the queue: takes jobs in, and gives them to workers, first in, first out. It keeps nothing that a crash
//! could lose: what it knows is which workers wait.
//!
//! A worker's request for work is answered when there is work, or after [`PARKED`]. Of those that wait, the first by name
//! is served first, as in a pool that keeps its first members warm.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use tumult_sim::Process;
use tumult_sim::cpu;
use tumult_sim::net::rpc::{Client, Reply, Server};
use tumult_sim::select;
use tumult_sim::task::spawn;
use tumult_sim::time::{Instant, sleep, sleep_until};

use super::bell::Bell;
use super::messages::{PORT, QueueReply, QueueRequest, StoreReply, StoreRequest};
use super::policies::{Control, Inbox, Members};
use super::renewal::ASIDE;
use super::{Observers, Policy};

/// How long the store has to answer: a sync or two of its disk, and the way there and back.
const STORE_DEADLINE: Duration = Duration::from_millis(100);
/// How long a worker is kept waiting for work.
pub(super) const PARKED: Duration = Duration::from_secs(1);
/// The longest that the store is not asked for work while workers wait.
const SCAN: Duration = Duration::from_secs(1);

type StoreClient = Client<StoreRequest, StoreReply>;

#[derive(Default)]
struct Waiting {
    /// By name, so that the first by name is served first; and since when.
    workers: RefCell<BTreeMap<String, (Reply<QueueReply>, Instant)>>,
    /// Who has handed a job back, and when.
    aside: RefCell<BTreeMap<String, Instant>>,
    bell: Bell,
}

impl Waiting {
    /// The first by name of those that wait and may be given work.
    fn first(&self) -> Option<String> {
        let mut aside = self.aside.borrow_mut();
        aside.retain(|_, since| since.elapsed() < ASIDE);
        self.workers.borrow().keys().find(|worker| !aside.contains_key(*worker)).cloned()
    }
}

/// The process's body.
pub(super) async fn run(store: Process, policy: Policy, seen: Observers) -> io::Result<()> {
    let server = Server::<QueueRequest, QueueReply>::bind(PORT).await?;
    let store = StoreClient::connect((store, PORT)).await?;
    let waiting = Rc::new(Waiting::default());
    spawn(dispatch(Rc::clone(&waiting), store.clone()));
    let members = Members::new(policy.guards.heartbeats, seen.clone());
    let inbox = Inbox::of(&policy, &seen);
    let front = Rc::new(Front { store, waiting, members, seen });
    front.start(policy.guards.control).await?;
    let Some(inbox) = inbox.map(Rc::new) else {
        loop {
            let (request, reply) = server.next().await?;
            front.serve(request, reply);
        }
    };
    let (cost, serving) = (policy.surroundings.queue_cost, Rc::clone(&inbox));
    spawn(async move {
        loop {
            let (request, reply) = serving.next().await;
            cpu::work(cost).await;
            front.seen.serves(&request);
            front.serve(request, reply);
        }
    });
    loop {
        inbox.takes(server.next().await?);
    }
}

/// What serves requests.
struct Front {
    store: StoreClient,
    waiting: Rc<Waiting>,
    members: Members,
    seen: Observers,
}

impl Front {
    /// What goes on beside the serving of requests: heartbeats are missed, and control traffic may have its own port.
    async fn start(self: &Rc<Self>, control: Control) -> io::Result<()> {
        let me = Rc::clone(self);
        spawn(async move {
            me.members
                .watch(|worker| {
                    // Who is taken for dead waits for nothing.
                    me.waiting.workers.borrow_mut().remove(worker);
                })
                .await;
        });
        if control != Control::Separate {
            return Ok(());
        }
        let (me, server) = (Rc::clone(self), Server::<QueueRequest, QueueReply>::bind(control.port()).await?);
        spawn(async move {
            while let Ok((request, reply)) = server.next().await {
                me.seen.arrives(&request);
                me.seen.serves(&request);
                me.serve(request, reply);
            }
        });
        Ok(())
    }

    fn serve(&self, request: QueueRequest, reply: Reply<QueueReply>) {
        match request {
            QueueRequest::Lease { worker } if self.members.is_alive(&worker) => {
                // A request that the same worker repeats replaces the one before, whose answer it has given up.
                self.waiting.workers.borrow_mut().insert(worker, (reply, Instant::now()));
                self.waiting.bell.ring();
            }
            QueueRequest::Lease { .. } => drop(reply.send(&QueueReply::Unavailable)),
            QueueRequest::Heartbeat { worker } => {
                self.members.hears(&worker);
                let _ = reply.send(&QueueReply::Alive);
            }
            request => {
                spawn(forward(request, reply, self.store.clone(), Rc::clone(&self.waiting)));
            }
        }
    }
}

/// Asks the store on behalf of a client.
async fn forward(request: QueueRequest, reply: Reply<QueueReply>, store: StoreClient, waiting: Rc<Waiting>) {
    let request = match request {
        QueueRequest::Submit { key, payload } => StoreRequest::Submit { key, payload },
        QueueRequest::State { key } => StoreRequest::State { key },
        QueueRequest::SubmitWithin { key, payload, within } => StoreRequest::SubmitWithin { key, payload, within },
        QueueRequest::Renew { worker } => StoreRequest::RenewAll { worker },
        QueueRequest::HandBack { worker, execution } => {
            waiting.aside.borrow_mut().insert(worker, Instant::now());
            StoreRequest::HandBack { execution }
        }
        QueueRequest::Lease { .. } | QueueRequest::Heartbeat { .. } => return,
    };
    let answer = match store.call(&request, STORE_DEADLINE).await {
        Ok(StoreReply::Accepted(job)) => {
            waiting.bell.ring();
            QueueReply::Accepted(job)
        }
        Ok(StoreReply::Progressed) => {
            waiting.bell.ring();
            QueueReply::Heard
        }
        Ok(StoreReply::Renewed(_)) => QueueReply::Heard,
        Ok(StoreReply::State(state)) => QueueReply::State(state),
        Ok(StoreReply::Refused(refusal)) => QueueReply::Refused(refusal),
        _ => QueueReply::Unavailable,
    };
    // Not sent when the process has ended: then nobody is left to mind.
    let _ = reply.send(&answer);
}

/// Gives work to the workers that wait, for as long as the process lives.
async fn dispatch(waiting: Rc<Waiting>, store: StoreClient) {
    loop {
        let pause = offer(&waiting, &store).await;
        let oldest = waiting.workers.borrow().values().map(|(_, since)| *since).min();
        let until_dismissal = oldest.map(|since| since + PARKED);
        let next = Instant::now() + pause;
        let next = until_dismissal.map_or(next, |dismissal| dismissal.min(next));
        select! {
            () = waiting.bell.heard() => (),
            () = sleep_until(next) => (),
        }
        dismiss(&waiting);
    }
}

/// Offers work to each worker that waits, in turn. Gives how long there is nothing more to do.
async fn offer(waiting: &Waiting, store: &StoreClient) -> Duration {
    loop {
        let Some(worker) = waiting.first() else { return SCAN };
        match store.call(&StoreRequest::Lease { worker: worker.clone() }, STORE_DEADLINE).await {
            Ok(StoreReply::Leased(lease)) => {
                // It waits still, or has asked again: either way this answer is to its latest request.
                let parked = waiting.workers.borrow_mut().remove(&worker);
                if let Some((reply, _)) = parked {
                    let _ = reply.send(&QueueReply::Leased(lease));
                }
            }
            Ok(StoreReply::Nothing(wait)) => return wait.unwrap_or(SCAN).min(SCAN),
            _ => {
                sleep(STORE_DEADLINE).await;
                return Duration::ZERO;
            }
        }
    }
}

/// Tells those that there is nothing who have waited long enough.
fn dismiss(waiting: &Waiting) {
    let now = Instant::now();
    loop {
        let over =
            waiting.workers.borrow().iter().find(|(_, (_, since))| now - *since >= PARKED).map(|(w, _)| w.clone());
        let Some(worker) = over else { return };
        let parked = waiting.workers.borrow_mut().remove(&worker);
        if let Some((reply, _)) = parked {
            let _ = reply.send(&QueueReply::Nothing);
        }
    }
}
