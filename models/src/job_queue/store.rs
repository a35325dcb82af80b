//! The store: the one process that decides. What it decides is in its log, durable, before it takes effect and before
//! anybody is told.
//!
//! One request after the other, so that there is one history. Killed or without power at any point, it starts again from
//! its log. After an error of the disk it does the same without dying: what it asked the disk to do may have been done or
//! not, and whoever waits for the answer gets none.

use std::io;
use std::time::Duration;

use tumult_invariants::{ExecutionId, Status, Transition};
use tumult_sim::net::{decode, encode, rpc};
use tumult_sim::process::note;
use tumult_sim::time::sleep;

use super::messages::{Lease, PORT, StoreReply, StoreRequest};
use super::wal::{Durable, Wal};
use super::{Event, Jobs, Observers, Policy, Refusal, Stamp};

/// How long the store leaves its disk alone after an error.
const DISK_REST: Duration = Duration::from_millis(10);

#[derive(Clone)]
pub(super) struct Store {
    pub(super) policy: Policy,
    pub(super) seen: Observers,
}

impl Store {
    /// The process's body.
    pub(super) async fn run(self) -> io::Result<()> {
        let server = rpc::Server::<StoreRequest, StoreReply>::bind(PORT).await?;
        loop {
            let Err(error) = self.serve(&server).await;
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
    ) -> Result<std::convert::Infallible, io::Error> {
        let mut open = self.recover().await?;
        loop {
            let (request, reply) = server.next().await?;
            reply.send(&open.answer(request).await?)?;
        }
    }

    async fn recover(&self) -> io::Result<Open<'_>> {
        let (wal, bodies) = Wal::open(self.policy.sync).await?;
        let (mut jobs, mut digests) = (Jobs::default(), vec![]);
        for body in bodies {
            let transaction: Vec<Event> = decode(&body).ok_or(io::ErrorKind::InvalidData)?;
            for event in &transaction {
                digests.push(digest(event)?);
                jobs.apply(event, &self.policy);
            }
        }
        self.seen.log.update(|log| log.recovers(&digests));
        self.seen.transitions.update(|t| t.recovers(jobs.executions().map(|e| (e.id, e.status))));
        self.seen.work.update(|w| w.recovers(jobs.completions()));
        Ok(Open { store: self, wal, jobs })
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
}

impl Open<'_> {
    async fn answer(&mut self, request: StoreRequest) -> io::Result<StoreReply> {
        let (now, policy) = (Stamp::now(), &self.store.policy);
        if let StoreRequest::Lease { .. } = request {
            self.commit(&self.jobs.retired(now, policy)).await?;
        }
        Ok(match request {
            StoreRequest::Submit { key, payload } => self.submit(&key, &payload, None).await?,
            StoreRequest::SubmitWithin { key, payload, within } => self.submit(&key, &payload, Some(within)).await?,
            StoreRequest::Lease { worker } => match self.jobs.lease(&worker, now, policy) {
                Err(wait) => StoreReply::Nothing(wait),
                Ok((execution, event)) => {
                    self.commit(&[event]).await?;
                    self.leased(execution)
                }
            },
            StoreRequest::Progress { execution, to } => match self.jobs.progress(execution, to, now, policy) {
                Err(refusal) => StoreReply::Refused(refusal),
                Ok(event) => {
                    self.commit(event.as_slice()).await?;
                    StoreReply::Progressed
                }
            },
            StoreRequest::Reconcile => {
                let (reconciled, events) = self.jobs.reconcile(now);
                self.commit(&events).await?;
                self.store.seen.work.update(|w| w.recovers(self.jobs.completions()));
                StoreReply::Reconciled(reconciled)
            }
            StoreRequest::State { key } => {
                let job = self.jobs.by_key(&key);
                StoreReply::State(job.and_then(|job| self.jobs.state(job.id, policy)))
            }
        })
    }

    fn leased(&self, execution: ExecutionId) -> StoreReply {
        let lease = self.jobs.execution(execution).and_then(|e| {
            let job = self.jobs.job(e.job)?;
            let (key, payload) = (job.key.clone(), job.payload.clone());
            Some(Lease { execution, job: job.id, key, payload, attempt: e.attempt })
        });
        lease.map_or(StoreReply::Refused(Refusal::Unknown), StoreReply::Leased)
    }

    /// One transaction: logged, durable, and only then in effect.
    pub(super) async fn commit(&mut self, events: &[Event]) -> io::Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let digests = events.iter().map(digest).collect::<io::Result<Vec<_>>>()?;
        let body = encode(events)?;
        self.store.seen.log.update(|log| log.writes(digests));
        let durable = self.wal.append(&body).await?;
        for event in events {
            self.take_effect(event, durable);
        }
        Ok(())
    }

    fn take_effect(&mut self, event: &Event, durable: Durable) {
        let step = |execution: &ExecutionId, from, to| Transition {
            execution: *execution,
            from,
            to,
            record: Some(durable.number()),
        };
        let step = match event {
            Event::Accepted { .. } | Event::Due { .. } => None,
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
