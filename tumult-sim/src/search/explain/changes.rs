//! In what two runs of a seed differ: their decisions compared, in words and counted.

use std::collections::BTreeSet;

use super::why::befell;
use crate::base::{Choices, Drawn};
use crate::fault::PlannedFault;
use crate::search::shrink::Shrunk;
use crate::sim::SimConfig;

/// A span of draws is made otherwise, or all that comes after an event: nobody knows how many of those draws matter.
const DRAWS: usize = 10;

/// In what another run differs from what is left of a failing one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// How many decisions, about.
    pub(super) count: usize,
    /// What they are.
    pub(super) words: Vec<String>,
}

impl Changes {
    /// `None` when it is no run to compare: another seed decides all else, or other processes are there, and where nobody
    /// acts nothing fails.
    pub(super) fn of(shrunk: &Shrunk, other: &SimConfig) -> Option<Self> {
        let this = &shrunk.config;
        let absent = |config: &SimConfig| -> BTreeSet<String> { config.choices.absent.iter().cloned().collect() };
        if this.seed != other.seed || this.schedule != other.schedule || absent(this) != absent(other) {
            return None;
        }
        let mut changes = Self::default();
        changes.faults(this, other);
        changes.choices(shrunk, &other.choices);
        Some(changes)
    }

    fn add(&mut self, count: usize, words: String) {
        self.count += count;
        self.words.push(words);
    }

    fn faults(&mut self, this: &SimConfig, other: &SimConfig) {
        let all = |config: &SimConfig| -> Vec<PlannedFault> { config.plan.iter().flatten().cloned().collect() };
        let (these, others) = (all(this), all(other));
        for fault in &these {
            match others.iter().find(|f| f.id == fault.id) {
                None => self.add(1, format!("without {}", fault.id)),
                Some(f) if f != fault => self.add(1, format!("with {f}")),
                Some(_) => {}
            }
        }
        for fault in others.iter().filter(|f| these.iter().all(|this| this.id != f.id)) {
            self.add(1, format!("with {fault}"));
        }
    }

    fn choices(&mut self, shrunk: &Shrunk, other: &Choices) {
        let this = &shrunk.config.choices;
        match (&this.messages, &other.messages) {
            (Some(these), Some(others)) => {
                for m in these.iter().filter(|m| !others.contains(m)) {
                    let (message, befell) = befell(shrunk, m);
                    self.add(1, format!("with {message} {}", befell.spared()));
                }
                for m in others.iter().filter(|m| !these.contains(m)) {
                    self.add(1, format!("with chance for message {} -> {} #{}", m.from, m.to, m.number));
                }
            }
            (None, None) => {}
            (_, Some(_)) => self.add(DRAWS, "with no message that meets with chance".into()),
            (_, None) => self.add(DRAWS, "with messages that meet with chance".into()),
        }
        match (&this.buggify, &other.buggify) {
            (Some(these), Some(others)) => {
                for f in these.iter().filter(|f| !others.contains(f)) {
                    let by = if f.process.is_empty() { "the test" } else { &f.process };
                    self.add(1, format!("where buggify!({:?}) does not fire at hit {} of {by}", f.site, f.hit));
                }
                let more = others.iter().filter(|f| !these.contains(f)).count();
                if more > 0 {
                    self.add(more, format!("where buggify! fires {more} times more"));
                }
            }
            (None, None) => {}
            _ => self.add(DRAWS, "where other buggify! sites fire".into()),
        }
        self.drawn("latencies", this.latency, other.latency);
        self.drawn("order of tasks", this.schedule, other.schedule);
        if this.edges != other.edges {
            self.add(DRAWS, "with latencies of another kind".into());
        }
        if this.workloads != other.workloads {
            self.add(1, "with other operations".into());
        }
        if let Some(branch) = other.branch.filter(|_| this.branch != other.branch) {
            let from = if branch.event == 0 { "the start".into() } else { format!("event {}", branch.event) };
            self.add(DRAWS, format!("with another future from {from} on"));
        }
    }

    fn drawn(&mut self, what: &str, this: Drawn, other: Drawn) {
        if this == other {
            return;
        }
        let when = match other {
            Drawn::Never => "never drawn".to_owned(),
            Drawn::Always => "always drawn".to_owned(),
            Drawn::Within(from, until) => format!("drawn from {from} to {until} alone"),
        };
        self.add(DRAWS, format!("with {what} {when}"));
    }
}
