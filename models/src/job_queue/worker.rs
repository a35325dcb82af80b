//! A worker: asks for a job, does it, commits its effect at the ledger, says so to the store.
//!
//! Each step is a point for faults to wait for: `worker.leased`, `worker.working`, `worker.worked`, `worker.applied`,
//! `worker.committed`, `worker.done`.
//!
//! What is not confirmed counts as failed. Asking the store again is safe, since a step that was made is not made twice;
//! asking the ledger again is safe with an idempotency key alone, so without one the attempt is given up.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use tumult_invariants::{Answer, AttemptHistory, Counted, Status};
use tumult_sim::Process;
use tumult_sim::fault::point;
use tumult_sim::net::rpc::Client;
use tumult_sim::task::spawn;
use tumult_sim::time::sleep;

use super::lease_time::Held;
use super::messages::{Lease, LedgerReply, LedgerRequest, PORT, QueueReply, QueueRequest, StoreReply, StoreRequest};
use super::policies::{Calls, beat};
use super::queue::PARKED;
use super::renewal::{Renewal, Renewing, heard_of};
use super::{Observers, Policy};

/// How long the store and the ledger have to answer.
const DEADLINE: Duration = Duration::from_millis(100);
/// How often a step is asked for that may be asked for again.
const TRIES: u32 = 3;
/// How long a worker rests when the queue does not answer.
const REST: Duration = Duration::from_millis(50);

/// What a worker is told of.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) name: String,
    pub(super) queue: Process,
    pub(super) store: Process,
    pub(super) ledger: Process,
    pub(super) policy: Policy,
    pub(super) seen: Observers,
}

/// A worker at work: with its connections.
struct Connected {
    worker: Worker,
    queue: Client<QueueRequest, QueueReply>,
    store: Client<StoreRequest, StoreReply>,
    ledger: Client<LedgerRequest, LedgerReply>,
    calls: Calls,
}

/// The attempt is given up, with this answer to the step that it failed at.
struct GivenUp(Answer);

impl Worker {
    /// The process's body.
    pub(super) async fn run(self) -> io::Result<()> {
        let guards = &self.policy.guards;
        let queue = Client::<QueueRequest, QueueReply>::connect((self.queue, guards.control.port())).await?;
        if let Some(heartbeats) = guards.heartbeats {
            spawn(beat(self.name.clone(), self.queue, guards.control, heartbeats.every));
        }
        let calls = Calls::new(guards);
        let store = Client::connect((self.store, PORT)).await?;
        let ledger = Client::connect((self.ledger, PORT)).await?;
        if self.policy.store.renewal == Renewal::ByQueue {
            spawn(heard_of(self.name.clone(), self.queue, self.policy.lease / 3));
        }
        let connected = Connected { worker: self, queue, store, ledger, calls };
        loop {
            connected.calls.ready(async || connected.probe().await).await;
            let request = QueueRequest::Lease { worker: connected.worker.name.clone() };
            match connected.queue.call(&request, PARKED + DEADLINE).await {
                Ok(QueueReply::Leased(lease)) => connected.attempt(&lease).await,
                Ok(QueueReply::Nothing) => {}
                _ => sleep(REST).await,
            }
        }
    }
}

impl Connected {
    /// Attempts a job, and takes note of how that ended.
    async fn attempt(&self, lease: &Lease) {
        let held = Rc::new(Cell::new(Held::begins(lease, &self.worker.policy)));
        let renewing = self.renews(lease, &held);
        let result = self.execute(lease, &held).await;
        drop(renewing);
        let (answer, counted) = match result {
            Ok(()) => (Answer::Confirmed, Counted::Success),
            Err(GivenUp(answer)) => (answer, Counted::Failure),
        };
        let Worker { name, seen, .. } = &self.worker;
        seen.ends(format!("{} by {name}", lease.execution), answer, counted);
        match counted {
            Counted::Success => seen.work.update(|w| w.completed(lease.job)),
            Counted::Failure => self.gives_up(lease).await,
        }
    }

    /// Says so to the store; if that is lost as well, the lease runs out, unless it can be handed back at the queue.
    async fn gives_up(&self, lease: &Lease) {
        let Worker { name, policy, .. } = &self.worker;
        let told = self.progress(lease, Status::Aborted, 1).await;
        if policy.store.hand_back && matches!(told, Err(GivenUp(Answer::Silence))) {
            let request = QueueRequest::HandBack { worker: name.clone(), execution: lease.execution };
            let _ = self.queue.call(&request, PARKED).await;
        }
    }

    /// Has the lease renewed for as long as the attempt lasts, if it is for the worker to do so.
    fn renews(&self, lease: &Lease, held: &Rc<Cell<Held>>) -> Option<Renewing> {
        let policy = &self.worker.policy;
        (policy.store.renewal == Renewal::ByStore)
            .then(|| Renewing::begins(self.store.clone(), lease.execution, policy.lease / 3, Rc::clone(held)))
    }

    async fn execute(&self, lease: &Lease, held: &Cell<Held>) -> Result<(), GivenUp> {
        point("worker.leased").await;
        self.progress(lease, Status::InProgress, TRIES).await?;
        point("worker.working").await;
        if !self.is_applied(lease).await? {
            self.work(lease).await?;
            point("worker.worked").await;
            if held.get().is_over() {
                return Err(GivenUp(Answer::Refused));
            }
            self.apply(lease).await?;
        }
        point("worker.applied").await;
        self.progress(lease, Status::Committed, TRIES).await?;
        point("worker.committed").await;
        self.progress(lease, Status::Done, TRIES).await?;
        point("worker.done").await;
        Ok(())
    }

    /// The key that makes the effect of a job happen once, however often it is asked for.
    fn idempotency_key(&self, lease: &Lease) -> Option<String> {
        self.worker.policy.idempotent_commit.then(|| lease.key.clone())
    }

    /// Whether an earlier attempt got as far as the effect, so that there is no work left to do.
    async fn is_applied(&self, lease: &Lease) -> Result<bool, GivenUp> {
        if self.worker.policy.store.recorded_keys && lease.attempt > 1 {
            return self.is_recorded(lease).await;
        }
        let Some(idempotency_key) = self.idempotency_key(lease).filter(|_| lease.attempt > 1) else { return Ok(false) };
        let reply = self.ask_ledger(&LedgerRequest::Lookup { idempotency_key }, TRIES).await?;
        Ok(reply == LedgerReply::AlreadyApplied)
    }

    /// Whether the store has the job's key recorded as committed.
    async fn is_recorded(&self, lease: &Lease) -> Result<bool, GivenUp> {
        for _ in 0..TRIES {
            if let Ok(reply) = self.store.call(&StoreRequest::Recorded { job: lease.job }, DEADLINE).await {
                return Ok(reply == StoreReply::Recorded(true));
            }
        }
        Err(GivenUp(Answer::Silence))
    }

    /// Commits the effect at the ledger, unless it is the store who does that.
    async fn apply(&self, lease: &Lease) -> Result<(), GivenUp> {
        if self.worker.policy.store.outbox {
            return Ok(());
        }
        let (key, execution) = (lease.key.clone(), lease.execution);
        let idempotency_key = self.idempotency_key(lease);
        let tries = if idempotency_key.is_some() { TRIES } else { 1 };
        self.ask_ledger(&LedgerRequest::Apply { key, execution, idempotency_key }, tries).await?;
        Ok(())
    }

    async fn ask_ledger(&self, request: &LedgerRequest, tries: u32) -> Result<LedgerReply, GivenUp> {
        for before in 0..tries {
            if !self.calls.may(before).await {
                break;
            }
            if let Some(reply) = self.call_ledger(request).await {
                return Ok(reply);
            }
        }
        Err(GivenUp(Answer::Silence))
    }

    async fn call_ledger(&self, request: &LedgerRequest) -> Option<LedgerReply> {
        self.worker.seen.attempts.update(AttemptHistory::calls);
        let reply = self.ledger.call(request, DEADLINE).await.ok();
        if reply.is_some() {
            self.calls.succeeded();
        } else {
            self.calls.failed();
        }
        reply
    }

    /// The one call of a breaker that is half-open: it asks for nothing.
    async fn probe(&self) -> bool {
        self.worker.seen.attempts.update(AttemptHistory::calls);
        let request = LedgerRequest::Lookup { idempotency_key: String::new() };
        self.ledger.call(&request, DEADLINE).await.is_ok()
    }

    /// Does the work. That of a poison job never ends: it is given up when the lease is over.
    async fn work(&self, lease: &Lease) -> Result<(), GivenUp> {
        let policy = &self.worker.policy;
        if policy.surroundings.poison.contains(&lease.key) {
            sleep(policy.lease).await;
            return Err(GivenUp(Answer::Silence));
        }
        sleep(policy.work).await;
        Ok(())
    }

    /// Moves the execution on at the store.
    async fn progress(&self, lease: &Lease, to: Status, tries: u32) -> Result<(), GivenUp> {
        let request = StoreRequest::Progress { execution: lease.execution, to };
        for _ in 0..tries {
            match self.store.call(&request, DEADLINE).await {
                Ok(StoreReply::Progressed) => return Ok(()),
                Ok(_) => return Err(GivenUp(Answer::Refused)),
                Err(_) => {}
            }
        }
        Err(GivenUp(Answer::Silence))
    }
}
