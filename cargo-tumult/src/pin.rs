//! `cargo tumult pin`: a failing run is written to `tumult-regressions/`, to be replayed before any seed from now on.
//!
//! *Must never* write what does not fail: a guard that never failed was never shown to guard anything.

use std::fs;
use std::process::ExitCode;

use tumult_sim::search::{Regressions, Summary};

use crate::args::Pin;
use crate::error::Error;
use crate::replay::Token;
use crate::run::below_here;
use crate::summaries::{self, Since};
use crate::workspace::Workspace;

/// For how long the run is explained, unless `TUMULT_EXPLAIN` says otherwise: as long as a test does it.
const EXPLAIN: &str = "20s";
/// A failure may print pages; so many lines of a part are kept.
const LINES: usize = 20;

/// Runs it.
pub(crate) fn pin(args: &Pin) -> Result<ExitCode, Error> {
    let token = &args.token;
    let (workspace, _) = Workspace::here()?;
    let mut pinned = regressions(token, &workspace)?;
    let file = below_here(pinned.path());
    if let Some(line) = pinned.line_of(&token.text) {
        println!("{}:{line} has this run already", file.display());
        return Ok(ExitCode::SUCCESS);
    }
    let report = report(token, &workspace)?;
    let line = pinned.pin(&token.text, &about(token, &report))?;
    println!("pinned in {}:{line}: {} replays it before any seed; commit the file", file.display(), token.says.path);
    Ok(ExitCode::SUCCESS)
}

/// What is pinned of the token's test.
fn regressions(token: &Token, workspace: &Workspace) -> Result<Regressions, Error> {
    let package = &token.says.package;
    let found = workspace.package(package).ok_or_else(|| {
        Error::new(format!("pin: the token is of the package `{package}`, which is not here; go to its workspace"))
    })?;
    let set = std::env::var_os("TUMULT_REGRESSIONS");
    Ok(Regressions::read(&Regressions::folder(found.root(), package, set.as_deref()), &token.says.test)?)
}

/// The report of its run, which fails.
fn report(token: &Token, workspace: &Workspace) -> Result<String, Error> {
    let out = workspace.out()?;
    let since = Since::now(&out)?;
    let mut variables = vec![("TUMULT_OUT", out.clone())];
    variables.extend(std::env::var_os("TUMULT_EXPLAIN").is_none().then(|| ("TUMULT_EXPLAIN", EXPLAIN.into())));
    let path = &token.says.path;
    if token.run(workspace, &variables)? {
        return Err(Error::new(format!(
            "pin: {path} passes with this run, so there is nothing to pin; check out the code that it fails with"
        )));
    }
    let file = Summary::path(&out, &token.says.package, path);
    let fresh = since.has(&file).unwrap_or(false);
    let summary = fs::read_to_string(&file).ok().filter(|_| fresh).and_then(|json| summaries::parse(&json).ok());
    let report = summary
        .and_then(|summary| summary.report)
        .ok_or_else(|| Error::new(format!("pin: {path} failed, and left no report of a run; see its message above")))?;
    // Such a run says nothing when it holds.
    if part(&report, "SOUND").iter().any(|line| line.starts_with("SOUND   no")) {
        return Err(Error::new("pin: the run is not the same each time, see WHAT above; mend that first"));
    }
    Ok(report)
}

/// What stands above the token.
fn about(token: &Token, report: &str) -> Vec<String> {
    let mut about = vec![format!("SEED    {}", token.says.seed)];
    about.extend(part(report, "WHAT"));
    about.extend(part(report, "WHY"));
    match &token.says.plan {
        Some(plan) if plan.trim().is_empty() => about.push("PLAN    no faults".to_owned()),
        Some(plan) => {
            let label = |n| if n == 0 { "PLAN" } else { "" };
            about.extend(plan.lines().enumerate().map(|(n, line)| format!("{:<7} {line}", label(n))));
        }
        None => about.extend(part(report, "PLAN")),
    }
    about
}

/// The lines of a part of a report, without the column that they all begin with.
fn part(report: &str, label: &str) -> Vec<String> {
    let begins = |line: &str| line.split_whitespace().next() == Some(label) && line.starts_with(&format!(" {label}"));
    let mut lines = report.lines().skip_while(|line| !begins(line));
    let first = lines.next();
    let rest = lines.take_while(|line| line.starts_with("         ") || line.is_empty());
    let mut part: Vec<String> = first.into_iter().chain(rest).map(|l| l.get(1..).unwrap_or(l).to_owned()).collect();
    if part.len() > LINES {
        let more = part.len() - LINES;
        part.truncate(LINES);
        part.push(format!("        and {more} lines more"));
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = " FOUND   seed 0x5eed1f3a, after 3.1 s = 41 min of virtual time
 WHAT    INV_301 linearizable: WHY not
         at 412s, by n1
 WHY     1 fault of 61      (212 replays, 1.9 s)
           f1 410.900s partition {n1} | {n2,n3}   without it 0 of 100 fail
 PLAN    f1 at 410.9s partition {n1} | {n2, n3}   injected, met
 SOUND   replayed 3 times, trace 9f3c41d29f3c41d2 each time
 REPLAY  TUMULT_REPLAY=tm1:AAEC cargo test
";

    #[test]
    fn what_stands_above_a_token_says_what_failed_and_why() {
        let text = "tm1:KgUwLjEuMBtrdjo6a3Y6OnRlc3RzOjpsaW5lYXJpemFibGU6H-1eAAAAAKqtjlA";
        let mut token: Token = text.parse().unwrap();
        insta::assert_snapshot!(about(&token, REPORT).join("\n"), @r"
        SEED    0x5eed1f3a
        WHAT    INV_301 linearizable: WHY not
                at 412s, by n1
        WHY     1 fault of 61      (212 replays, 1.9 s)
                  f1 410.900s partition {n1} | {n2,n3}   without it 0 of 100 fail
        PLAN    f1 at 410.9s partition {n1} | {n2, n3}   injected, met
        ");
        token.says.plan = Some("f1 at 1s kill a\nf2 at 2s kill b\n".into());
        let plan = about(&token, REPORT).split_off(5);
        assert_eq!(plan, ["PLAN    f1 at 1s kill a", "        f2 at 2s kill b"]);
        token.says.plan = Some(String::new());
        assert_eq!(about(&token, REPORT).last().unwrap(), "PLAN    no faults");
    }

    #[test]
    fn what_goes_on_for_pages_is_cut() {
        let long = format!(" WHAT    it broke\n{} SOUND   yes\n", "         line\n".repeat(50));
        assert_eq!(part(&long, "WHAT").len(), LINES + 1);
        assert_eq!(part(&long, "SOUND"), ["SOUND   yes"]);
        assert_eq!(part(&long, "TURN"), [""; 0]);
    }
}
