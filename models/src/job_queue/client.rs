//! A client: submits jobs, each until it is told that it is accepted, and sees to it that they end.

use std::io;
use std::time::Duration;

use tumult_invariants::{Answer, Counted};
use tumult_sim::Process;
use tumult_sim::net::rpc::Client;
use tumult_sim::process::random_duration;
use tumult_sim::time::sleep;

use super::Observers;
use super::messages::{PORT, QueueReply, QueueRequest};

/// How long the queue has to answer: longer than it waits for the store.
const DEADLINE: Duration = Duration::from_millis(250);
/// The first wait before another try; it doubles with each, up to the longest.
const BACKOFF: Duration = Duration::from_millis(50);
const BACKOFF_LONGEST: Duration = Duration::from_secs(2);
/// So many tries are about half an hour: then a client gives up.
const TRIES: u32 = 1000;
/// How often a client looks whether its jobs have ended.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Clone)]
pub(super) struct Submitter {
    pub(super) name: String,
    pub(super) queue: Process,
    pub(super) jobs: u32,
    /// How long a job's payload is, at least.
    pub(super) payload: usize,
    pub(super) seen: Observers,
}

impl Submitter {
    fn key(&self, n: u32) -> String {
        format!("{}-{n}", self.name)
    }

    /// What to do, in as many bytes as were asked for, none of them zero behind the number.
    fn payload(&self, n: u32) -> Vec<u8> {
        let mut payload = n.to_le_bytes().to_vec();
        payload.resize(self.payload.max(payload.len()), b'.');
        payload
    }

    async fn connect(&self) -> io::Result<Client<QueueRequest, QueueReply>> {
        Client::connect((self.queue, PORT)).await
    }

    /// Submits the jobs, one after the other. Gives how many were accepted.
    pub(super) async fn submit(&self) -> io::Result<u32> {
        let queue = self.connect().await?;
        let mut accepted = 0;
        for n in 1..=self.jobs {
            accepted += u32::from(self.submit_one(&queue, n).await);
        }
        Ok(accepted)
    }

    async fn submit_one(&self, queue: &Client<QueueRequest, QueueReply>, n: u32) -> bool {
        let request = QueueRequest::Submit { key: self.key(n), payload: self.payload(n) };
        let what = || format!("{}'s submission of `{}`", self.name, self.key(n));
        let mut backoff = BACKOFF;
        for _ in 0..TRIES {
            let answer = match queue.call(&request, DEADLINE).await {
                Ok(QueueReply::Accepted(job)) => {
                    self.seen.ends(what(), Answer::Confirmed, Counted::Success);
                    self.seen.accepted(job);
                    return true;
                }
                Ok(QueueReply::Refused(_)) => Answer::Refused,
                // The queue did not hear from the store: the job may be in its log or not.
                Ok(_) | Err(_) => Answer::Silence,
            };
            self.seen.ends(what(), answer, Counted::Failure);
            sleep(backoff / 2 + random_duration(Duration::ZERO, backoff / 2)).await;
            backoff = (backoff * 2).min(BACKOFF_LONGEST);
        }
        false
    }

    /// Waits until each of the jobs is in a final state.
    pub(super) async fn settled(&self) -> io::Result<()> {
        let queue = self.connect().await?;
        for n in 1..=self.jobs {
            loop {
                let request = QueueRequest::State { key: self.key(n) };
                match queue.call(&request, DEADLINE).await {
                    Ok(QueueReply::State(Some(state))) if state.is_final() => break,
                    _ => sleep(LOOK).await,
                }
            }
        }
        Ok(())
    }
}
