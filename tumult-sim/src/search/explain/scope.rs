//! What else fails: the failing cases of a search by their signatures.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::search::portfolio::Portfolio;
use crate::search::runner::Runner;
use crate::search::seeds::Cases;
use crate::sim::{RunOutcome, SimConfig};

/// At least so many further cases are looked at, where there are as many.
const FURTHER: u64 = 64;
/// And at most so many.
const FURTHER_MAX: u64 = 1_000;
/// For so long.
const TIME: Duration = Duration::from_secs(3);

/// The line of SCOPE: of the cases up to the first failing one, all others of which held, and of some after it.
/// `position` is the place of the first one among the cases. Those of a portfolio are made as it would make them with what
/// it had learnt by then.
pub(in crate::search) fn scope(
    runner: &Runner<'_>,
    cases: &Cases,
    portfolio: Option<&Portfolio>,
    position: u64,
    signature: &str,
) -> String {
    let further = (position + 1).clamp(FURTHER, FURTHER_MAX).min(cases.len().saturating_sub(position + 1));
    if further == 0 {
        return String::new();
    }
    let runner = runner.without_stopping(Instant::now() + TIME);
    let case = |n| {
        let (case, seed) = cases.get(n);
        let config = runner.config_of(seed);
        (case, portfolio.map_or_else(|| config.clone(), |portfolio| portfolio.settings(n, config.clone())))
    };
    let keep = |_: &SimConfig, outcome: RunOutcome| outcome.failure.map(|f| f.signature());
    let signatures = runner.run_each(position + 1..position + 1 + further, &case, &keep);
    let looked_at = position + 1 + signatures.len() as u64;
    let mut by_signature: BTreeMap<String, u64> = BTreeMap::from([(signature.to_owned(), 1)]);
    for signature in signatures.into_iter().filter_map(|s| s.1) {
        *by_signature.entry(signature).or_default() += 1;
    }
    let (failing, kinds, alike) = (by_signature.values().sum::<u64>(), by_signature.len(), by_signature[signature]);
    let seeds = |n: u64| format!("{n} {}", if n == 1 { "seed" } else { "seeds" });
    let these = if kinds == 1 {
        "1 signature".to_owned()
    } else {
        format!("{kinds} signatures; this is the first ({})", seeds(alike))
    };
    format!("{failing} failing {} of {looked_at}, {these}", if failing == 1 { "seed" } else { "seeds" })
}
