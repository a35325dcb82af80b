//! Which decisions about messages are made as they are drawn.

use std::collections::BTreeSet;

use crate::base::{Drawn, Probability, ProcessId, Time};

/// What was chosen for the messages of a run.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// Those that chance may lose, double, damage or put behind: sender, receiver, number. `None`: any.
    pub(crate) messages: Option<BTreeSet<(ProcessId, ProcessId, u64)>>,
    pub(crate) latency: Drawn,
}

/// What one message is left to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Luck {
    /// Whether it may be lost, doubled, damaged, or fall behind by chance.
    pub(super) odds: bool,
    /// Whether its latency is drawn.
    pub(super) latency: bool,
}

impl Luck {
    pub(super) const DRAWN: Self = Self { odds: true, latency: true };

    /// Whether something with this chance, as a bound on 53 bits, may happen to it. What is certain is no chance.
    #[inline]
    pub(super) fn allows(self, bound: u64) -> bool {
        self.odds || bound >= Probability::ALWAYS.bound()
    }
}

impl Chosen {
    pub(super) fn luck(&self, now: Time, from: ProcessId, to: ProcessId, number: u64) -> Luck {
        let odds = self.messages.as_ref().is_none_or(|those| those.contains(&(from, to, number)));
        Luck { odds, latency: self.latency.at(now) }
    }
}
