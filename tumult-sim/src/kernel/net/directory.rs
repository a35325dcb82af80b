//! Names that stand for processes, with answers that change and lookups that fail.
//!
//! May: answer otherwise than before, as it was before its last change, late, or not at all. Must never: make up a
//! process, touch connections that were made, or the names of others.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use super::Latency;
use super::latency::Sampler;
use crate::base::{Counter, Key, NameChange, NameFailure, NameId, ProcessId};

/// How long a resolver waits for an answer that does not come, and how often it asks: the defaults of `resolv.conf`.
pub(crate) const PATIENCE: (Duration, u32) = (Duration::from_secs(5), 2);

#[derive(Debug)]
struct Entry {
    name: Box<str>,
    answers: Vec<ProcessId>,
    /// What it answered before `answers` was last changed.
    former: Vec<ProcessId>,
    takes: Sampler,
    key: Counter,
    lookups: u64,
    // ---- what faults want
    failure: Option<NameFailure>,
    stale: bool,
    instead: Option<Vec<ProcessId>>,
    /// How many lookups came out otherwise for a fault, by kind. Counted by looks, which change nothing else.
    felt: [Cell<u64>; 3],
}

impl Entry {
    /// What it answers, and which kind of fault has made that so.
    fn answer(&self) -> (Result<&[ProcessId], NameFailure>, Option<usize>) {
        if let Some(failure) = self.failure {
            return (Err(failure), Some(0));
        }
        if let Some(instead) = &self.instead {
            return (Ok(instead), (*instead != self.answers).then_some(2));
        }
        if self.stale {
            return (Ok(&self.former), (self.former != self.answers).then_some(1));
        }
        (Ok(&self.answers), None)
    }
}

/// All names of a run that were declared, in that order.
#[derive(Debug)]
pub(crate) struct Directory {
    entries: Vec<Entry>,
    by_name: BTreeMap<Box<str>, u32>,
    key: Key,
}

impl Directory {
    pub(crate) fn new(key: &Key) -> Self {
        Self { entries: vec![], by_name: BTreeMap::new(), key: key.child("names") }
    }

    /// From now on everything is drawn by other keys, which follow from those there were.
    pub(super) fn branch(&mut self, salt: u64) {
        self.key = self.key.numbered(salt);
        self.entries.iter_mut().for_each(|entry| entry.key = entry.key.below(salt));
    }

    /// A new name, which stands for nobody; or the one that is there.
    pub(crate) fn declare(&mut self, name: &str) -> NameId {
        if let Some(id) = self.named(name) {
            return id;
        }
        let id = self.entries.len() as u32;
        self.by_name.insert(name.into(), id);
        self.entries.push(Entry {
            name: name.into(),
            answers: vec![],
            former: vec![],
            takes: Latency::Constant(Duration::ZERO).compile(),
            key: self.key.child(name).counter(),
            lookups: 0,
            failure: None,
            stale: false,
            instead: None,
            felt: Default::default(),
        });
        NameId(id)
    }

    pub(crate) fn named(&self, name: &str) -> Option<NameId> {
        // Most runs have none, and their messages pay no more than this.
        if self.entries.is_empty() { None } else { self.by_name.get(name).map(|id| NameId(*id)) }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|e| &*e.name)
    }

    fn entry(&mut self, id: NameId) -> &mut Entry {
        &mut self.entries[id.0 as usize]
    }

    /// Sets what it answers.
    pub(crate) fn set(&mut self, id: NameId, answers: Vec<ProcessId>) {
        let entry = self.entry(id);
        if entry.answers != answers {
            entry.former = std::mem::replace(&mut entry.answers, answers);
            // What was never there cannot be answered still.
            if entry.former.is_empty() {
                entry.former.clone_from(&entry.answers);
            }
        }
    }

    /// How long its lookups take.
    pub(crate) fn set_latency(&mut self, id: NameId, takes: Latency) {
        self.entry(id).takes = takes.compile();
    }

    /// A lookup begins: how long it takes.
    pub(crate) fn ask(&mut self, id: NameId) -> Duration {
        let entry = self.entry(id);
        entry.lookups += 1;
        Duration::from_nanos(entry.takes.sample(entry.key.draw(entry.lookups, 0)))
    }

    /// What it answers now.
    pub(crate) fn answer(&self, id: NameId) -> Result<&[ProcessId], NameFailure> {
        let entry = &self.entries[id.0 as usize];
        let (answer, fault) = entry.answer();
        if let Some(kind) = fault {
            entry.felt[kind].set(entry.felt[kind].get() + 1);
        }
        answer
    }

    /// A fault changes it. False when it is so already.
    pub(crate) fn apply(&mut self, id: NameId, change: &NameChange) -> bool {
        let entry = self.entry(id);
        match change {
            NameChange::Fail(failure) => std::mem::replace(&mut entry.failure, *failure) != *failure,
            NameChange::Stale(on) => std::mem::replace(&mut entry.stale, *on) != *on,
            NameChange::Instead(answers) => {
                let differs = entry.instead != *answers;
                entry.instead.clone_from(answers);
                differs
            }
        }
    }

    /// How many lookups came out otherwise for faults of this kind.
    pub(crate) fn felt(&self, id: NameId, change: &NameChange) -> u64 {
        self.entries[id.0 as usize].felt[change.setting()].get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    const A: ProcessId = ProcessId(0);
    const B: ProcessId = ProcessId(1);

    fn directory() -> (Directory, NameId) {
        let mut directory = Directory::new(&Key::root(Seed(1)));
        let id = directory.declare("db");
        directory.set(id, vec![A]);
        (directory, id)
    }

    #[test]
    fn a_name_answers_what_was_set_last() {
        let (mut d, id) = directory();
        assert_eq!((d.named("db"), d.named("ghost")), (Some(id), None));
        assert_eq!(d.answer(id), Ok(&[A][..]));
        d.set(id, vec![B, A]);
        assert_eq!(d.answer(id), Ok(&[B, A][..]));
        assert_eq!(d.declare("db"), id, "declared once");
    }

    #[test]
    fn faults_count_where_they_made_a_difference() {
        let (mut d, id) = directory();
        let changes = [
            NameChange::Fail(Some(NameFailure::Temporary)),
            NameChange::Stale(true),
            NameChange::Instead(Some(vec![B])),
        ];
        let felt = |d: &Directory| [0, 1, 2].map(|n| d.felt(id, &changes[n]));
        assert!(d.apply(id, &changes[1]) && !d.apply(id, &changes[1]));
        assert_eq!((d.answer(id), felt(&d)), (Ok(&[A][..]), [0, 0, 0]), "it has not changed");
        d.set(id, vec![B]);
        assert_eq!((d.answer(id), felt(&d)), (Ok(&[A][..]), [0, 1, 0]));
        d.apply(id, &changes[2]);
        assert_eq!((d.answer(id), felt(&d)), (Ok(&[B][..]), [0, 1, 0]), "what it would say anyway");
        d.set(id, vec![A]);
        assert_eq!((d.answer(id), felt(&d)), (Ok(&[B][..]), [0, 1, 1]));
        d.apply(id, &changes[0]);
        assert_eq!((d.answer(id), felt(&d)), (Err(NameFailure::Temporary), [1, 1, 1]));
        for change in [NameChange::Fail(None), NameChange::Stale(false), NameChange::Instead(None)] {
            assert!(d.apply(id, &change));
        }
        assert_eq!(d.answer(id), Ok(&[A][..]), "what was set meanwhile holds");
    }

    #[test]
    fn latency_is_a_function_of_the_number_and_the_name() {
        let (mut d, id) = directory();
        assert_eq!(d.ask(id), Duration::ZERO);
        d.set_latency(id, Latency::uniform_ms(1.0, 9.0));
        let takes: Vec<Duration> = (0..5).map(|_| d.ask(id)).collect();
        assert!(takes.windows(2).any(|w| w[0] != w[1]), "{takes:?}");
        let (mut again, other) = directory();
        again.declare("another");
        again.set_latency(other, Latency::uniform_ms(1.0, 9.0));
        again.ask(other);
        assert_eq!((0..5).map(|_| again.ask(other)).collect::<Vec<_>>(), takes);
    }
}
