//! Replicas of the store: copies of its state that are told of each operation, to be read where the store is far away.
//!
//! The store sends every operation once it is durable, with its number. A datagram may be lost, double, or late; so a
//! replica may see operations in another order than the one in which they happened, and what it makes of them then is
//! another state. What keeps it right is the number: in order, none twice, and what is missing is fetched first.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tumult_invariants::{ExecutionId, JobId, ReplicaHistory, Status};
use tumult_sim::net::rpc::Client;
use tumult_sim::net::{Mailbox, encode};
use tumult_sim::time::sleep;
use tumult_sim::{Observed, Process, select};

use super::messages::{Operation, PORT, StoreReply, StoreRequest};
use super::{Event, StorePolicy};

/// How long the store has to answer.
const DEADLINE: Duration = Duration::from_millis(100);
/// How often a replica asks whether it has missed something, when it is told of nothing.
const LOOK: Duration = Duration::from_secs(1);
/// How many operations the store gives at once.
pub(super) const BATCH: usize = 32;

#[derive(Clone)]
pub(super) struct Replica {
    pub(super) name: String,
    pub(super) store: Process,
    pub(super) policy: StorePolicy,
    pub(super) seen: Observed<ReplicaHistory>,
}

impl Replica {
    /// The process's body.
    pub(super) async fn run(self) -> io::Result<()> {
        let mailbox = Mailbox::<Operation>::bind(PORT).await?;
        let store = Client::connect((self.store, PORT)).await?;
        self.seen.update(|seen| seen.starts(&self.name));
        let mut copy = Copy { replica: self, store, view: View::default(), next: 0 };
        loop {
            select! {
                told = mailbox.recv() => copy.told(told?.0).await,
                () = sleep(LOOK) => copy.fetch(u64::MAX).await,
            }
        }
    }
}

/// A replica at work.
struct Copy {
    replica: Replica,
    store: Client<StoreRequest, StoreReply>,
    view: View,
    /// The number of the operation that is next, if they come in order.
    next: u64,
}

impl Copy {
    async fn told(&mut self, operation: Operation) {
        let Operation { number, event } = operation;
        if self.replica.policy.sequenced {
            self.fetch(number).await;
            let missing = self.replica.policy.reconciled && number > self.next;
            if number < self.next || missing {
                self.sees(number, None);
                return;
            }
        }
        self.sees(number, Some(&event));
    }

    /// Gets what is missing before operation `until` from the store, if it can be reached.
    async fn fetch(&mut self, until: u64) {
        while self.replica.policy.reconciled && self.next < until {
            let request = StoreRequest::Operations { from: self.next };
            let Ok(StoreReply::Operations(events)) = self.store.call(&request, DEADLINE).await else { return };
            if events.is_empty() {
                return;
            }
            for event in events {
                self.sees(self.next, Some(&event));
            }
        }
    }

    /// An operation is seen. Applied or not, it counts as seen from now on, unless it will be fetched.
    fn sees(&mut self, number: u64, event: Option<&Event>) {
        if let Some(event) = event {
            self.view.apply(event);
            self.next = self.next.max(number + 1);
        } else if number >= self.next {
            return;
        }
        let (name, digest) = (&self.replica.name, self.view.digest);
        self.replica.seen.update(|seen| seen.sees(name, number, digest));
    }
}

/// What a line of the copy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum About {
    Job(JobId),
    Execution(ExecutionId),
    Outgoing(u64),
}

/// The copy: what is known of each job and execution. The last that is said of one holds, as in any table that is
/// written by key.
#[derive(Debug, Default)]
struct View {
    lines: BTreeMap<About, Vec<u8>>,
    /// The sum of the lines' checksums, which is the same for the same lines, however they came about.
    digest: u64,
}

impl View {
    fn apply(&mut self, event: &Event) {
        match event {
            Event::Accepted { job, key, .. } => self.put(About::Job(*job), Some(key)),
            Event::Leased { execution, .. } => self.put(About::Execution(*execution), Some(&Status::Leased)),
            Event::Moved { execution, to, .. } => self.put(About::Execution(*execution), Some(to)),
            Event::LeaseEnds { .. } | Event::Due { .. } => {}
            Event::Queued(outgoing) => self.put(About::Outgoing(outgoing.number), Some(&outgoing.key)),
            Event::Delivered { number, .. } => self.put::<()>(About::Outgoing(*number), None),
        }
    }

    fn put<T: Serialize>(&mut self, about: About, line: Option<&T>) {
        let line = line.and_then(|line| encode(&(about, line)).ok());
        if let Some(line) = &line {
            self.digest = self.digest.wrapping_add(checksum(line));
        }
        let before = match line {
            Some(line) => self.lines.insert(about, line),
            None => self.lines.remove(&about),
        };
        if let Some(before) = before {
            self.digest = self.digest.wrapping_sub(checksum(&before));
        }
    }
}

fn checksum(line: &[u8]) -> u64 {
    u64::from(crc32fast::hash(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job_queue::Stamp;

    const E: ExecutionId = ExecutionId(1);

    fn moved(to: Status) -> Event {
        Event::Moved { execution: E, to, abort: None, at: Stamp(7) }
    }

    fn after(events: &[Event]) -> u64 {
        let mut view = View::default();
        for event in events {
            view.apply(event);
        }
        view.digest
    }

    #[test]
    fn a_copy_follows_from_the_operations_and_their_order() {
        let (begun, committed) = (moved(Status::InProgress), moved(Status::Committed));
        let in_order = after(&[begun.clone(), committed.clone()]);
        assert_eq!(in_order, after(std::slice::from_ref(&committed)), "the last one holds");
        assert_ne!(in_order, after(&[committed, begun]));
        let queued =
            Event::Queued(super::super::Outgoing { number: 1, execution: E, key: "k".into(), payload: vec![] });
        let delivered = Event::Delivered { number: 1, at: Stamp(8) };
        assert_eq!(after(&[queued, delivered]), 0);
    }
}
