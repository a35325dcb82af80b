//! From a failing seed to its cause: planted defects with a known smallest cause, and what the report says of them.

#[path = "../common/child.rs"]
mod child;
mod near;
mod replicas;
mod report;
mod small;
mod turn;
mod whole;

use std::time::Duration;

use tumult_sim::Sim;
use tumult_sim::search::{Found, Search};

/// Long enough for all that is planted here, in debug on a busy machine.
const BUDGET: Duration = Duration::from_secs(60);

/// Searches until a case fails, and explains it.
fn explained(name: &str, test: impl Fn(&mut Sim) + Sync) -> Found {
    let found = Search::new(name).seeds(500).explain(BUDGET).run(test);
    assert!(found.failure().is_some(), "the planted defect was not found");
    found
}

/// The lines of one part of a report, without its label.
fn part(report: &str, label: &str) -> Vec<String> {
    let lines =
        report.lines().skip_while(|l| !l.trim_start().starts_with(label) || !l.starts_with(&format!(" {label}")));
    let mut lines = lines.enumerate().take_while(|(n, l)| *n == 0 || l.starts_with("         "));
    let cut = |l: &str| l.get(9..).unwrap_or_default().trim_end().to_owned();
    lines.by_ref().map(|(_, l)| cut(l)).collect()
}
