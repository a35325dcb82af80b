//! The ledger: the world outside, to which effects are done. It is no part of the system, and survives every crash of it.
//!
//! It does what it is told, as often as it is told, unless the caller gives an idempotency key: then it does the effect
//! once for that key. So do the payment services that it stands for. Effects that come out of the store's outbox have
//! numbers, and none is done whose number is not above the last.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use tumult_invariants::{Effect, EffectLedger, ExecutionId};
use tumult_sim::Observed;
use tumult_sim::cpu;
use tumult_sim::net::rpc;
use tumult_sim::time::now;

use super::messages::{LedgerReply, LedgerRequest, PORT};

/// The ledger, whose books are kept elsewhere than in the process that serves it.
#[derive(Clone)]
pub(super) struct Ledger {
    keys: Rc<RefCell<BTreeSet<String>>>,
    /// The number of the last effect that came out of the store's outbox.
    delivered: Rc<Cell<u64>>,
    effects: Observed<EffectLedger>,
    /// The CPU time that a request takes.
    cost: Duration,
}

impl Ledger {
    pub(super) fn new(effects: Observed<EffectLedger>, cost: Duration) -> Self {
        Self { keys: Rc::default(), delivered: Rc::default(), effects, cost }
    }

    /// The process's body.
    pub(super) async fn run(self) -> io::Result<()> {
        let server = rpc::Server::bind(PORT).await?;
        loop {
            let (request, reply) = server.next().await?;
            if !self.cost.is_zero() {
                cpu::work(self.cost).await;
            }
            reply.send(&self.answer(request))?;
        }
    }

    fn answer(&self, request: LedgerRequest) -> LedgerReply {
        match request {
            LedgerRequest::Lookup { idempotency_key } => {
                if self.keys.borrow().contains(&idempotency_key) {
                    LedgerReply::AlreadyApplied
                } else {
                    LedgerReply::NotApplied
                }
            }
            LedgerRequest::Apply { key, execution, idempotency_key } => self.apply(&key, execution, idempotency_key),
            LedgerRequest::Deliver { outgoing, .. } if outgoing.number <= self.delivered.get() => {
                LedgerReply::AlreadyApplied
            }
            LedgerRequest::Deliver { outgoing, idempotency_key } => {
                self.delivered.set(outgoing.number);
                self.apply(&outgoing.key, outgoing.execution, idempotency_key)
            }
        }
    }

    fn apply(&self, key: &str, execution: ExecutionId, idempotency_key: Option<String>) -> LedgerReply {
        if let Some(idempotency_key) = idempotency_key
            && !self.keys.borrow_mut().insert(idempotency_key)
        {
            return LedgerReply::AlreadyApplied;
        }
        self.effects.update(|e| e.apply(key, Effect { execution, at: now() }));
        LedgerReply::Applied
    }
}
