//! What the code under test said by `tracing`: beside the trace and not in it, so that it may be listened to or not.

use serde::{Deserialize, Serialize};
use tracing::Level;

use crate::base::Time;

/// One event of `tracing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log<'a> {
    /// When, in virtual time.
    pub at: Time,
    /// How many events of the trace came before it.
    pub after: usize,
    /// Whose code said it: a number of the run's processes.
    pub process: Option<u32>,
    /// The task that ran.
    pub task: Option<u32>,
    /// Its level.
    pub level: Level,
    /// Its target: the module path, unless the code says otherwise.
    pub target: &'a str,
    /// Its message, and behind it its fields, as `became leader term=8`.
    pub text: &'a str,
    /// The line of code, as `src/raft.rs:51`; empty where it is not known.
    pub site: &'a str,
}

/// All of a run, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Logs {
    entries: Vec<Entry>,
    /// Of each entry, one behind the other: target, text, site.
    words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    at: Time,
    after: u64,
    start: u64,
    target: u32,
    text: u32,
    site: u32,
    process: Option<u32>,
    task: Option<u32>,
    /// From 0, which is an error, to 4.
    level: u8,
}

const LEVELS: [Level; 5] = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];

impl Logs {
    /// Makes room, so that nothing is allocated for them while the run goes on.
    pub(super) fn reserve(&mut self, entries: usize) {
        self.entries.reserve_exact(entries);
        self.words.reserve_exact(256 * entries);
    }

    pub(super) fn push(&mut self, log: &Log<'_>) {
        let start = self.words.len() as u64;
        for part in [log.target, log.text, log.site] {
            self.words.push_str(part);
        }
        let len = |part: &str| part.len() as u32;
        self.entries.push(Entry {
            at: log.at,
            after: log.after as u64,
            start,
            target: len(log.target),
            text: len(log.text),
            site: len(log.site),
            process: log.process,
            task: log.task,
            level: LEVELS.iter().position(|l| *l == log.level).unwrap_or(0) as u8,
        });
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<Log<'_>> {
        let e = self.entries.get(index)?;
        let mut rest = e.start as usize;
        let mut part = |len: u32| {
            let from = rest;
            rest += len as usize;
            // What was read from elsewhere may have been cut.
            self.words.get(from..rest).unwrap_or_default()
        };
        let (target, text, site) = (part(e.target), part(e.text), part(e.site));
        let level = LEVELS.get(usize::from(e.level)).copied().unwrap_or(Level::TRACE);
        Some(Log { at: e.at, after: e.after as usize, process: e.process, task: e.task, level, target, text, site })
    }

    /// Which come when exactly `events` events of the trace have happened.
    pub(super) fn between(&self, events: usize) -> std::ops::Range<usize> {
        let events = events as u64;
        self.entries.partition_point(|e| e.after < events)..self.entries.partition_point(|e| e.after <= events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_kept_in_order_and_found_by_their_place() {
        let mut logs = Logs::default();
        let log = |after, text| Log {
            at: Time::from_nanos(after as u64),
            after,
            process: Some(1),
            task: None,
            level: LEVELS[after],
            target: "a::b",
            text,
            site: "src/a.rs:7",
        };
        let all = [log(0, "zero x=1"), log(2, "two"), log(2, ""), log(4, "vier ä")];
        for log in &all {
            logs.push(log);
        }
        assert_eq!((0..logs.len()).map(|n| logs.get(n).unwrap()).collect::<Vec<_>>(), all);
        assert_eq!(logs.get(4), None);
        assert_eq!([0, 1, 2, 4].map(|n| logs.between(n)), [0..1, 1..1, 1..3, 3..4]);
        let back: Logs = postcard::from_bytes(&postcard::to_allocvec(&logs).unwrap()).unwrap();
        assert_eq!(back, logs);
    }
}
