//! The table at the end: a line for each failure mode, then the other tests, then what failed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tumult_sim::search::{Status, Summary, TestKind};

use crate::human::duration;

/// A line's cells; the last one is not padded.
type Row = Vec<String>;

/// The table of these tests. `failed` are the names of those that the harness saw fail, theirs included that left no
/// summary; `command` is how a summary's token is run.
pub(crate) fn render(
    summaries: &[Summary],
    failed: &BTreeSet<String>,
    command: impl Fn(&Summary, &str) -> String,
) -> String {
    let mut modes: BTreeMap<(&str, &str), Vec<&Summary>> = BTreeMap::new();
    let mut others = vec![];
    for summary in summaries {
        match &summary.id {
            Some(id) => modes.entry((id, &summary.package)).or_default().push(summary),
            None => others.push(summary),
        }
    }
    others.sort_by_key(|s| (s.kind == TestKind::Test, &s.package, &s.test));
    let modes: Vec<Row> = modes.into_iter().map(|((id, _), tests)| mode(id, &tests)).collect();
    // Where all are of one package, its name would only make the lines long.
    let several = others.iter().any(|s| s.package != others[0].package);
    let others: Vec<Row> = others.into_iter().map(|s| other(s, several)).collect();
    let failures = failures(summaries, failed, command);
    let parts = [columns(&modes), columns(&others), failures];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// `FM_001 retry duplication`, its roles, its score, its times.
fn mode(id: &str, tests: &[&Summary]) -> Row {
    let of = |kind: TestKind| tests.iter().find(|s| s.kind == kind);
    let name = tests.first().map_or_else(String::new, |s| s.name.replace('_', " "));
    let mut row = vec![format!("{id} {name}")];
    for kind in [TestKind::Repro, TestKind::Prevent, TestKind::Recover] {
        row.push(of(kind).map_or_else(String::new, |s| role(s)));
    }
    let score = of(TestKind::Prevent).and_then(|s| s.score);
    row.push(score.map_or_else(String::new, |score| format!("score {score:.2}")));
    let wall = tests.iter().map(|s| wall_time(s)).sum();
    let virtual_ns = tests.iter().fold(0u64, |sum, s| sum.saturating_add(s.virtual_ns));
    row.push(format!("{} = {}", duration(wall), duration(Duration::from_nanos(virtual_ns))));
    row
}

/// `repro  INV_001 in 41 of 64 seeds`, `prevent  64 of 64 met`, `prevent  FAILED, INV_001 in 1 of 13 seeds`.
fn role(s: &Summary) -> String {
    let failed = s.status == Status::Failed;
    let verdict = if failed { "FAILED, " } else { "" };
    let violated: Vec<String> = s.violated.iter().map(|(id, seeds)| format!("{id} in {seeds}")).collect();
    let shown = match (s.kind, violated.is_empty()) {
        (TestKind::Repro, true) => format!("nothing violated in {} seeds", s.seeds),
        (TestKind::Repro, false) => format!("{} of {} seeds", violated.join(", "), s.seeds),
        // What was violated in seeds that did not meet the trigger is of no interest unless something failed.
        (_, false) if failed => format!("{} of {} seeds", violated.join(", "), s.seeds),
        _ => format!("{} of {} met", s.met.unwrap_or(0), s.seeds),
    };
    format!("{}  {verdict}{shown}", s.kind.as_str())
}

/// An experiment or a test, with its package where that says something.
fn other(s: &Summary, with_package: bool) -> Row {
    let name = if with_package { format!("{} {}", s.package, s.test) } else { s.test.clone() };
    let status = match s.status {
        Status::Passed => "passed",
        Status::Failed => "FAILED",
    };
    let score = s.score.map_or_else(String::new, |score| format!("score {score:.2}"));
    let seeds = if s.seeds == 1 { "1 seed".to_owned() } else { format!("{} seeds", s.seeds) };
    let times = format!("{} = {}", duration(wall_time(s)), duration(Duration::from_nanos(s.virtual_ns)));
    vec![s.kind.as_str().to_owned(), name, seeds, status.to_owned(), score, times]
}

fn wall_time(s: &Summary) -> Duration {
    Duration::from_millis(s.wall_ms)
}

/// The tests that failed, each with the line that runs it again.
fn failures(summaries: &[Summary], failed: &BTreeSet<String>, command: impl Fn(&Summary, &str) -> String) -> String {
    let mut lines = vec![];
    let with_summary: Vec<&Summary> = summaries.iter().filter(|s| s.status == Status::Failed).collect();
    for s in &with_summary {
        let id = s.id.as_ref().map_or_else(String::new, |id| format!("{id}, "));
        lines.push(format!("FAILED  {} ({id}{})\n", s.test, s.package));
        if let Some(token) = &s.token {
            lines.push(format!("REPLAY  {}\n", command(s, token)));
        }
    }
    for name in failed.iter().filter(|name| !with_summary.iter().any(|s| s.test == **name)) {
        lines.push(format!("FAILED  {name}\n"));
    }
    lines.concat()
}

/// Rows as lines, with their columns below each other; a column that is empty in all of them is left out.
fn columns(rows: &[Row]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).filter(|(_, width)| **width > 0);
        let line: Vec<String> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
        text += line.join("   ").trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// That of `FM_001`'s repro.
    pub(crate) fn summary() -> Summary {
        Summary {
            version: Summary::VERSION,
            kind: TestKind::Repro,
            package: "kv".into(),
            test: "fm_001::repro".into(),
            name: "retry_duplication".into(),
            id: Some("FM_001".into()),
            title: Some("A worker outlives its lease, and the job runs twice.".into()),
            status: Status::Passed,
            seeds: 64,
            failures: 0,
            violated: [("INV_001".to_owned(), 41)].into(),
            met: Some(64),
            virtual_ns: 5_760_000_000_000,
            wall_ms: 150,
            score: None,
            token: Some("tm1:AAEC".into()),
            signature: None,
            page: None,
            gaps: vec![],
            report: None,
            tumult: "0.1.0".into(),
        }
    }

    fn of(kind: TestKind) -> Summary {
        Summary {
            kind,
            test: format!("fm_001::{}", kind.as_str()),
            violated: BTreeMap::new(),
            token: None,
            ..summary()
        }
    }

    fn plain(kind: TestKind, test: &str) -> Summary {
        Summary { test: test.into(), name: test.into(), id: None, title: None, met: None, ..of(kind) }
    }

    fn show(summaries: &[Summary], failed: &[&str]) -> String {
        let failed = failed.iter().map(|&name| name.to_owned()).collect();
        render(summaries, &failed, |s, token| format!("TUMULT_REPLAY={token} cargo test -p {} …", s.package))
    }

    #[test]
    fn a_failure_mode_is_a_line() {
        let prevent = Summary { score: Some(0.984), ..of(TestKind::Prevent) };
        insta::assert_snapshot!(show(&[prevent, summary()], &[]), @"FM_001 retry duplication   repro  INV_001 in 41 of 64 seeds   prevent  64 of 64 met   score 0.98   0.3 s = 3 h 12 min");
    }

    #[test]
    fn a_catalogue_stands_in_columns() {
        let recover = Summary { met: Some(60), ..of(TestKind::Recover) };
        let other = Summary {
            id: Some("FM_101".into()),
            test: "fm_101::repro".into(),
            name: "ack_before_fsync".into(),
            violated: [("INV_101".to_owned(), 9), ("INV_102".to_owned(), 64)].into(),
            ..summary()
        };
        insta::assert_snapshot!(show(&[other, summary(), of(TestKind::Prevent), recover], &[]), @r"
        FM_001 retry duplication   repro  INV_001 in 41 of 64 seeds                 prevent  64 of 64 met   recover  60 of 64 met   0.5 s = 4 h 48 min
        FM_101 ack before fsync    repro  INV_101 in 9, INV_102 in 64 of 64 seeds                                                   0.2 s = 1 h 36 min
        ");
    }

    #[test]
    fn experiments_come_before_tests() {
        let test =
            Summary { seeds: 1, wall_ms: 7, virtual_ns: 250_000_000, ..plain(TestKind::Test, "log::tests::survives") };
        let experiment = Summary { score: Some(1.0), ..plain(TestKind::Experiment, "slow_disk") };
        let elsewhere = Summary { package: "web".into(), ..test.clone() };
        insta::assert_snapshot!(show(&[elsewhere, test.clone()], &[]), @r"
        test   kv log::tests::survives    1 seed   passed   7 ms = 0.3 s
        test   web log::tests::survives   1 seed   passed   7 ms = 0.3 s
        ");
        insta::assert_snapshot!(show(&[test, experiment], &[]), @r"
        experiment   slow_disk              64 seeds   passed   score 1.00   0.2 s = 1 h 36 min
        test         log::tests::survives   1 seed     passed                7 ms = 0.3 s
        ");
    }

    #[test]
    fn failures_come_last_with_their_replay_lines() {
        let prevent = Summary {
            status: Status::Failed,
            seeds: 3,
            met: Some(3),
            token: Some("tm1:AAEC".into()),
            ..of(TestKind::Prevent)
        };
        let repro = Summary { status: Status::Failed, violated: BTreeMap::new(), token: None, ..summary() };
        let recover =
            Summary { status: Status::Failed, violated: [("INV_001".to_owned(), 1)].into(), ..of(TestKind::Recover) };
        let all = [repro, prevent, recover, plain(TestKind::Test, "survives")];
        insta::assert_snapshot!(show(&all, &["fm_001::prevent", "fm_001::repro", "index::is_new"]), @r"
        FM_001 retry duplication   repro  FAILED, nothing violated in 64 seeds   prevent  FAILED, 3 of 3 met   recover  FAILED, INV_001 in 1 of 64 seeds   0.5 s = 4 h 48 min

        test   survives   64 seeds   passed   0.2 s = 1 h 36 min

        FAILED  fm_001::repro (FM_001, kv)
        FAILED  fm_001::prevent (FM_001, kv)
        REPLAY  TUMULT_REPLAY=tm1:AAEC cargo test -p kv …
        FAILED  fm_001::recover (FM_001, kv)
        FAILED  index::is_new
        ");
    }

    #[test]
    fn nothing_is_an_empty_table() {
        assert_eq!(show(&[], &[]), "");
    }
}
