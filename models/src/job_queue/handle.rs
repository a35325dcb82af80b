//! What one can do to a queue that is installed.

use std::io;
use std::time::Duration;

use tumult_sim::fault::{Condition, Fault};
use tumult_sim::journal::Phase;
use tumult_sim::net::rpc::Client;
use tumult_sim::time::sleep;
use tumult_sim::{Experiment, Process, Sim};

use super::client::Submitter;
use super::messages::{PORT, StoreReply, StoreRequest};
use super::{Observers, Reconciled};

/// How long the store has to answer an operator, and how long the operator rests before asking again.
const DEADLINE: Duration = Duration::from_millis(200);

/// A job queue that is installed: its processes, what is observed of it, what can be done to it.
#[derive(Clone, Debug)]
pub struct Handle {
    pub(super) queue: Process,
    pub(super) store: Process,
    pub(super) ledger: Process,
    pub(super) workers: Vec<(String, Process)>,
    pub(super) replicas: Vec<(String, Process)>,
    pub(super) effects: Effects,
    pub(super) payload: usize,
    pub(super) seen: Observers,
}

/// Who does the effects at the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effects {
    /// Each worker those of its jobs.
    Worker,
    /// The store, those of its outbox.
    Store,
}

impl Handle {
    /// The process that takes jobs in and gives them out.
    pub fn queue(&self) -> Process {
        self.queue
    }

    /// The process that decides, and has the log.
    pub fn store(&self) -> Process {
        self.store
    }

    /// The world outside.
    pub fn ledger(&self) -> Process {
        self.ledger
    }

    /// The worker of that name.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn worker(&self, name: &str) -> Process {
        match self.workers.iter().find(|(n, _)| n == name) {
            Some((_, process)) => *process,
            None => panic!("failed to find the worker `{name}`: the queue has {:?}", self.names()),
        }
    }

    fn names(&self) -> Vec<&str> {
        self.workers.iter().map(|(n, _)| n.as_str()).collect()
    }

    /// All workers, in the order in which they were declared.
    pub fn workers(&self) -> impl Iterator<Item = Process> + '_ {
        self.workers.iter().map(|(_, process)| *process)
    }

    /// What is observed of the queue.
    pub fn observers(&self) -> &Observers {
        &self.seen
    }

    // ---- faults

    /// The worker stands still for this long when it has begun to work on a job.
    #[track_caller]
    pub fn stall_worker(&self, name: &str, lasts: Duration) -> Fault {
        let worker = self.worker(name);
        Fault::pause(worker).on(Condition::point("worker.working").by(worker)).lasting(lasts)
    }

    /// All workers go down when this one has committed a job's effect, and before it says that the job is done.
    #[track_caller]
    pub fn crash_after_commit(&self, name: &str) -> Vec<Fault> {
        let worker = self.worker(name);
        let committed = Condition::point("worker.committed").by(worker);
        self.workers().map(|process| Fault::kill(process).on(committed.clone())).collect()
    }

    /// The worker dies when it has begun to work on a job, and is back after this long: with another life, which knows
    /// nothing of the job.
    #[track_caller]
    pub fn kill_worker(&self, name: &str, lasts: Duration) -> Fault {
        let worker = self.worker(name);
        Fault::kill(worker).on(Condition::point("worker.working").by(worker)).lasting(lasts)
    }

    // ---- clients

    /// A client that submits so many jobs, from `after` on. The run waits until all of them have ended; the output is
    /// how many were accepted.
    pub fn submit(&self, sim: &mut Sim, name: &str, after: Duration, jobs: u32) -> Process {
        let submitter = self.submitter(name, jobs);
        sim.primary(name, move || {
            let submitter = submitter.clone();
            async move {
                sleep(after).await;
                let accepted = submitter.submit().await?;
                submitter.settled().await?;
                Ok::<_, io::Error>(accepted)
            }
        })
    }

    /// As [`submit`](Self::submit), and the run does not wait for their end.
    pub fn submit_only(&self, sim: &mut Sim, name: &str, after: Duration, jobs: u32) -> Process {
        let submitter = self.submitter(name, jobs);
        sim.primary(name, move || {
            let submitter = submitter.clone();
            async move {
                sleep(after).await;
                submitter.submit().await
            }
        })
    }

    /// A client that submits so many jobs, one after the other, when phase DURING begins.
    pub fn submit_during(&self, x: &mut Experiment<'_>, jobs: u32) -> Process {
        let (submitter, phases) = (self.submitter("client", jobs), x.phases());
        x.process("client", move || {
            let (submitter, phases) = (submitter.clone(), phases.clone());
            async move {
                phases.reached(Phase::During).await;
                submitter.submit().await
            }
        })
    }

    /// Submits so many jobs, one after the other, in the calling process; it does not wait for their ends. Gives how many
    /// were accepted. The future borrows nothing.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn submits(&self, name: &str, jobs: u32) -> impl Future<Output = io::Result<u32>> + use<> {
        let submitter = self.submitter(name, jobs);
        async move { submitter.submit().await }
    }

    fn submitter(&self, name: &str, jobs: u32) -> Submitter {
        let (queue, payload, seen) = (self.queue, self.payload, self.seen.clone());
        Submitter { name: name.to_string(), queue, jobs, payload, seen }
    }

    // ---- recovery

    /// Reconciles the store, as an operator does after a crash: first every COMMITTED execution is finished, then those
    /// are aborted whose lease has expired before they committed. To be awaited in a process; the future borrows
    /// nothing.
    ///
    /// # Errors
    /// When the process that asks has ended.
    pub fn reconcile(&self) -> impl Future<Output = io::Result<Reconciled>> + use<> {
        let store = self.store;
        async move {
            let client = Client::<StoreRequest, StoreReply>::connect((store, PORT)).await?;
            loop {
                match client.call(&StoreRequest::Reconcile, DEADLINE).await {
                    Ok(StoreReply::Reconciled(reconciled)) => return Ok(reconciled),
                    Err(error) if error.is_closed() => return Err(error.into()),
                    // Asked twice, the second time there is less to do: that does no harm.
                    Ok(_) | Err(_) => sleep(DEADLINE).await,
                }
            }
        }
    }
}
