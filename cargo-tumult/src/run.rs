//! `cargo tumult run`: all tests that are here, and the table of what came of them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tumult_sim::search::{Summary, TestKind};

use crate::args::Run;
use crate::cargo::{self, Tested};
use crate::error::Error;
use crate::human::duration;
use crate::replay::Token;
use crate::summaries::{Since, Summaries};
use crate::table;
use crate::workspace::Workspace;

/// Runs them.
pub(crate) fn run(args: &Run) -> Result<ExitCode, Error> {
    let begun = Instant::now();
    let (workspace, manifest) = Workspace::here()?;
    let packages = workspace.select(&manifest, &args.packages)?;
    let out = workspace.out()?;
    let since = Since::now(&out)?;
    let tested = cargo::test(&arguments(args, &packages), &variables(args, &out))?;
    if !tested.success && !tested.lines.built {
        return Err(Error::new("build the tests: see cargo's message above"));
    }
    let summaries = Summaries::read(&out, &packages, since);
    for skipped in &summaries.skipped {
        eprintln!("note: skipped {skipped}");
    }
    let command = |s: &Summary, token: &str| match token.parse::<Token>() {
        Ok(token) => token.command(&workspace),
        Err(_) => format!("TUMULT_REPLAY={token} cargo test -p {} -- --exact {}", s.package, s.test),
    };
    let table = table::render(&summaries.read, &tested.lines.failed, command);
    if !table.is_empty() {
        // `console` knows whether the standard output shows colours.
        println!("{}", table.replace("FAILED", &console::style("FAILED").red().bold().to_string()));
    }
    println!("{}", closing(&summaries, &tested, begun.elapsed()));
    if summaries.journals > 0 {
        println!("journals in {}", below_here(&out).display());
    }
    if tested.success && tested.lines.ran == 0 {
        let what = args.filter.as_ref().map_or_else(|| "is a test".to_owned(), |f| format!("has `{f}` in its name"));
        return Err(Error::new(format!("find a test: nothing in {} {what}", packages.join(", "))));
    }
    Ok(if tested.success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Those of `cargo test`: all tests of the packages but those in docs, which leave no summaries and take long to build.
fn arguments(args: &Run, packages: &[String]) -> Vec<String> {
    let mut all = vec!["--no-fail-fast".to_owned(), "--tests".to_owned()];
    all.extend(packages.iter().flat_map(|name| ["-p".to_owned(), name.clone()]));
    if let Some(filter) = &args.filter {
        all.extend(["--".to_owned(), filter.clone()]);
        // `FM_001` is the module `fm_001`; the harness tells letters apart and runs what has one or the other.
        let lower = filter.to_lowercase();
        all.extend((lower != *filter).then_some(lower));
    }
    all
}

/// Those of the contract with the tests.
fn variables(args: &Run, out: &Path) -> Vec<(&'static str, PathBuf)> {
    let mut all = vec![("TUMULT_OUT", out.to_owned())];
    all.extend(args.seeds.map(|n| ("TUMULT_SEEDS", n.to_string().into())));
    all.extend(args.jobs.map(|n| ("TUMULT_JOBS", n.to_string().into())));
    all.extend(args.time.as_ref().map(|time| ("TUMULT_TIME_BUDGET", time.into())));
    all
}

/// `1 failure mode, 2 experiments, 12 other tests: all passed in 3.4 s`.
fn closing(summaries: &Summaries, tested: &Tested, wall: Duration) -> String {
    let mut modes: Vec<_> = summaries.read.iter().filter_map(|s| Some((s.id.as_ref()?, &s.package))).collect();
    modes.sort();
    modes.dedup();
    let count = |kind| summaries.read.iter().filter(|s| s.kind == kind).count() as u64;
    let parts = [
        (modes.len() as u64, "failure mode"),
        (count(TestKind::Experiment), "experiment"),
        (count(TestKind::Test), "test"),
        (tested.lines.ran.saturating_sub(summaries.read.len() as u64), "other test"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}{}", if n == 1 { "" } else { "s" }))
        .collect();
    let what = if parts.is_empty() { "no tests".to_owned() } else { parts.join(", ") };
    let verdict = match (tested.success, tested.lines.failed.len()) {
        (true, _) => "all passed".to_owned(),
        (false, 0) => "a test binary failed".to_owned(),
        (false, n) => format!("{n} failed"),
    };
    format!("{what}: {verdict} in {}", duration(wall))
}

/// The path as it is shorter to read.
pub(crate) fn below_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::Lines;
    use crate::table::tests::summary;

    #[test]
    fn the_contract_is_set_and_nothing_else() {
        let out = Path::new("/w/target/tumult");
        assert_eq!(variables(&Run::default(), out), [("TUMULT_OUT", out.to_owned())]);
        let args = Run { seeds: Some(500), jobs: Some(2), time: Some("60s".into()), ..Run::default() };
        let set = [("TUMULT_SEEDS", "500"), ("TUMULT_JOBS", "2"), ("TUMULT_TIME_BUDGET", "60s")];
        assert_eq!(variables(&args, out)[1..], set.map(|(name, value)| (name, PathBuf::from(value))));
    }

    #[test]
    fn a_filter_finds_ids_as_people_write_them() {
        let run =
            |filter: &str| arguments(&Run { filter: Some(filter.into()), ..Run::default() }, &["kv".into()]).join(" ");
        assert_eq!(run("FM_001"), "--no-fail-fast --tests -p kv -- FM_001 fm_001");
        assert_eq!(run("repro"), "--no-fail-fast --tests -p kv -- repro");
    }

    #[test]
    fn the_last_line_counts_what_ran() {
        let summaries = Summaries { read: vec![summary(), summary()], ..Summaries::default() };
        let lines = |ran, failed: &[&str]| {
            let mut lines = Lines::default();
            lines.ran = ran;
            lines.failed.extend(failed.iter().map(|&name| name.to_owned()));
            lines
        };
        let wall = Duration::from_millis(3400);
        let passed = Tested { success: true, lines: lines(14, &[]) };
        assert_eq!(closing(&summaries, &passed, wall), "1 failure mode, 12 other tests: all passed in 3.4 s");
        let crashed = Tested { success: false, lines: lines(0, &[]) };
        assert_eq!(closing(&Summaries::default(), &crashed, wall), "no tests: a test binary failed in 3.4 s");
        let failed = Tested { success: false, lines: lines(2, &["a"]) };
        assert_eq!(closing(&summaries, &failed, wall), "1 failure mode: 1 failed in 3.4 s");
    }
}
