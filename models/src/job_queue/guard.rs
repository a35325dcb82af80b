//! The policies by name, so that each can be taken out of a queue, whatever else is in it.

use std::time::Duration;

use super::{Control, JobQueue, LeaseClock, Renewal};

/// A policy that protects an invariant, and can be taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// The ledger is given the job's key with each effect.
    IdempotentCommit,
    /// Only the latest lease of a job may move it on.
    Fencing,
    /// Only declared transitions are made.
    TransitionCheck,
    /// The log is synced before anything in it takes effect.
    Sync,
    /// A transaction is one frame of the log.
    AtomicCommits,
    /// The checksum of a frame is looked at.
    Checksums,
    /// The transaction that commits has the effect in it.
    Outbox,
    /// Whoever attempts a job again asks whether its key is recorded.
    RecordedKeys,
    /// Leases are reckoned by the monotonic clock.
    MonotonicLeases,
    /// A job is given to another worker so long after its lease is over.
    DriftMargin,
    /// A worker does no effect when its lease is over by its own clock.
    LeaseCheck,
    /// The store prolongs leases, and not the queue.
    StoreRenewal,
    /// A worker that cannot do a job hands it back at the queue.
    HandBack,
    /// Replicas apply operations in the order of their numbers.
    SequenceNumbers,
    /// Replicas get what they miss.
    CatchUp,
    /// Leases run out.
    LeaseExpiry,
    /// A job has so many attempts, and is then put aside.
    DeadLetter,
    /// Exponential backoff with jitter.
    Backoff,
    /// Calls are made again in proportion to those that succeed.
    RetryBudget,
    /// A worker stops calling a ledger that does not answer.
    Breaker,
    /// The store takes so many open jobs.
    Admission,
    /// A job past its client's deadline is not begun.
    Deadlines,
    /// The queue keeps so many requests.
    Inbox,
    /// Control traffic has a lane or a channel of its own.
    ControlFirst,
    /// Workers that are not heard of are given no work.
    Heartbeats,
}

impl Guard {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::IdempotentCommit,
        Self::Fencing,
        Self::TransitionCheck,
        Self::Sync,
        Self::AtomicCommits,
        Self::Checksums,
        Self::Outbox,
        Self::RecordedKeys,
        Self::MonotonicLeases,
        Self::DriftMargin,
        Self::LeaseCheck,
        Self::StoreRenewal,
        Self::HandBack,
        Self::SequenceNumbers,
        Self::CatchUp,
        Self::LeaseExpiry,
        Self::DeadLetter,
        Self::Backoff,
        Self::RetryBudget,
        Self::Breaker,
        Self::Admission,
        Self::Deadlines,
        Self::Inbox,
        Self::ControlFirst,
        Self::Heartbeats,
    ];

    /// Its name in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::IdempotentCommit => "idempotent commit",
            Self::Fencing => "fencing",
            Self::TransitionCheck => "transition check",
            Self::Sync => "sync before effect",
            Self::AtomicCommits => "atomic commits",
            Self::Checksums => "checksums",
            Self::Outbox => "outbox",
            Self::RecordedKeys => "recorded keys",
            Self::MonotonicLeases => "monotonic leases",
            Self::DriftMargin => "drift margin",
            Self::LeaseCheck => "lease check",
            Self::StoreRenewal => "renewal at the store",
            Self::HandBack => "hand-back",
            Self::SequenceNumbers => "sequence numbers",
            Self::CatchUp => "replicas catch up",
            Self::LeaseExpiry => "lease expiry",
            Self::DeadLetter => "dead letter",
            Self::Backoff => "backoff with jitter",
            Self::RetryBudget => "retry budget",
            Self::Breaker => "circuit breaker",
            Self::Admission => "admission control",
            Self::Deadlines => "deadlines",
            Self::Inbox => "bounded inbox",
            Self::ControlFirst => "control first",
            Self::Heartbeats => "heartbeats",
        }
    }
}

impl JobQueue {
    /// Whether this policy is in place: set, and with something to protect.
    pub fn has(&self, guard: Guard) -> bool {
        let without = self.clone().without(guard).policy;
        let idle = match guard {
            Guard::SequenceNumbers | Guard::CatchUp => self.replicas.is_empty(),
            Guard::Inbox | Guard::ControlFirst => self.policy.surroundings.queue_cost.is_zero(),
            _ => false,
        };
        without != self.policy && !idle
    }

    /// The queue with this policy taken out. One that is not in place changes nothing.
    pub fn without(mut self, guard: Guard) -> Self {
        let policy = &mut self.policy;
        match guard {
            Guard::IdempotentCommit => policy.idempotent_commit = false,
            Guard::Fencing => policy.fencing = false,
            Guard::TransitionCheck => policy.transition_check = false,
            Guard::Sync => policy.sync = false,
            Guard::AtomicCommits => policy.store.atomic_commits = false,
            Guard::Checksums => policy.store.checksums = false,
            Guard::Outbox => policy.store.outbox = false,
            Guard::RecordedKeys => policy.store.recorded_keys = false,
            Guard::MonotonicLeases => policy.store.lease_clock = LeaseClock::Wall,
            Guard::DriftMargin => policy.store.drift_margin = Duration::ZERO,
            Guard::LeaseCheck => policy.store.lease_check = false,
            Guard::StoreRenewal if policy.store.renewal == Renewal::ByStore => policy.store.renewal = Renewal::ByQueue,
            Guard::StoreRenewal => {}
            Guard::HandBack => policy.store.hand_back = false,
            Guard::SequenceNumbers => policy.store.sequenced = false,
            Guard::CatchUp => policy.store.reconciled = false,
            Guard::LeaseExpiry => policy.guards.lease_expiry = false,
            Guard::DeadLetter => policy.budget = None,
            Guard::Backoff => policy.guards.backoff = None,
            Guard::RetryBudget => policy.guards.retry_budget = None,
            Guard::Breaker => policy.guards.breaker = None,
            Guard::Admission => policy.guards.admission = None,
            Guard::Deadlines => policy.guards.deadlines = false,
            Guard::Inbox => policy.guards.inbox = None,
            Guard::ControlFirst => policy.guards.control = Control::Shared,
            Guard::Heartbeats => policy.guards.heartbeats = None,
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Backoff, Breaker, Guards, RetryBudget, StorePolicy};
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn all() -> JobQueue {
        JobQueue::new()
            .outbox(true)
            .recorded_keys(true)
            .lease_clock(LeaseClock::Monotonic)
            .drift_margin(S)
            .lease_check(true)
            .renewal(Renewal::ByStore)
            .hand_back(true)
            .replicas(["east"])
            .budget(Some(3))
            .backoff(Some(Backoff { first: S, longest: S }))
            .retry_budget(Some(RetryBudget { most: 3.0, ratio: 0.1 }))
            .breaker(Some(Breaker { failures: 3, rest: S }))
            .admission(Some(8))
            .deadlines(true)
            .queue_cost(S)
            .inbox(Some(8))
            .control(Control::Priority)
            .heartbeats(S, S)
    }

    #[test]
    fn each_policy_is_taken_out_alone() {
        for guard in Guard::ALL {
            assert!(all().has(guard), "{guard:?}");
            let without = all().without(guard);
            assert!(!without.has(guard), "{guard:?}");
            let others = Guard::ALL.into_iter().filter(|other| *other != guard);
            assert!(others.clone().all(|other| without.has(other)), "{guard:?}");
        }
    }

    #[test]
    fn a_policy_with_nothing_to_protect_is_not_in_place() {
        let queue = all().replicas([]).queue_cost(Duration::ZERO);
        let idle: Vec<Guard> = Guard::ALL.into_iter().filter(|guard| !queue.has(*guard)).collect();
        assert_eq!(idle, [Guard::SequenceNumbers, Guard::CatchUp, Guard::Inbox, Guard::ControlFirst]);
    }

    /// A setting that is added does not compile here until somebody has thought of whether it is a policy: if so, it
    /// belongs in [`Guard`].
    #[test]
    fn each_setting_of_the_policies_is_known() {
        let Guards {
            lease_expiry: _,
            backoff: _,
            retry_budget: _,
            breaker: _,
            admission: _,
            deadlines: _,
            inbox: _,
            control: _,
            heartbeats: _,
        } = Guards::default();
        let StorePolicy {
            atomic_commits: _,
            checksums: _,
            outbox: _,
            recorded_keys: _,
            lease_clock: _,
            drift_margin: _,
            lease_check: _,
            renewal: _,
            hand_back: _,
            sequenced: _,
            reconciled: _,
        } = StorePolicy::default();
    }
}
