//! How long a lease lasts, by the store's clock and by the worker's.

use std::time::Duration;

use tumult_sim::time::Instant;

use super::messages::Lease;
use super::{LeaseClock, Policy, Stamp};

/// The clock that the store reckons leases by.
///
/// The monotonic one goes on from the latest time of a lease in the log. So what passed between a crash and the next
/// start is not counted, of which nobody can say how long it was: a lease then lasts longer than it had to, and never
/// shorter.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoreTime {
    began: Option<(Stamp, Instant)>,
}

impl StoreTime {
    /// The store starts, with leases in its log up to `latest`.
    pub(super) fn starts(clock: LeaseClock, latest: Stamp) -> Self {
        match clock {
            LeaseClock::Wall => Self { began: None },
            LeaseClock::Monotonic => Self { began: Some((latest, Instant::now())) },
        }
    }

    pub(super) fn now(self) -> Stamp {
        self.began.map_or_else(Stamp::now, |(latest, since)| latest + since.elapsed())
    }
}

/// How long a worker has its lease, as far as it can tell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Held {
    /// It does not look.
    Unknown,
    /// Until its wall clock shows this, as the store's did when it gave the lease.
    Wall(Stamp),
    /// For so long since then, by its own count.
    Counted { since: Instant, lasts: Duration },
}

impl Held {
    /// The worker was just given the lease.
    pub(super) fn begins(lease: &Lease, policy: &Policy) -> Self {
        match policy.store.lease_clock {
            _ if !policy.store.lease_check => Self::Unknown,
            LeaseClock::Wall => Self::Wall(lease.until),
            LeaseClock::Monotonic => Self::Counted { since: Instant::now(), lasts: policy.lease },
        }
    }

    /// As it is if it is renewed by what is asked for now.
    pub(super) fn anew(self) -> Self {
        match self {
            Self::Counted { lasts, .. } => Self::Counted { since: Instant::now(), lasts },
            other => other,
        }
    }

    /// The store has renewed it.
    pub(super) fn renewed(self, until: Stamp) -> Self {
        match self {
            Self::Wall(_) => Self::Wall(until),
            other => other,
        }
    }

    pub(super) fn is_over(self) -> bool {
        match self {
            Self::Unknown => false,
            Self::Wall(until) => Stamp::now() >= until,
            Self::Counted { since, lasts } => since.elapsed() >= lasts,
        }
    }
}
