//! What an observer who sees everything knows of the group: what the invariants are about.
//!
//! Each thing that a node or a client reports is compared with all that was reported before, here and at once, so that
//! checking an invariant is looking whether its flaw was found.

use std::collections::BTreeMap;

use tumult_sim::Time;

use crate::message::Versioned;

/// A life of a node: one that starts again is another, with nothing but its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// The node's number, from 1.
    pub node: u64,
    /// Which of its lives, from 1.
    pub life: u64,
}

/// An entry of the log, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest {
    /// The term in which a leader made it.
    pub term: u64,
    /// The checksum of what it says.
    pub data: u32,
}

#[derive(Clone, Copy, Debug)]
struct Applied {
    entry: Digest,
    by: Life,
    /// The term of the node that was the first to apply it: it was committed in that one or before.
    committed_by_term: u64,
}

/// What the group has done so far, and the first flaw of each kind.
#[derive(Debug, Default)]
pub struct Ledger {
    lives: BTreeMap<u64, u64>,
    leaders: BTreeMap<u64, Life>,
    /// By index and term: what the entry says, and the term of the one before it.
    logged: BTreeMap<(u64, u64), (Digest, u64, Life)>,
    /// The entry at position i has index i + 1.
    applied: Vec<Applied>,
    /// By key: the latest write that a client was told of.
    acknowledged: BTreeMap<u8, Versioned>,
    unfinished: Vec<u64>,
    /// By name: what was found first.
    pub(crate) two_leaders: Option<String>,
    pub(crate) logs_differ: Option<String>,
    pub(crate) applied_differs: Option<String>,
    pub(crate) leader_lacks: Option<String>,
    pub(crate) stale_read: Option<String>,
}

impl Ledger {
    /// A node begins a life.
    pub(crate) fn begins(&mut self, node: u64) {
        *self.lives.entry(node).or_default() += 1;
    }

    pub(crate) fn life(&self, node: u64) -> Life {
        Life { node, life: self.lives.get(&node).copied().unwrap_or_default() }
    }

    /// A node leads in this term; `has` gives the term of the entry at an index of its log.
    pub(crate) fn leads(&mut self, who: Life, term: u64, has: impl Fn(u64) -> Option<u64>) {
        match self.leaders.get(&term) {
            Some(other) if *other == who => {}
            Some(other) => {
                let what = || format!("term {term} is led by {who} and by {other}");
                self.two_leaders.get_or_insert_with(what);
            }
            None => {
                self.leaders.insert(term, who);
            }
        }
        for (index, applied) in (1..).zip(&self.applied) {
            if applied.committed_by_term < term && has(index) != Some(applied.entry.term) {
                let Applied { entry, by, .. } = applied;
                let what = || {
                    format!(
                        "{who} leads in term {term} without entry {index} of term {}, which {by} applied",
                        entry.term
                    )
                };
                self.leader_lacks.get_or_insert_with(what);
                return;
            }
        }
    }

    /// How many terms had a leader.
    pub fn terms_led(&self) -> usize {
        self.leaders.len()
    }

    /// Who led before this term, last.
    pub(crate) fn led_before(&self, term: u64) -> Option<Life> {
        self.leaders.range(..term).next_back().map(|(_, who)| *who)
    }

    /// A node has an entry in its log, behind one of the term `before`.
    pub(crate) fn logs(&mut self, who: Life, index: u64, entry: Digest, before: u64) {
        let (known, known_before, by) = *self.logged.entry((index, entry.term)).or_insert((entry, before, who));
        if known != entry {
            let what = || {
                format!(
                    "entry {index} of term {} says one thing in the log of {who} and another in that of {by}",
                    entry.term
                )
            };
            self.logs_differ.get_or_insert_with(what);
        } else if known_before != before {
            let what = || {
                format!(
                    "entry {index} of term {} is behind one of term {before} in the log of {who}, and of term \
                     {known_before} in that of {by}",
                    entry.term
                )
            };
            self.logs_differ.get_or_insert_with(what);
        }
    }

    /// A node whose term is `term` applies an entry.
    pub(crate) fn applies(&mut self, who: Life, term: u64, index: u64, entry: Digest) {
        match self.applied.get(index as usize - 1) {
            None => {
                assert_eq!(index as usize, self.applied.len() + 1, "entries are applied one after the other");
                self.applied.push(Applied { entry, by: who, committed_by_term: term });
            }
            Some(first) if first.entry != entry => {
                let (by, theirs) = (first.by, first.entry.term);
                let what = || {
                    format!(
                        "entry {index} is of term {theirs} where {by} applied it, and of term {} at {who}",
                        entry.term
                    )
                };
                self.applied_differs.get_or_insert_with(what);
            }
            Some(_) => {}
        }
    }

    /// How many entries were applied somewhere.
    pub fn entries(&self) -> usize {
        self.applied.len()
    }

    /// A client was told that its write is done.
    pub(crate) fn acknowledges(&mut self, key: u8, write: Versioned) {
        let latest = self.acknowledged.entry(key).or_default();
        if write.index > latest.index {
            *latest = write;
        }
    }

    /// The latest write of a key that some client was told of: what a read that begins now must see, or a later one.
    pub(crate) fn acknowledged(&self, key: u8) -> Versioned {
        self.acknowledged.get(&key).copied().unwrap_or_default()
    }

    /// A read that began when `floor` was the latest acknowledged write has given this.
    pub(crate) fn reads(&mut self, client: u64, key: u8, floor: Versioned, began: Time, got: Versioned) {
        if got.index < floor.index {
            let what = || {
                format!(
                    "client {client} read key {key} from {began} on and got {} of entry {}; {} of entry {} was \
                     acknowledged before",
                    got.value, got.index, floor.value, floor.index
                )
            };
            self.stale_read.get_or_insert_with(what);
        }
    }

    /// A client has work.
    pub(crate) fn starts_work(&mut self, client: u64) {
        self.unfinished.push(client);
    }

    /// A client had all its answers, the last of them after the faults.
    pub(crate) fn finishes_work(&mut self, client: u64) {
        self.unfinished.retain(|c| *c != client);
    }

    /// Who still waits for an answer.
    pub(crate) fn unfinished(&self) -> &[u64] {
        &self.unfinished
    }
}

impl std::fmt::Display for Life {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "n{} in life {}", self.node, self.life)
    }
}
