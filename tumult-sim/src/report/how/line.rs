//! One line of how a failure came about.

use super::super::Scene;
use super::super::words::payload;
use super::{POWER_LOST, SYNC, WRITE};
use crate::base::Time;
use crate::net::Drop;
use crate::trace::Kind;

/// Wider than this, a column is not padded to.
const COLUMN_MAX: usize = 60;

/// One line: what happened, what became of it, and where in the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) at: Time,
    pub(super) event: usize,
    pub(super) what: String,
    pub(super) outcome: String,
    pub(super) site: String,
    /// So many more like it.
    pub(super) more: usize,
}

impl Line {
    /// Whether it says the same of another time.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (&self.what, &self.outcome, &self.site) == (&other.what, &other.outcome, &other.site)
    }
}

/// The lines as text, in columns.
pub(super) fn render(lines: &[Line]) -> Vec<String> {
    let width = |column: fn(&Line) -> &str| {
        let lengths = lines.iter().map(|line| column(line).chars().count());
        lengths.filter(|len| *len <= COLUMN_MAX).max().unwrap_or(0)
    };
    let (what, outcome) = (width(|line| &line.what), width(|line| &line.outcome));
    let text = |line: &Line| {
        let more = if line.more > 0 { format!("   … {} more", line.more) } else { String::new() };
        let time = line.at.to_string();
        let text = format!("{time:>12}  {:<what$}  {:<outcome$}  {}", line.what, line.outcome, line.site);
        format!("{}{more}", text.trim_end())
    };
    lines.iter().map(text).collect()
}

impl Scene<'_> {
    /// What is said of an event.
    pub(super) fn how_line(&self, event: usize) -> Line {
        let r = self.recording.get(event).expect("an event of this recording");
        let by = self.fault_of(event).map(|fault| self.fault_name(fault));
        let by_fault = by.as_ref().map_or_else(String::new, |fault| format!("by {fault}"));
        let site = self.recording.site(event).map_or_else(String::new, ToString::to_string);
        let line = Line { at: r.at, event, what: String::new(), outcome: by_fault, site, more: 0 };
        match r.kind {
            Kind::Deliver | Kind::Drop => self.message(&line, by),
            Kind::Violation | Kind::Panic => {
                let what = String::from_utf8_lossy(r.bytes).lines().next().unwrap_or_default().to_owned();
                let failed = if r.kind == Kind::Violation { "** violation **" } else { "** panic **" };
                let what = if r.kind == Kind::Panic { format!("{} {what}", self.name(r.a_high())) } else { what };
                Line { what, outcome: failed.into(), ..line }
            }
            Kind::Disk if r.b >> 63 == 0 => {
                let (who, what) = self.words(event, &r);
                let outcome =
                    if self.was_lost(event) { "not synced before the power went".into() } else { line.outcome };
                Line { what: format!("{who} {what}"), outcome, ..line }
            }
            _ => {
                let (who, what) = self.words(event, &r);
                Line { what: format!("{who} {what}").trim_start().to_owned(), ..line }
            }
        }
    }

    /// A message from where it was sent to what became of it.
    fn message(&self, line: &Line, by: Option<String>) -> Line {
        let r = self.recording.get(line.event).expect("an event of this recording");
        let sent = self.recording.cause(line.event).and_then(|n| Some((n, self.recording.get(n)?)));
        let sent = sent.filter(|(_, sent)| sent.kind == Kind::Send);
        let (bytes, at) = sent.as_ref().map_or((r.bytes, r.at), |(_, sent)| (sent.bytes, sent.at));
        let from = match sent.and_then(|(n, _)| self.sender(n)) {
            Some(task) => format!("{} `{task}`", self.name(r.a_high())),
            None => self.name(r.a_high()).to_owned(),
        };
        let what = format!("{from} -> {}  {}", self.name(r.a_low()), payload(bytes));
        let late = sent.and_then(|(n, _)| self.fault_of(n)).map(|fault| self.fault_name(fault));
        let outcome = match (r.kind, by, late) {
            (Kind::Drop, Some(fault), _) => format!("dropped by {fault}"),
            (Kind::Drop, ..) => Drop::from_word(r.packet().0).map_or("dropped", Drop::reason).to_owned(),
            (_, Some(fault), _) => format!("arrives {}, held by {fault}", r.at),
            (_, _, Some(fault)) => format!("arrives {}, by {fault}", r.at),
            _ => format!("arrives {}", r.at),
        };
        let site = sent.and_then(|(n, _)| self.recording.site(n)).map_or_else(String::new, ToString::to_string);
        Line { at, what, outcome, site, event: line.event, more: 0 }
    }

    /// The name of the task that sent something, unless it says no more than its process's.
    fn sender(&self, sent: usize) -> Option<&str> {
        let poll = self.recording.cause(sent).and_then(|n| self.recording.get(n)).filter(|r| r.kind == Kind::Poll)?;
        let (name, _) = self.recording.task(sent, poll.a_low())?;
        (!["main", "task", "tokio", "thread"].contains(&name)).then_some(name)
    }

    /// Whether the next thing that became of this disk, after a change of what is on it, was that the power went.
    fn was_lost(&self, event: usize) -> bool {
        let Some(write) = self.recording.get(event).filter(|r| r.a_low() == WRITE) else { return false };
        let after = (event + 1..self.recording.len()).filter_map(|n| self.recording.get(n));
        let mut same = after.filter(|r| r.a_high() == write.a_high());
        same.find_map(|r| match r.kind {
            Kind::Disk if r.a_low() == SYNC && r.b >> 63 == 0 => Some(false),
            Kind::Process if r.b as u32 == POWER_LOST => Some(true),
            _ => None,
        })
        .unwrap_or(false)
    }
}
