//! The settings of the policies, and the builder's methods for them.

use std::time::Duration;

use super::super::JobQueue;
use super::{Backoff, Breaker, RetryBudget};

/// What keeps the queue alive. By default leases expire, and nothing else is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Guards {
    /// Leases run out. Default: yes.
    pub lease_expiry: bool,
    /// How long a job rests after an attempt that failed, and a worker between two tries of a call. Default: a job until
    /// its lease is over, a worker not at all.
    pub backoff: Option<Backoff>,
    /// How many tries of a call may follow the first. Default: all that it wants.
    pub retry_budget: Option<RetryBudget>,
    /// When a worker stops calling the ledger. Default: never.
    pub breaker: Option<Breaker>,
    /// How many open jobs the store takes. Default: any number.
    pub admission: Option<usize>,
    /// A client's deadline goes with its job, and a job past its deadline is not begun. Default: no.
    pub deadlines: bool,
    /// How many requests the queue keeps that it has not begun to serve, in each lane. Default: any number.
    pub inbox: Option<usize>,
    /// How control traffic comes through. Default: as any other.
    pub control: Control,
    /// Whether workers send heartbeats. Default: no.
    pub heartbeats: Option<Heartbeats>,
}

/// How heartbeats and requests for leases reach the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Control {
    /// Behind whatever came before.
    #[default]
    Shared,
    /// In a lane of their own, which is served first.
    Priority,
    /// By a port of their own, with a task of its own.
    Separate,
}

/// Workers say that they are alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeats {
    /// How often.
    pub every: Duration,
    /// How long after the last one a worker is declared dead, and given no more work until the next.
    pub dead_after: Duration,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            lease_expiry: true,
            backoff: None,
            retry_budget: None,
            breaker: None,
            admission: None,
            deadlines: false,
            inbox: None,
            control: Control::Shared,
            heartbeats: None,
        }
    }
}

impl JobQueue {
    /// Whether leases run out. Off, a worker that dies takes its job with it.
    pub fn lease_expiry(mut self, on: bool) -> Self {
        self.policy.guards.lease_expiry = on;
        self
    }

    /// How many attempts a job may have: after the last it is dead-lettered.
    pub fn budget(mut self, attempts: Option<u32>) -> Self {
        self.policy.budget = attempts;
        self
    }

    /// Exponential backoff with jitter, for jobs that are attempted again and calls that are made again.
    pub fn backoff(mut self, backoff: Option<Backoff>) -> Self {
        self.policy.guards.backoff = backoff;
        self
    }

    /// A budget for calls that are made again.
    pub fn retry_budget(mut self, budget: Option<RetryBudget>) -> Self {
        self.policy.guards.retry_budget = budget;
        self
    }

    /// A circuit breaker at each worker, before the ledger.
    pub fn breaker(mut self, breaker: Option<Breaker>) -> Self {
        self.policy.guards.breaker = breaker;
        self
    }

    /// How many open jobs the store takes; the next one is refused.
    pub fn admission(mut self, room: Option<usize>) -> Self {
        self.policy.guards.admission = room;
        self
    }

    /// Whether a client's deadline goes with its job, which is shed when that has passed.
    pub fn deadlines(mut self, on: bool) -> Self {
        self.policy.guards.deadlines = on;
        self
    }

    /// How many requests the queue keeps in each lane that it has not begun to serve; the next one is refused.
    pub fn inbox(mut self, room: Option<usize>) -> Self {
        self.policy.guards.inbox = room;
        self
    }

    /// How heartbeats and requests for leases come through.
    pub fn control(mut self, control: Control) -> Self {
        self.policy.guards.control = control;
        self
    }

    /// Workers send heartbeats `every` so often, and are declared dead after so long without one.
    pub fn heartbeats(mut self, every: Duration, dead_after: Duration) -> Self {
        self.policy.guards.heartbeats = Some(Heartbeats { every, dead_after });
        self
    }
}
