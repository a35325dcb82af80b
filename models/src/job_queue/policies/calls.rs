//! How a worker calls the ledger: whether it may, whether again, and after which pause.

use std::cell::RefCell;

use tumult_sim::process::random_unit;
use tumult_sim::time::{now, sleep};

use super::breaker::Fuse;
use super::tokens::Tokens;
use super::{Backoff, Guards};

/// What a worker knows of its calls.
#[derive(Debug)]
pub(in super::super) struct Calls {
    backoff: Option<Backoff>,
    tokens: Option<Tokens>,
    fuse: Option<RefCell<Fuse>>,
}

impl Calls {
    pub(in super::super) fn new(guards: &Guards) -> Self {
        Self {
            backoff: guards.backoff,
            tokens: guards.retry_budget.map(Tokens::new),
            fuse: guards.breaker.map(|breaker| RefCell::new(Fuse::new(breaker))),
        }
    }

    /// Waits until calls are worth making: while the breaker is open, and until a probe, the one call of the half-open
    /// breaker, has succeeded.
    pub(in super::super) async fn ready(&self, probe: impl AsyncFn() -> bool) {
        loop {
            let Some(until) = self.open_until() else { return };
            sleep(until.saturating_since(now())).await;
            if probe().await {
                self.succeeded();
            } else {
                self.failed();
            }
        }
    }

    fn open_until(&self) -> Option<tumult_sim::Time> {
        self.fuse.as_ref().and_then(|fuse| fuse.borrow().open_until())
    }

    /// Whether a call may be made that was made `before` so many times, and failed; waits before it is made again.
    pub(in super::super) async fn may(&self, before: u32) -> bool {
        if self.open_until().is_some() || (before > 0 && self.tokens.as_ref().is_some_and(|tokens| !tokens.spend())) {
            return false;
        }
        if let Some(backoff) = self.backoff.filter(|_| before > 0) {
            sleep(backoff.pause(before, random_unit())).await;
        }
        true
    }

    pub(in super::super) fn succeeded(&self) {
        if let Some(tokens) = &self.tokens {
            tokens.earn();
        }
        if let Some(fuse) = &self.fuse {
            fuse.borrow_mut().succeeded();
        }
    }

    pub(in super::super) fn failed(&self) {
        if let Some(fuse) = &self.fuse {
            fuse.borrow_mut().failed(now(), random_unit());
        }
    }
}
