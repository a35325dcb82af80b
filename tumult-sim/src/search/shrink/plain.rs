//! Fewer processes and operations, and nothing drawn that need not be.

use std::collections::{BTreeMap, BTreeSet};

use super::Shrinker;
use super::ddmin::ddmin;
use crate::base::{Choices, Drawn, MessageName, Step, Time};
use crate::net::Drop;
use crate::sim::RunOutcome;
use crate::trace::{Kind, Recording};

/// So many steps are tried with one workload.
const STEPS: usize = 400;
/// A span of draws is found to so many parts of the run.
const PARTS: u64 = 64;

impl Shrinker<'_> {
    /// Leaves out the processes that the failure does not need. Those that a fault names stay; and without a server, say,
    /// its clients may fail in the same way for another reason, which their words tell apart.
    pub(super) fn drop_processes(&mut self, names: &[String]) {
        let plan = self.plan();
        let named: Vec<&String> = plan.iter().flat_map(|fault| fault.what.processes()).collect();
        let absent = self.best.choices.absent.clone();
        for name in names.iter().filter(|name| !named.contains(name) && !absent.contains(name)) {
            self.change_strictly(|config| config.choices.absent.push(name.clone()));
        }
    }

    /// Shrinks the drawn workloads, as their strategies do.
    pub(super) fn shrink_workloads(&mut self, first: &RunOutcome) {
        for number in 0..first.workloads.len() {
            let mut steps = vec![];
            let mut next = Step::Simplify;
            while steps.len() < STEPS {
                steps.push(next);
                let mut config = self.best.clone();
                let all = &mut config.choices.workloads;
                all.resize(all.len().max(number + 1), vec![]);
                all[number].clone_from(&steps);
                // Whether a step could be taken is known from the run alone.
                let Some(outcome) = self.run(&config) else { break };
                if outcome.workloads.get(number).is_none_or(|drawing| !drawing.stepped) {
                    break;
                }
                let fails = self.is_same(&outcome);
                if fails {
                    self.best = config;
                }
                next = if fails { Step::Simplify } else { Step::Complicate };
            }
        }
    }

    /// Makes plain all that need not be drawn: chance with messages, latencies, the order of tasks, `buggify!` sites.
    pub(super) fn make_plain(&mut self) {
        let outcome = self.recorded();
        let Some(recording) = &outcome.recording else { return };
        let end = outcome.failure.as_ref().map_or(outcome.ended_at, |f| f.at);

        if !self.change(|c| c.choices.messages = Some(vec![])) {
            let befallen = befallen(recording, &outcome.process_names);
            if self.change(|c| c.choices.messages = Some(befallen.clone())) {
                self.fewest(befallen, |choices, left| choices.messages = Some(left));
            }
        }
        let fired = outcome.fired.clone();
        if self.change(|c| c.choices.buggify = Some(fired.clone())) {
            self.fewest(fired, |choices, left| choices.buggify = Some(left));
        }
        self.narrow(end, |choices, drawn| choices.latency = drawn);
        self.narrow(end, |choices, drawn| choices.schedule = drawn);
        // Messages that had to be lost while latencies were drawn may not have to be now.
        if let Some(messages) = self.best.choices.messages.clone().filter(|those| !those.is_empty()) {
            self.fewest(messages, |choices, left| choices.messages = Some(left));
        }
    }

    /// Keeps as few of the items as the failure needs.
    fn fewest<T: Clone>(&mut self, items: Vec<T>, set: impl Fn(&mut Choices, Vec<T>)) {
        let base = self.best.clone();
        let with = |part: &[T]| {
            let mut config = base.clone();
            set(&mut config.choices, part.to_vec());
            config
        };
        let left = ddmin(items, &mut |part| self.fails(&with(part)));
        self.best = with(&left);
    }

    /// Never, if that fails; else within the shortest span before `end` that does.
    fn narrow(&mut self, end: Time, set: impl Fn(&mut Choices, Drawn)) {
        let mut tries = |drawn: Drawn| self.change(|c| set(&mut c.choices, drawn));
        let whole = Time::from_nanos(end.as_nanos().saturating_add(1));
        if tries(Drawn::Never) || !tries(Drawn::Within(Time::ZERO, whole)) {
            return;
        }
        let finest = (end.as_nanos() / PARTS).max(1_000_000);
        let bisect = |mut fails: u64, mut holds: u64, tries: &mut dyn FnMut(u64) -> bool| {
            while fails.abs_diff(holds) > finest {
                let middle = u64::midpoint(fails, holds);
                if tries(middle) { fails = middle } else { holds = middle }
            }
            Time::from_nanos(fails)
        };
        let from = bisect(0, end.as_nanos(), &mut |from| tries(Drawn::Within(Time::from_nanos(from), whole)));
        bisect(whole.as_nanos(), from.as_nanos(), &mut |until| tries(Drawn::Within(from, Time::from_nanos(until))));
    }
}

/// The messages of a run that were lost, doubled, damaged or put behind by chance.
fn befallen(recording: &Recording, names: &[String]) -> Vec<MessageName> {
    let mut found = BTreeSet::new();
    let mut last: BTreeMap<u64, u64> = BTreeMap::new();
    let mut arrived = BTreeSet::new();
    for r in recording.iter() {
        let (why, number) = r.packet();
        let by_chance = match r.kind {
            Kind::Drop => [Drop::Lost, Drop::Checksum].iter().any(|chance| why == *chance as u64),
            Kind::Corrupt => true,
            // After one that was sent later, or a second time.
            Kind::Deliver => {
                let last = last.entry(r.a).or_insert(number);
                let behind = number < *last;
                *last = number.max(*last);
                behind || !arrived.insert((r.a, number))
            }
            _ => false,
        };
        if by_chance {
            found.insert((r.a, number));
        }
    }
    let name = |index: u64| names.get(index as usize).cloned();
    let message = |(pair, number): (u64, u64)| {
        Some(MessageName { from: name(pair >> 32)?, to: name(pair & 0xffff_ffff)?, number })
    };
    found.into_iter().filter_map(message).collect()
}
