//! How a failure came about: the events that it follows from, as few lines in the order of time.

mod line;
mod said;
mod slice;

use std::collections::{BTreeMap, BTreeSet};

use super::Scene;
use crate::fault::Step;
use crate::trace::Kind;
use line::Line;
use slice::Slice;

/// Operations of a disk and a change of a process, as the trace has them.
const WRITE: u32 = 2;
const SYNC: u32 = 4;
const POWER_LOST: u32 = 3;
/// So many lines at the most.
const LINES_MAX: usize = 14;
/// Of these, so many for what faults did, one or more each.
const FAULT_LINES_MAX: usize = 6;
/// So many tasks that wait for ever are explained.
const BLOCKED_MAX: usize = 4;

impl Scene<'_> {
    /// How the failure of this run came about, a line each; empty when nothing led to it.
    pub(crate) fn how(&self) -> Vec<String> {
        let roots = self.roots();
        if roots.is_empty() {
            return vec![];
        }
        let slice = Slice::of(self.recording, &roots, 2 * LINES_MAX);
        let end = roots.iter().copied().max().unwrap_or(0);
        let by_faults = self.by_faults(&slice, end);
        let mut chosen: BTreeSet<usize> = by_faults.keys().copied().collect();
        for (_, event) in &slice.told {
            if chosen.len() >= LINES_MAX {
                break;
            }
            chosen.insert(*event);
        }
        let mut lines: Vec<Line> = chosen
            .into_iter()
            .map(|event| Line { more: by_faults.get(&event).copied().unwrap_or(0), ..self.how_line(event) })
            .collect();
        lines.extend(self.said_in(&slice, end));
        lines.sort_by_key(|line| (line.at, line.event));
        line::render(&merged(lines))
    }

    /// What failed: the first violation, the last panic, or the last that was done by those who wait for ever.
    fn roots(&self) -> Vec<usize> {
        let all = || (0..self.recording.len()).filter_map(|n| Some((n, self.recording.get(n)?)));
        let of = |kind| all().filter(move |(_, r)| r.kind == kind).map(|(n, _)| n);
        if let Some(first) = of(Kind::Violation).next() {
            return vec![first];
        }
        if let Some(last) = of(Kind::Panic).next_back() {
            return vec![last];
        }
        // With the end of a process that gave an error the run ends.
        let ends = |(_, r): &(usize, crate::trace::Record<'_>)| matches!(r.kind, Kind::End | Kind::Process);
        if let Some((end, _)) = all().next_back().filter(ends) {
            return vec![end];
        }
        let mut last: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        for (n, r) in all() {
            match r.kind {
                Kind::Poll => drop(last.insert((r.a_high(), r.a_low()), n)),
                Kind::End => drop(last.remove(&(r.a_high(), r.a_low()))),
                _ => {}
            }
        }
        let mut roots: Vec<usize> = last.into_values().collect();
        roots.sort_unstable_by(|a, b| b.cmp(a));
        roots.truncate(BLOCKED_MAX);
        roots
    }

    /// What faults did to the processes that the failure is of, in what the slice has and in what never arrived: the first
    /// event that shows a fault, and how many more are like it.
    fn by_faults(&self, slice: &Slice<'_>, end: usize) -> BTreeMap<usize, usize> {
        let of = |n: &usize| self.recording.get(*n).map(|r| concerned(r.kind, r.a));
        let concerned: BTreeSet<u32> = slice.told.iter().filter_map(|(_, n)| of(n)).flatten().collect();
        // By fault, whether it is a message, and between whom.
        let mut groups: BTreeMap<(u64, u64), Vec<usize>> = BTreeMap::new();
        for n in 0..=end {
            let Some(r) = self.recording.get(n) else { break };
            let touches = match r.kind {
                Kind::Drop => concerned.contains(&r.a_high()) && concerned.contains(&r.a_low()),
                Kind::Process => concerned.contains(&r.a_high()),
                Kind::Clock => slice.has(n),
                Kind::Disk => r.b >> 63 == 1 && concerned.contains(&r.a_high()),
                _ => false,
            };
            if touches && let Some(fault) = self.fault_of(n) {
                let what = if r.kind == Kind::Drop { r.a } else { u64::MAX - n as u64 };
                groups.entry((fault, what)).or_default().push(n);
            }
        }
        let shown: BTreeSet<u64> = groups.keys().map(|(fault, _)| *fault).collect();
        let mut lines: BTreeMap<usize, usize> = BTreeMap::new();
        for group in groups.values() {
            lines.insert(group[0], group.len() - 1);
        }
        // The latest are the nearest.
        while lines.len() > FAULT_LINES_MAX {
            lines.pop_first();
        }
        // A fault that none of this shows is told itself.
        for n in (0..=end).filter(|n| slice.has(*n)) {
            if let Some(r) = self.recording.get(n)
                && r.kind == Kind::Fault
                && !shown.contains(&r.a)
                && let Some(injected) = self.injected(r.a)
                && injected <= end
                && lines.len() < FAULT_LINES_MAX
            {
                lines.insert(injected, 0);
            }
        }
        lines
    }

    /// The fault that is among the causes of an event, at once or by way of an overlay that it laid or a change of a disk
    /// or a clock.
    fn fault_of(&self, event: usize) -> Option<u64> {
        let kind = |n: usize| self.recording.get(n).map(|r| r.kind);
        let fault = |n: usize| self.recording.get(n).filter(|r| r.kind == Kind::Fault).map(|r| r.a);
        let changes = [Kind::Overlay, Kind::Clock, Kind::Disk, Kind::Process];
        self.recording.causes(event).find_map(|cause| {
            let by_change = || {
                let is_change = kind(cause).is_some_and(|kind| changes.contains(&kind));
                is_change.then(|| self.recording.causes(cause).find_map(fault))?
            };
            fault(cause).or_else(by_change)
        })
    }

    /// When a fault was injected.
    fn injected(&self, fault: u64) -> Option<usize> {
        let is = |n: &usize| {
            let r = self.recording.get(*n);
            r.is_some_and(|r| r.kind == Kind::Fault && r.a == fault && r.b == Step::Injected as u64)
        };
        (0..self.recording.len()).find(is)
    }

    /// What a fault is called.
    fn fault_name(&self, fault: u64) -> String {
        let text = self.injected(fault).and_then(|n| self.recording.get(n)).map(|r| String::from_utf8_lossy(r.bytes));
        let id = text.as_ref().and_then(|text| text.split_whitespace().next());
        id.map_or_else(|| format!("fault {}", fault + 1), str::to_owned)
    }
}

/// The processes that an event concerns.
fn concerned(kind: Kind, a: u64) -> Vec<u32> {
    let (high, low) = ((a >> 32) as u32, a as u32);
    match kind {
        Kind::Deliver | Kind::Drop => vec![high, low],
        Kind::Observe | Kind::Clock | Kind::Limit => vec![low],
        Kind::Violation | Kind::Name => vec![],
        _ => vec![high],
    }
}

/// Equal lines one after the other become one that counts.
fn merged(lines: Vec<Line>) -> Vec<Line> {
    let mut merged: Vec<Line> = vec![];
    for line in lines {
        match merged.last_mut() {
            Some(last) if last.is_like(&line) => last.more += 1 + line.more,
            _ => merged.push(line),
        }
    }
    merged
}
