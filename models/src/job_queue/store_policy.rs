//! What the store does, and its workers with it, to protect the invariants where crashes, clocks and copies are concerned.

use std::time::Duration;

use super::Renewal;

/// The settings of a queue's store. Part of [`Policy`](super::Policy).
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a policy of its own, to be taken out on its own")]
pub struct StorePolicy {
    /// A transaction is one frame of the log. Else each of its records is one, written by itself. Default: yes.
    pub atomic_commits: bool,
    /// The checksum of a frame is looked at when the log is read. Default: yes.
    pub checksums: bool,
    /// The transaction that commits has the effect in it, and the store delivers it to the ledger. Else the worker does
    /// the effect and then commits. Default: no.
    pub outbox: bool,
    /// Whoever attempts a job again asks the store whether its key is recorded as committed, and where it is does no
    /// effect. Default: no; an idempotent commit asks the ledger.
    pub recorded_keys: bool,
    /// Which clock leases are reckoned by. Default: the wall clock.
    pub lease_clock: LeaseClock,
    /// A job is given to another worker so long after its lease is over by the clock of the store. Default: zero.
    pub drift_margin: Duration,
    /// A worker does no effect when its lease is over by its own clock. Default: it does not look.
    pub lease_check: bool,
    /// Who prolongs leases. Default: nobody.
    pub renewal: Renewal,
    /// A worker that cannot do a job nor say so to the store hands it back at the queue. Default: no.
    pub hand_back: bool,
    /// A replica applies operations in the order of their numbers, and none twice. Default: yes.
    pub sequenced: bool,
    /// A replica that misses operations gets them from the store before it goes on. Default: yes.
    pub reconciled: bool,
}

/// Which clock leases are reckoned by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeaseClock {
    /// The wall clock, which may be wrong, and be set. A worker compares its own with the store's.
    #[default]
    Wall,
    /// The monotonic one, which is nobody's to set. A worker counts from when it was given the lease.
    Monotonic,
}

impl Default for StorePolicy {
    fn default() -> Self {
        Self {
            atomic_commits: true,
            checksums: true,
            outbox: false,
            recorded_keys: false,
            lease_clock: LeaseClock::Wall,
            drift_margin: Duration::ZERO,
            lease_check: false,
            renewal: Renewal::Never,
            hand_back: false,
            sequenced: true,
            reconciled: true,
        }
    }
}
