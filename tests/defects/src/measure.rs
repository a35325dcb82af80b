//! How many seeds a search takes until its first failure.
//!
//! A policy is one variant of [`Policy`] and what it does in [`Policy::seeds_to_failure`]: whatever way a policy goes
//! through its runs, what counts is how many it makes.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tumult_sim::search::{Check, Found, Isolation, Search};
use tumult_sim::{Schedule, Seed};

use crate::{Defect, Draw};

/// A way to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Every seed has all kinds of faults; ready tasks run in random order.
    Random,
    /// Every seed has a random subset of the kinds, with random weights.
    Swarm,
    /// As random, and ready tasks run by random priorities that change at two points of the run.
    Pct,
    /// As random, and ready tasks run in the order in which they were woken.
    Fifo,
    /// As swarm, and the search goes on from what earlier seeds led to: `Search::portfolio`.
    Portfolio,
}

impl Policy {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Random, Self::Swarm, Self::Pct, Self::Fifo, Self::Portfolio];

    /// Runs the search of that number; gives how many runs it made, the failing one included, or nothing if it gave up
    /// after `limit`. A failure that is not the defect's own does not count.
    ///
    /// # Panics
    /// When a run fails in another way: the system has a mistake that is not the planted one.
    pub fn seeds_to_failure(self, defect: &Defect, search: u32, limit: u64) -> Option<u64> {
        self.search(defect, search, limit, Duration::ZERO).case().map(|case| case + 1)
    }

    /// The search of that number, until its first failure, which is made smaller and explained for so long.
    ///
    /// # Panics
    /// As [`seeds_to_failure`](Self::seeds_to_failure).
    pub fn search(self, defect: &Defect, search: u32, limit: u64, explain: Duration) -> Found {
        let (draw, schedule) = match self {
            Self::Random => (Draw::All, Schedule::Random),
            Self::Swarm | Self::Portfolio => (Draw::Swarm, Schedule::Random),
            Self::Pct => (Draw::All, Schedule::Pct(3)),
            Self::Fifo => (Draw::All, Schedule::Fifo),
        };
        // Seeds follow from the name, so all policies have the same.
        let name = format!("{}, search {search}", defect.name);
        let all = Search::new(&name).seeds(limit).jobs(1).check(Check::Off).schedule(schedule).explain(explain);
        // None of the programs leaves anything in a static, so all runs can share this process.
        let all = all.isolation(Isolation::None);
        let found = all.portfolio(self == Self::Portfolio).run(|sim| {
            defect.install_drawing(sim, false, draw);
            sim.run();
        });
        if let Some(failure) = found.failure() {
            assert_eq!(failure.invariant(), Some(defect.invariant), "{name}: {failure}");
        }
        found
    }
}

/// Seed number n of a search: no two searches have one in common.
pub fn seed(search: u32, n: u64) -> Seed {
    Seed((u64::from(search) << 32) | n)
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Random => "random",
            Self::Swarm => "swarm",
            Self::Pct => "pct",
            Self::Fifo => "fifo",
            Self::Portfolio => "portfolio",
        })
    }
}

impl FromStr for Policy {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let policy = Self::ALL.into_iter().find(|policy| policy.to_string() == s);
        policy.ok_or_else(|| format!("failed to read the policy `{s}`: write random, swarm, pct, fifo or portfolio"))
    }
}
