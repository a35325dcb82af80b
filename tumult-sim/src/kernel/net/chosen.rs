//! Which decisions about messages are made as they are drawn.

use std::collections::BTreeSet;

use crate::base::{Counter, Drawn, Probability, ProcessId, Time};

/// What was chosen for the messages of a run.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// Those that chance may lose, double, damage or put behind: sender, receiver, number. `None`: any.
    pub(crate) messages: Option<BTreeSet<(ProcessId, ProcessId, u64)>>,
    pub(crate) latency: Drawn,
    /// Whether latencies are drawn from their ends.
    pub(crate) edges: bool,
}

/// What one message is left to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Luck {
    /// Whether it may be lost, doubled, damaged, or fall behind by chance.
    pub(super) odds: bool,
    /// Whether its latency is drawn.
    pub(super) latency: bool,
    /// From the ends of what it may be.
    edges: bool,
}

impl Luck {
    pub(super) const DRAWN: Self = Self { odds: true, latency: true, edges: false };

    /// The draw of a latency.
    #[inline]
    pub(super) fn latency(self, draw: u64) -> u64 {
        match (self.latency, self.edges) {
            (true, false) => draw,
            (true, true) => edge(draw),
            (false, _) => Counter::MIDDLE,
        }
    }

    /// Whether something with this chance, as a bound on 53 bits, may happen to it. What is certain is no chance.
    #[inline]
    pub(super) fn allows(self, bound: u64) -> bool {
        self.odds || bound >= Probability::ALWAYS.bound()
    }
}

/// A draw near one end or the other: within a part in 32 of it.
const fn edge(draw: u64) -> u64 {
    let near = draw >> 5;
    if draw & 1 == 0 { near } else { !near }
}

impl Chosen {
    pub(super) fn luck(&self, now: Time, from: ProcessId, to: ProcessId, number: u64) -> Luck {
        let odds = self.messages.as_ref().is_none_or(|those| those.contains(&(from, to, number)));
        Luck { odds, latency: self.latency.at(now), edges: self.edges }
    }
}
