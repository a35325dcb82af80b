//! What code said by `tracing` in the polls that a failure follows from.

use super::Scene;
use super::line::Line;
use super::slice::Slice;
use crate::report::event::said;
use crate::trace::{Kind, Log};

/// So many lines at the most, the last: the nearest to the failure.
const SAID_MAX: usize = 6;

impl Scene<'_> {
    /// The lines, in order. Each has its place after the event that came before it.
    pub(super) fn said_in(&self, slice: &Slice<'_>, end: usize) -> Vec<Line> {
        let in_slice = |log: &Log<'_>| {
            let kind = |n: usize| self.recording.get(n).map(|r| r.kind);
            let poll = (0..log.after).rev().find(|n| kind(*n) == Some(Kind::Poll));
            let poll = poll.and_then(|n| Some((n, self.recording.get(n)?)));
            poll.is_some_and(|(n, r)| slice.has(n) && Some(r.a_high()) == log.process && Some(r.a_low()) == log.task)
        };
        let near = self.recording.logs().rev().filter(|log| log.after <= end + 1 && in_slice(log)).take(SAID_MAX);
        let line = |log: Log<'_>| {
            let who = log.process.map_or("", |process| self.name(process));
            let (what, site) = (format!("{who} {}", said(&log)), log.site.to_owned());
            Line { at: log.at, event: log.after.saturating_sub(1), what, outcome: String::new(), site, more: 0 }
        };
        let mut lines: Vec<Line> = near.map(line).collect();
        lines.reverse();
        lines
    }
}
