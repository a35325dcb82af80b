//! Rules: what code outside the kernel decides about a packet before its link does.

use std::time::Duration;

use super::{Fate, TcpFlags};
use crate::base::{ProcessId, RuleId, Time, nanos};

/// A packet as a rule sees it.
#[derive(Clone, Copy, Debug)]
pub struct PacketView<'a> {
    /// Who sends it.
    pub from: ProcessId,
    /// The port it is sent from.
    pub from_port: u16,
    /// Who is to get it.
    pub to: ProcessId,
    /// The port it is sent to.
    pub to_port: u16,
    /// Its payload; of a segment the part of the stream that it carries, if any.
    pub bytes: &'a [u8],
    /// What a segment of a stream is there for; `None` for a datagram.
    pub tcp: Option<TcpFlags>,
    /// When it is sent.
    pub at: Time,
}

/// What a rule decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: the next rule decides, in the end the link.
    #[default]
    Pass,
    /// It is lost.
    Drop,
    /// It takes this much longer.
    Delay(Duration),
    /// So many copies follow it.
    Duplicate(u32),
    /// It carries these bytes instead.
    Rewrite(Vec<u8>),
}

/// The rules that have a name: which faults want them asked, and how often they decided. The closures are elsewhere.
#[derive(Debug, Default)]
pub(crate) struct NamedRules(Vec<Named>);

#[derive(Debug)]
struct Named {
    name: Box<str>,
    /// How many faults in force want it asked.
    on: u32,
    hits: u64,
}

impl NamedRules {
    /// A new rule, that is not asked; `None` when another has the name.
    pub(crate) fn declare(&mut self, name: &str) -> Option<RuleId> {
        if self.names().any(|n| n == name) {
            return None;
        }
        self.0.push(Named { name: name.into(), on: 0, hits: 0 });
        Some(RuleId(self.0.len() as u32 - 1))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|r| &*r.name)
    }

    fn get_mut(&mut self, rule: RuleId) -> Option<&mut Named> {
        self.0.get_mut(rule.0 as usize)
    }

    pub(super) fn switch(&mut self, rule: RuleId, on: bool) {
        if let Some(rule) = self.get_mut(rule) {
            rule.on = if on { rule.on + 1 } else { rule.on.saturating_sub(1) };
        }
    }

    pub(crate) fn is_on(&self, rule: RuleId) -> bool {
        self.0.get(rule.0 as usize).is_some_and(|r| r.on > 0)
    }

    pub(super) fn any_on(&self) -> bool {
        self.0.iter().any(|r| r.on > 0)
    }

    /// It has decided about a packet.
    pub(crate) fn hit(&mut self, rule: RuleId) {
        if let Some(rule) = self.get_mut(rule) {
            rule.hits += 1;
        }
    }

    /// How often it has decided about a packet.
    pub(crate) fn hits(&self, rule: RuleId) -> u64 {
        self.0.get(rule.0 as usize).map_or(0, |r| r.hits)
    }
}

impl Fate {
    /// Takes a verdict in; gives the new payload, if there is one.
    pub(crate) fn decide(&mut self, verdict: Verdict) -> Option<Vec<u8>> {
        match verdict {
            Verdict::Pass => {}
            Verdict::Drop => self.dropped = true,
            Verdict::Delay(d) => self.delay_ns = self.delay_ns.saturating_add(nanos(d)),
            Verdict::Duplicate(n) => self.copies = self.copies.saturating_add(n),
            Verdict::Rewrite(bytes) => return Some(bytes),
        }
        None
    }
}
