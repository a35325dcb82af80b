//! What runs reached, and what no run of a search did.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::catalogue::CATALOGUE;
use super::{Catalogue, SiteInfo, SiteKind};
pub use crate::kernel::sites::SiteCount;

/// What one run reached: a count for each site of the linked program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteCounts {
    /// In the linker's order; empty when nothing was reached.
    by_index: Vec<SiteCount>,
}

impl SiteCounts {
    pub(crate) fn new(by_index: &[SiteCount]) -> Self {
        Self { by_index: by_index.to_vec() }
    }

    /// The count of the site of that name; `None` when no such site is linked.
    pub fn of(&self, name: &str) -> Option<SiteCount> {
        let index = CATALOGUE.iter().position(|s| s.name() == name)?;
        Some(self.by_index.get(index).copied().unwrap_or_default())
    }
}

/// What the runs of a search reached, all together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    runs: u64,
    /// In the linker's order: the sum of the counts, and in how many runs there was a hit.
    by_index: Vec<(SiteCount, u64)>,
}

/// One site over a search.
#[derive(Clone, Copy, Debug)]
pub struct Covered {
    /// Which site.
    pub site: &'static SiteInfo,
    /// Its counts over all runs.
    pub count: SiteCount,
    /// In how many runs it was hit.
    pub runs: u64,
}

/// A site that says what should happen in some run, and it happened in none.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    /// Which site.
    pub site: &'static SiteInfo,
    /// How often it was reached with the condition false: 0 when the code never got there.
    pub reached: u64,
}

impl Coverage {
    /// Adds a run.
    pub fn add(&mut self, run: &SiteCounts) {
        self.runs += 1;
        for (index, count) in run.by_index.iter().enumerate() {
            self.at(index, *count, u64::from(count.hits > 0));
        }
    }

    /// Adds what another part of the search covered.
    pub fn merge(&mut self, other: &Self) {
        self.runs += other.runs;
        for (index, (count, runs)) in other.by_index.iter().enumerate() {
            self.at(index, *count, *runs);
        }
    }

    fn at(&mut self, index: usize, count: SiteCount, runs: u64) {
        if self.by_index.len() <= index {
            self.by_index.resize(index + 1, Default::default());
        }
        let (sum, in_runs) = &mut self.by_index[index];
        sum.reached += count.reached;
        sum.hits += count.hits;
        *in_runs += runs;
    }

    /// How many runs were added.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// Every linked site, reached or not, by name, file and line.
    pub fn rows(&self) -> Vec<Covered> {
        let covered = |(index, site)| {
            let (count, runs) = self.by_index.get(index).copied().unwrap_or_default();
            Covered { site, count, runs }
        };
        let mut rows: Vec<_> = CATALOGUE.iter().enumerate().map(covered).collect();
        rows.sort_by_key(|r| (r.site.name(), r.site.file(), r.site.line()));
        rows
    }

    /// The sites of `among` at which nothing ever happened: a `sometimes!` that never held, a `reachable!` or a
    /// `buggify!` that was never reached. That a `buggify!` never fired is chance, and no gap.
    pub fn gaps(&self, among: &Catalogue) -> Vec<Gap> {
        let gap = |row: Covered| {
            let open = match row.site.kind() {
                SiteKind::Sometimes | SiteKind::Reachable => row.count.hits == 0,
                SiteKind::Buggify => row.count.reached == 0,
                SiteKind::Unreachable => false,
            };
            let listed = among.sites().iter().any(|s| std::ptr::eq(*s, row.site));
            (open && listed).then_some(Gap { site: row.site, reached: row.count.reached })
        };
        self.rows().into_iter().filter_map(gap).collect()
    }
}

/// `never reached: sometimes!("a snapshot during an election")   src/raft.rs:311`
impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let site = self.site;
        match self.reached {
            0 => write!(f, "never reached: {site}   {}:{}", site.file(), site.line()),
            n => write!(f, "reached {n} times, never true: {site}   {}:{}", site.file(), site.line()),
        }
    }
}
