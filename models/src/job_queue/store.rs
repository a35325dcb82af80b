//! The store: the one process that decides. What it decides is in its log, durable, before it takes effect and before
//! anybody is told.
//!
//! One request after the other, so that there is one history. Killed or without power at any point, it starts again from
//! its log. After an error of the disk it does the same without dying: what it asked the disk to do may have been done or
//! not, and whoever waits for the answer gets none.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use tumult_invariants::{ExecutionId, Status, Transition};
use tumult_sim::fault::point;
use tumult_sim::net::{decode, encode, rpc};
use tumult_sim::process::note;
use tumult_sim::time::sleep;
use tumult_sim::{Process, select};

use super::lease_time::StoreTime;
use super::messages::{Lease, PORT, StoreReply, StoreRequest};
use super::outbox::Relay;
use super::shipping::Shipping;
use super::wal::{Durable, Reading, Wal};
use super::{Event, Jobs, Observers, Policy, Refusal, Stamp};

/// How long the store leaves its disk alone after an error.
const DISK_REST: Duration = Duration::from_millis(10);

#[derive(Clone)]
pub(super) struct Store {
    pub(super) policy: Policy,
    pub(super) ledger: Process,
    pub(super) replicas: Vec<String>,
    pub(super) seen: Observers,
}

/// What runs beside the store, for as long as its process lives.
struct Beside {
    relay: Option<Rc<Relay>>,
    shipping: Option<Shipping>,
}

impl Beside {
    async fn start(store: &Store) -> io::Result<Self> {
        let Store { policy, ledger, replicas, seen } = store;
        let relay = if policy.store.outbox {
            Some(Relay::start(*ledger, policy.idempotent_commit, seen.clone()).await?)
        } else {
            None
        };
        let shipping = if replicas.is_empty() { None } else { Some(Shipping::start(replicas).await?) };
        Ok(Self { relay, shipping })
    }
}

impl Store {
    /// The process's body.
    pub(super) async fn run(self) -> io::Result<()> {
        let server = rpc::Server::<StoreRequest, StoreReply>::bind(PORT).await?;
        let mut beside = Beside::start(&self).await?;
        loop {
            let Err(error) = self.serve(&server, &mut beside).await;
            if error.kind() == io::ErrorKind::NotConnected {
                return Err(error);
            }
            note(format!("store: {error}; reads its log again"));
            sleep(DISK_REST).await;
        }
    }

    /// Recovers and serves, until the disk fails.
    async fn serve(
        &self,
        server: &rpc::Server<StoreRequest, StoreReply>,
        beside: &mut Beside,
    ) -> Result<std::convert::Infallible, io::Error> {
        let relay = beside.relay.clone();
        let mut open = self.recover(beside.shipping.as_mut()).await?;
        loop {
            let Some(relay) = &relay else {
                let (request, reply) = server.next().await?;
                reply.send(&open.answer(request).await?)?;
                continue;
            };
            relay.offer(open.jobs.outbox());
            let (asked, delivered) = select! {
                asked = server.next() => (Some(asked?), None),
                number = relay.delivered() => (None, Some(number)),
            };
            if let Some((request, reply)) = asked {
                reply.send(&open.answer(request).await?)?;
            }
            if let Some(number) = delivered {
                open.commit(&[Event::Delivered { number, at: Stamp::now() }]).await?;
            }
        }
    }

    async fn recover<'a>(&'a self, shipping: Option<&'a mut Shipping>) -> io::Result<Open<'a>> {
        let (mut jobs, mut operations) = (Jobs::default(), vec![]);
        let checksums = self.policy.store.checksums;
        let mut replay = |body: &[u8]| {
            // Whole by its checksum and not to be understood, it is not this store's.
            let nonsense = || if checksums { Err(io::ErrorKind::InvalidData.into()) } else { Ok(false) };
            let Some(transaction) = decode::<Vec<Event>>(body) else { return nonsense() };
            let before = if checksums { None } else { Some(jobs.clone()) };
            for event in &transaction {
                if !jobs.fits(event) {
                    jobs = before.unwrap_or_default();
                    return nonsense();
                }
                jobs.apply(event, &self.policy);
            }
            operations.extend(transaction);
            Ok(true)
        };
        let wal = Wal::open(self.policy.sync, Reading { checksums, replay: &mut replay }).await?;
        let digests = operations.iter().map(digest).collect::<io::Result<Vec<_>>>()?;
        self.seen.log.update(|log| log.recovers(&digests));
        self.seen.transitions.update(|t| t.recovers(jobs.executions().map(|e| (e.id, e.status))));
        self.seen.work.update(|w| w.recovers(jobs.completions()));
        self.seen.recovers(&jobs, &self.policy);
        let time = StoreTime::starts(self.policy.store.lease_clock, jobs.latest_lease());
        let shipping = shipping.map(|shipping| shipping.recovers(operations));
        Ok(Open { store: self, wal, jobs, time, shipping })
    }
}

fn digest(event: &Event) -> io::Result<u32> {
    Ok(crc32fast::hash(&encode(event)?))
}

/// The store with its log open.
pub(super) struct Open<'a> {
    pub(super) store: &'a Store,
    wal: Wal,
    pub(super) jobs: Jobs,
    /// What leases are reckoned by, and deadlines. Dates are the wall clock's.
    pub(super) time: StoreTime,
    shipping: Option<&'a mut Shipping>,
}

impl Open<'_> {
    async fn answer(&mut self, request: StoreRequest) -> io::Result<StoreReply> {
        let policy = &self.store.policy;
        if let StoreRequest::Lease { .. } = request {
            self.commit(&self.jobs.retired(self.time.now(), policy)).await?;
        }
        Ok(match request {
            StoreRequest::Submit { key, payload } => self.submit(&key, &payload, None).await?,
            StoreRequest::SubmitWithin { key, payload, within } => self.submit(&key, &payload, Some(within)).await?,
            StoreRequest::Lease { worker } => match self.jobs.lease(&worker, self.time.now(), policy) {
                Err(wait) => StoreReply::Nothing(wait),
                Ok((execution, event)) => {
                    self.commit(&[event]).await?;
                    self.leased(execution)
                }
            },
            StoreRequest::Progress { execution, to } => match self.jobs.progress(execution, to, Stamp::now(), policy) {
                Err(refusal) => StoreReply::Refused(refusal),
                Ok(event) => {
                    let effect = event.as_ref().and_then(|event| self.jobs.effect(event, policy));
                    let transaction: Vec<Event> = event.into_iter().chain(effect).collect();
                    self.commit(&transaction).await?;
                    StoreReply::Progressed
                }
            },
            StoreRequest::Reconcile => {
                let (reconciled, events) = self.jobs.reconcile(self.time.now());
                self.commit(&events).await?;
                self.store.seen.work.update(|w| w.recovers(self.jobs.completions()));
                StoreReply::Reconciled(reconciled)
            }
            StoreRequest::State { key } => {
                let job = self.jobs.by_key(&key);
                StoreReply::State(job.and_then(|job| self.jobs.state(job.id, policy)))
            }
            StoreRequest::Recorded { job } => StoreReply::Recorded(self.jobs.is_committed(job)),
            StoreRequest::Renew { execution } => {
                let now = self.time.now();
                match self.jobs.renew(execution, now, policy) {
                    Err(refusal) => StoreReply::Refused(refusal),
                    Ok(event) => {
                        self.commit(&[event]).await?;
                        StoreReply::Renewed(now + policy.lease)
                    }
                }
            }
            StoreRequest::RenewAll { worker } => {
                let now = self.time.now();
                self.commit(&self.jobs.renew_all(&worker, now, policy)).await?;
                StoreReply::Renewed(now + policy.lease)
            }
            StoreRequest::HandBack { execution } => match self.jobs.hand_back(execution, self.time.now(), Stamp::now())
            {
                Err(refusal) => StoreReply::Refused(refusal),
                Ok(events) => {
                    self.commit(&events).await?;
                    StoreReply::Progressed
                }
            },
            StoreRequest::Operations { from } => {
                StoreReply::Operations(self.shipping.as_ref().map_or_else(Vec::new, |s| s.from(from)))
            }
        })
    }

    fn leased(&self, execution: ExecutionId) -> StoreReply {
        let lease = self.jobs.execution(execution).and_then(|e| {
            let job = self.jobs.job(e.job)?;
            let (key, payload) = (job.key.clone(), job.payload.clone());
            let until = e.lease_expires_at.before(self.store.policy.store.drift_margin);
            Some(Lease { execution, job: job.id, key, payload, attempt: e.attempt, until })
        });
        lease.map_or(StoreReply::Refused(Refusal::Unknown), StoreReply::Leased)
    }

    /// One transaction: logged, durable, and only then in effect.
    pub(super) async fn commit(&mut self, events: &[Event]) -> io::Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let digests = events.iter().map(digest).collect::<io::Result<Vec<_>>>()?;
        self.store.seen.log.update(|log| log.writes(digests));
        let durable = self.log(events).await?;
        for event in events {
            self.take_effect(event, durable);
            if let Some(shipping) = &mut self.shipping {
                shipping.ships(event)?;
            }
        }
        Ok(())
    }

    async fn log(&mut self, transaction: &[Event]) -> io::Result<Durable> {
        let records = if self.store.policy.store.atomic_commits { transaction.len() } else { 1 };
        for frame in transaction.chunks(records) {
            self.wal.write(&encode(frame)?).await?;
        }
        if transaction.len() > 1 {
            point("store.written").await;
        }
        self.wal.sync().await
    }

    fn take_effect(&mut self, event: &Event, durable: Durable) {
        let step = |execution: &ExecutionId, from, to| Transition {
            execution: *execution,
            from,
            to,
            record: Some(durable.number()),
        };
        let step = match event {
            Event::Accepted { .. }
            | Event::LeaseEnds { .. }
            | Event::Queued(_)
            | Event::Delivered { .. }
            | Event::Due { .. } => None,
            Event::Leased { execution, .. } => Some(step(execution, None, Status::Leased)),
            Event::Moved { execution, to, .. } => {
                Some(step(execution, self.jobs.execution(*execution).map(|e| e.status), *to))
            }
        };
        self.jobs.apply(event, &self.store.policy);
        self.store.seen.happens(event, &self.jobs, &self.store.policy);
        if let Some(step) = step {
            self.store.seen.transitions.update(|t| t.moves(step));
        }
        let job = match event {
            Event::Accepted { job, .. } => Some((*job, false)),
            Event::Moved { execution, to: Status::Done, .. } => self.jobs.execution(*execution).map(|e| (e.job, true)),
            _ => None,
        };
        if let Some((job, completed)) = job {
            self.store.seen.work.update(|w| w.stores(job, completed));
        }
    }
}
