//! What a failing run needs: each fault, how often it fails without it, and how much of it there has to be.

use super::{Ask, branches};
use crate::base::{Choices, Drawn, MessageName};
use crate::fault::PlannedFault;
use crate::search::shrink::{Shrunk, with};
use crate::sim::SimConfig;
use crate::trace::{Kind, Recording};

/// So many other runs say how often it fails without a fault.
const RUNS: usize = 100;
/// The least amount is found to a part in 2 to the power of this.
const HALVINGS: u32 = 8;

/// The lines of WHY: what is left of the run, then what of that it needs.
pub(super) fn why(ask: &Ask<'_>, shrunk: &Shrunk) -> Vec<String> {
    let config = &shrunk.config;
    let faults: Vec<PlannedFault> = config.plan.iter().flatten().cloned().collect();
    let one = shrunk.one();

    let mut rows: Vec<(String, String)> = vec![];
    for fault in &faults {
        let others: Vec<PlannedFault> = faults.iter().filter(|f| f.id != fault.id).cloned().collect();
        let n = ask.sample(RUNS, one, 2 * faults.len() as u32);
        // This run itself, and others that differ in all that is drawn.
        let without = with(config, &others);
        let mut runs = branches(&without, 0, n - 1);
        runs.push(without);
        let least =
            least(ask, config, &faults, fault).map_or_else(String::new, |least| format!("; needed from {least}"));
        let said = format!("without it {} of {n} fail{least}", ask.failing(&runs));
        rows.push((fault.to_string(), said));
    }
    rows.extend(messages(shrunk));
    let width = rows.iter().map(|row| row.0.chars().count()).max().unwrap_or(0);
    let row = |(what, said): &(String, String)| format!("  {what:<width$}   {said}").trim_end().to_owned();
    let mut lines = vec![head(shrunk)];
    lines.extend(rows.iter().map(row));
    if !faults.is_empty() && !ask.is_late() {
        let n = ask.sample(RUNS, one, 2);
        let all = ask.failing(&branches(config, 0, n));
        let those = if faults.len() == 1 { "with it" } else { "with all of them" };
        lines.push(format!("  {those} {all} of {n} runs fail, whatever else is drawn"));
    }
    lines.extend(drawn(&config.choices).into_iter().map(|line| format!("  {line}")));
    lines
}

/// `3 faults of 61, 2 operations of 46, 3 processes of 5      (212 replays, 1.9 s)`
fn head(shrunk: &Shrunk) -> String {
    let of = |n: usize, all: usize, one: &str, many: &str| format!("{n} {} of {all}", if n == 1 { one } else { many });
    let faults = shrunk.config.plan.as_ref().map_or(0, crate::fault::Plan::len);
    let mut parts =
        vec![if faults == 0 { "no fault needed".into() } else { of(faults, shrunk.faults, "fault", "faults") }];
    if shrunk.operations > 0 {
        let left = shrunk.outcome.workloads.iter().map(|w| w.operations).sum();
        parts.push(of(left, shrunk.operations, "operation", "operations"));
    }
    let all = shrunk.outcome.process_names.len();
    parts.push(of(all - shrunk.config.choices.absent.len(), all, "process", "processes"));
    if shrunk.config.seed != shrunk.found {
        parts.push(format!("at seed {}", shrunk.config.seed));
    }
    let wall = shrunk.wall.as_secs_f64();
    let cut = if shrunk.cut_short { "; it may be smaller still: there was no time" } else { "" };
    format!("{}      ({} replays, {wall:.1} s{cut})", parts.join(", "), shrunk.replays)
}

/// The least amount of a fault with which the run fails, where less than all of it does.
fn least(ask: &Ask<'_>, config: &SimConfig, faults: &[PlannedFault], fault: &PlannedFault) -> Option<String> {
    let weakened = |share: f64| {
        let what = fault.what.weakened(share)?;
        Some(PlannedFault { what, ..fault.clone() })
    };
    weakened(0.5)?;
    let fails = |share: f64| {
        let Some(weak) = weakened(share) else { return false };
        let faults: Vec<_> = faults.iter().map(|f| if f.id == weak.id { weak.clone() } else { f.clone() }).collect();
        !ask.is_late() && ask.fails(&with(config, &faults))
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if fails(middle) { high = middle } else { low = middle }
    }
    // What is needed as it is has no least amount that is worth a word.
    (high < 0.95).then(|| weakened(high)?.what.amount()).flatten()
}

/// The messages that had to meet with chance, and what that was.
fn messages(shrunk: &Shrunk) -> Vec<(String, String)> {
    let row = |m: &MessageName| {
        let (message, befell) = befell(shrunk, m);
        (format!("{message} {}", befell.said()), "by chance; without that it holds".into())
    };
    shrunk.config.choices.messages.iter().flatten().map(row).collect()
}

/// What chance did to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Befell {
    Lost,
    Damaged,
    Doubled,
    Late,
}

impl Befell {
    fn said(self) -> &'static str {
        match self {
            Self::Lost => "is lost",
            Self::Damaged => "is damaged",
            Self::Doubled => "arrives twice",
            Self::Late => "falls behind",
        }
    }

    /// Where it did not.
    pub(super) fn spared(self) -> &'static str {
        match self {
            Self::Lost => "not lost",
            Self::Damaged => "not damaged",
            Self::Doubled => "arriving once",
            Self::Late => "in its order",
        }
    }
}

/// A message of what is left of the run, with its time, and what chance did to it.
pub(super) fn befell(shrunk: &Shrunk, m: &MessageName) -> (String, Befell) {
    let index = |name: &str| shrunk.outcome.process_names.iter().position(|n| n == name).unwrap_or(0) as u64;
    let pair = index(&m.from) << 32 | index(&m.to);
    let all = || shrunk.outcome.recording.iter().flat_map(Recording::iter);
    let of = |kind| all().filter(move |r| r.kind == kind && r.a == pair && r.packet().1 == m.number);
    let at = of(Kind::Send).next().map_or_else(String::new, |r| format!("at {} ", r.at));
    let befell = if of(Kind::Drop).next().is_some() {
        Befell::Lost
    } else if of(Kind::Corrupt).next().is_some() {
        Befell::Damaged
    } else if of(Kind::Deliver).count() > 1 {
        Befell::Doubled
    } else {
        Befell::Late
    };
    (format!("message {at}{} -> {} #{}", m.from, m.to, m.number), befell)
}

/// What has to be drawn, though nobody knows which draw it is.
fn drawn(choices: &Choices) -> Vec<String> {
    let mut lines = vec![];
    let mut say = |what: &str, drawn: Drawn, plain: &str| match drawn {
        Drawn::Never => {}
        Drawn::Always => lines.push(format!("{what} as drawn")),
        Drawn::Within(from, until) => lines.push(format!("{what} as drawn from {from} to {until}, else {plain}")),
    };
    say("latencies", choices.latency, "the median");
    say("order of tasks", choices.schedule, "that of their wakes");
    if choices.messages.is_none() {
        lines.push("messages meet with chance as drawn".into());
    }
    for fired in choices.buggify.iter().flatten() {
        let by = if fired.process.is_empty() { "the test" } else { &fired.process };
        lines.push(format!("buggify!({:?}) fires at hit {} of {by}", fired.site, fired.hit));
    }
    lines
}
