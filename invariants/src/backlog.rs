//! How much work is queued, where, and what becomes of what does not fit.

use std::collections::BTreeMap;

use crate::Bounds;

/// The queues of a system, by name: how long each is and what it holds in memory.
#[derive(Clone, Debug)]
pub struct BacklogHistory {
    bounds: Bounds,
    longest: BTreeMap<&'static str, usize>,
    refused: u64,
    flaw: Option<String>,
}

impl BacklogHistory {
    /// A history that is held to these bounds.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, longest: BTreeMap::new(), refused: 0, flaw: None }
    }

    /// So many items are queued in `place`, and take so much memory.
    pub fn holds(&mut self, place: &'static str, items: usize, bytes: usize) {
        let longest = self.longest.entry(place).or_default();
        *longest = items.max(*longest);
        let (most, most_bytes) = (self.bounds.queued, self.bounds.bytes);
        if items > most {
            self.flaw.get_or_insert_with(|| format!("{place} holds {items} items, and may hold {most}"));
        }
        if bytes > most_bytes {
            self.flaw.get_or_insert_with(|| format!("{place} holds {bytes} bytes, and may hold {most_bytes}"));
        }
    }

    /// An item was not taken in, or thrown out; its caller is told, or is left waiting.
    pub fn refuses(&mut self, place: &'static str, told: bool) {
        self.refused += 1;
        if !told {
            self.flaw.get_or_insert_with(|| format!("{place} dropped an item, and its caller was not told"));
        }
    }

    /// The most items that were queued in `place` at once.
    pub fn longest(&self, place: &str) -> usize {
        self.longest.get(place).copied().unwrap_or(0)
    }

    /// How many items were refused.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// What was wrong first.
    pub fn flaw(&self) -> Option<&str> {
        self.flaw.as_deref()
    }
}
