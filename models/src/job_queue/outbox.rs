//! The outbox: effects that were committed with their transaction, and are to be delivered to the ledger.
//!
//! Each has a number that is in the log, so that it is the same after every crash. They are delivered in their order, each
//! until the ledger has confirmed it, and the ledger does none whose number it has had: at least once, and once in effect.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tumult_invariants::{AttemptHistory, ExecutionId};
use tumult_sim::Process;
use tumult_sim::fault::point;
use tumult_sim::net::rpc::Client;
use tumult_sim::task::spawn;
use tumult_sim::time::sleep;

use super::Observers;
use super::bell::Bell;
use super::messages::{LedgerReply, LedgerRequest, PORT};

/// How long the ledger has to answer.
const DEADLINE: Duration = Duration::from_millis(100);
/// How long it is left alone when it has not.
const REST: Duration = Duration::from_millis(10);

/// An effect to be delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Its number, from 1, in the order of the transactions.
    pub number: u64,
    /// The execution that committed it.
    pub execution: ExecutionId,
    /// The job's key.
    pub key: String,
    /// What to do.
    pub payload: Vec<u8>,
}

/// Effects that are not known to be delivered, and how many there ever were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outbox {
    waiting: BTreeMap<u64, Outgoing>,
    last: u64,
}

impl Outbox {
    pub(super) fn next_number(&self) -> u64 {
        self.last + 1
    }

    pub(super) fn add(&mut self, outgoing: &Outgoing) {
        self.last = self.last.max(outgoing.number);
        self.waiting.insert(outgoing.number, outgoing.clone());
    }

    pub(super) fn delivered(&mut self, number: u64) {
        self.waiting.remove(&number);
    }

    /// How many effects wait, and what they take in memory.
    pub(super) fn size(&self) -> (usize, usize) {
        let bytes = self.waiting.values().map(|o| size_of_val(o) + o.key.len() + o.payload.len()).sum();
        (self.waiting.len(), bytes)
    }

    fn first(&self) -> Option<&Outgoing> {
        self.waiting.values().next()
    }
}

/// Delivers, beside the store: told what waits, it tells what the ledger has confirmed.
#[derive(Default)]
pub(super) struct Relay {
    first: RefCell<Option<Outgoing>>,
    confirmed: RefCell<Option<u64>>,
    work: Bell,
    done: Bell,
}

impl Relay {
    /// Begins to deliver, for as long as the process lives. With `keyed`, the ledger is given the job's key as well.
    pub(super) async fn start(ledger: Process, keyed: bool, seen: Observers) -> io::Result<Rc<Self>> {
        let ledger = Client::connect((ledger, PORT)).await?;
        let relay = Rc::new(Self::default());
        spawn(Rc::clone(&relay).run(ledger, keyed, seen));
        Ok(relay)
    }

    async fn run(self: Rc<Self>, ledger: Client<LedgerRequest, LedgerReply>, keyed: bool, seen: Observers) {
        loop {
            let first = self.first.borrow().clone();
            let Some(outgoing) = first else {
                self.work.heard().await;
                continue;
            };
            let number = outgoing.number;
            let idempotency_key = keyed.then(|| outgoing.key.clone());
            let request = LedgerRequest::Deliver { outgoing, idempotency_key };
            seen.attempts.update(AttemptHistory::calls);
            if ledger.call(&request, DEADLINE).await.is_err() {
                sleep(REST).await;
                continue;
            }
            point("store.applied").await;
            self.first.replace(None);
            self.confirmed.replace(Some(number));
            self.done.ring();
        }
    }

    /// The first of these is next, unless one is under way.
    pub(super) fn offer(&self, outbox: &Outbox) {
        let mut first = self.first.borrow_mut();
        if first.is_none() && self.confirmed.borrow().is_none() {
            *first = outbox.first().cloned();
            drop(first);
            self.work.ring();
        }
    }

    /// Waits until an effect is delivered; gives its number. Cancel-safe.
    pub(super) async fn delivered(&self) -> u64 {
        loop {
            let number = self.confirmed.borrow_mut().take();
            match number {
                Some(number) => return number,
                None => self.done.heard().await,
            }
        }
    }
}
