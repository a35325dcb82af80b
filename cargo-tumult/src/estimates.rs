//! `cargo tumult estimates`: how near authors' predictions came, and whether they were as sure as they were right.
//!
//! Each experiment counts once, by its newest run: the same seed gives the same journal, however often it runs. What was
//! aborted or interrupted has shown nothing of what was predicted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use tumult_sim::journal::{Journal, Status, Stored, history};

use crate::error::Error;
use crate::workspace;

/// Mean confidence above or below the part of hits by more than this is said to be too sure, or not sure enough.
const OFF: f64 = 0.1;
/// Of fewer estimates nothing is said.
const FEW: usize = 5;
/// Estimates of like confidence, in fifths.
const BINS: usize = 5;

/// An estimate and what came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Judged {
    /// Whether the predicted outcome was the one that was seen.
    pub(crate) hit: bool,
    /// Predicted rank less observed rank: below 0 where it came worse than predicted.
    pub(crate) lean: i8,
    /// How near the estimate came, 0 to 1.
    pub(crate) accuracy: Option<f64>,
    /// By how many seconds the recovery was another than predicted.
    pub(crate) recovery_error_s: Option<f64>,
    /// Predicted and measured seconds to recovery.
    pub(crate) recovery_s: Option<(f64, f64)>,
    /// How sure its author was, 0 to 1.
    pub(crate) confidence: Option<f64>,
}

/// Prints the tables.
pub(crate) fn estimates() -> Result<ExitCode, Error> {
    let out = workspace::artifacts()?;
    let all = history(&out);
    for error in &all.skipped {
        eprintln!("note: skipped: {error}");
    }
    let judged = judged(&all.runs);
    if judged.is_empty() {
        return Err(Error::new(format!(
            "find estimates in {}: declare one by `x.estimate(…)` in an experiment, and run `cargo tumult run`",
            out.display()
        )));
    }
    print!("{}", tables(&judged));
    Ok(ExitCode::SUCCESS)
}

/// The estimates of these runs, the oldest of which is the first.
pub(crate) fn judged(runs: &[Stored]) -> Vec<(&Journal, Judged)> {
    let mut newest: BTreeMap<&str, &Journal> = BTreeMap::new();
    for stored in runs {
        newest.insert(&stored.journal.experiment_id, &stored.journal);
    }
    newest.into_values().filter_map(|j| Some((j, judge(j)?))).collect()
}

/// What came of a journal's estimate; none where there is none, or nothing was observed.
fn judge(journal: &Journal) -> Option<Judged> {
    let (estimate, analysis) = (journal.estimate.as_ref()?, journal.analysis.as_ref()?);
    let actual = analysis.actual_outcome?;
    if matches!(journal.status, Status::Aborted | Status::Interrupted) {
        return None;
    }
    Some(Judged {
        hit: actual == estimate.expected_outcome,
        lean: estimate.expected_outcome.rank() as i8 - actual.rank() as i8,
        accuracy: analysis.estimate_accuracy,
        recovery_error_s: analysis.estimate_recovery_delta_s.map(f64::abs),
        recovery_s: estimate.expected_recovery_s.zip(analysis.actual_recovery_s),
        confidence: estimate.confidence,
    })
}

fn tables(judged: &[(&Journal, Judged)]) -> String {
    let tag = |j: &Journal, key: &str| j.tags.get(key).cloned();
    let target = |j: &Journal| j.target.clone();
    let mode = |j: &Journal| Some(tag(j, "failure_mode").unwrap_or_else(|| j.experiment_title.clone()));
    let mut text = String::new();
    table(&mut text, "team", judged, |j| tag(j, "team"));
    table(&mut text, "target", judged, target);
    table(&mut text, "failure mode", judged, mode);
    calibration(&mut text, judged);
    text
}

fn table(text: &mut String, what: &str, judged: &[(&Journal, Judged)], group: impl Fn(&Journal) -> Option<String>) {
    let mut groups: BTreeMap<String, Vec<&Judged>> = BTreeMap::new();
    for (journal, j) in judged {
        groups.entry(group(journal).unwrap_or_else(|| "none named".to_owned())).or_default().push(j);
    }
    let width = groups.keys().map(|name| name.chars().count()).max().unwrap_or(0).max(what.len());
    let _ = writeln!(
        text,
        "{what:<width$}  {:>9}  {:>8}  {:>8}  {:>10}  {:>14}",
        "estimates", "outcome", "accuracy", "confidence", "recovery off"
    );
    for (name, all) in &groups {
        let row = Row::of(all);
        let _ = writeln!(
            text,
            "{name:<width$}  {:>9}  {:>8}  {:>8}  {:>10}  {:>14}  {}",
            all.len(),
            percent(Some(row.hits)),
            percent(row.accuracy),
            percent(row.confidence),
            row.recovery_error_s.map_or_else(|| "-".to_owned(), |s| format!("{s:.1} s")),
            row.verdict(),
        );
    }
    text.push('\n');
}

/// Those that said how sure they were, sorted by that into so many classes of equal width.
pub(crate) fn by_confidence<'a>(all: impl Iterator<Item = &'a Judged>, classes: usize) -> Vec<Vec<&'a Judged>> {
    let mut sorted = vec![vec![]; classes];
    for (confidence, j) in all.filter_map(|j| Some((j.confidence?, j))) {
        sorted[((confidence * classes as f64) as usize).min(classes - 1)].push(j);
    }
    sorted
}

/// How sure authors were, and how often they were right then.
fn calibration(text: &mut String, judged: &[(&Journal, Judged)]) {
    let bins = by_confidence(judged.iter().map(|(_, j)| j), BINS);
    if bins.iter().all(Vec::is_empty) {
        return;
    }
    let _ = writeln!(text, "{:<12}  {:>9}  {:>8}", "confidence", "estimates", "outcome");
    for (n, bin) in bins.iter().enumerate().filter(|(_, bin)| !bin.is_empty()) {
        let range = format!("{} to {} %", n * 100 / BINS, (n + 1) * 100 / BINS);
        let row = Row::of(bin);
        let _ = writeln!(text, "{range:<12}  {:>9}  {:>8}  {}", bin.len(), percent(Some(row.hits)), row.verdict());
    }
}

/// A group's figures.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Row {
    pub(crate) estimates: usize,
    /// The part whose outcome was predicted.
    pub(crate) hits: f64,
    accuracy: Option<f64>,
    recovery_error_s: Option<f64>,
    pub(crate) confidence: Option<f64>,
    /// The part of hits among those that said how sure they were.
    sure_hits: Option<f64>,
    sure: usize,
    lean: f64,
}

impl Row {
    pub(crate) fn of(all: &[&Judged]) -> Self {
        let known = |of: fn(&Judged) -> Option<f64>| mean(all.iter().filter_map(|j| of(j)));
        let sure = || all.iter().filter(|j| j.confidence.is_some());
        Self {
            estimates: all.len(),
            hits: mean(all.iter().map(|j| f64::from(u8::from(j.hit)))).unwrap_or(0.0),
            accuracy: known(|j| j.accuracy),
            recovery_error_s: known(|j| j.recovery_error_s),
            confidence: known(|j| j.confidence),
            sure_hits: mean(sure().map(|j| f64::from(u8::from(j.hit)))),
            sure: sure().count(),
            lean: mean(all.iter().map(|j| f64::from(j.lean))).unwrap_or(0.0),
        }
    }

    /// Whether they were surer than right, and which way they lean.
    fn verdict(&self) -> String {
        let mut words = vec![];
        match self.confidence.zip(self.sure_hits) {
            _ if self.sure < FEW => {}
            Some((confidence, hits)) if confidence - hits > OFF => words.push("over-confident"),
            Some((confidence, hits)) if hits - confidence > OFF => words.push("under-confident"),
            Some(_) => words.push("calibrated"),
            None => {}
        }
        if self.lean < -OFF {
            words.push("over-estimates resilience");
        } else if self.lean > OFF {
            words.push("under-estimates resilience");
        }
        words.join(", ")
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0_usize), |(sum, n), x| (sum + x, n + 1));
    (n > 0).then(|| sum / n as f64)
}

fn percent(part: Option<f64>) -> String {
    part.map_or_else(|| "-".to_owned(), |part| format!("{:.0} %", 100.0 * part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(hit: bool, lean: i8, confidence: f64) -> Judged {
        Judged { hit, lean, confidence: Some(confidence), ..Judged::default() }
    }

    fn verdict(all: &[Judged]) -> String {
        Row::of(&all.iter().collect::<Vec<_>>()).verdict()
    }

    #[test]
    fn who_is_surer_than_right_is_named_and_who_is_less_sure_too() {
        // Right in 6 of 10.
        let sure = |confidence| -> Vec<Judged> { (0..10).map(|n| judged(n < 6, 0, confidence)).collect() };
        assert_eq!(verdict(&sure(0.9)), "over-confident");
        assert_eq!(verdict(&sure(0.3)), "under-confident");
        assert_eq!(verdict(&sure(0.55)), "calibrated");
        assert_eq!(verdict(&sure(0.9)[..4]), "", "of few nothing is said");
    }

    #[test]
    fn who_leans_is_told_which_way() {
        assert_eq!(verdict(&[judged(false, -2, 0.5), judged(true, 0, 0.5)]), "over-estimates resilience");
        assert_eq!(verdict(&[judged(false, 1, 0.5)]), "under-estimates resilience");
        assert_eq!(verdict(&[judged(false, 1, 0.5), judged(false, -1, 0.5)]), "");
    }

    #[test]
    fn figures_are_means_over_what_is_known() {
        let one = Judged { accuracy: Some(0.8), recovery_error_s: Some(4.0), ..judged(true, 0, 0.6) };
        let other = Judged { confidence: None, ..judged(false, -1, 0.0) };
        let row = Row::of(&[&one, &other]);
        assert_eq!((row.estimates, row.sure), (2, 1));
        assert_eq!((row.accuracy, row.recovery_error_s, row.confidence), (Some(0.8), Some(4.0), Some(0.6)));
        assert!((row.hits - 0.5).abs() < 1e-12 && row.sure_hits == Some(1.0));
        assert_eq!(percent(None), "-");
    }
}
