//! `INDEX.md`: written from what is registered, from each `spec.md`, and from what the tests of each failure mode found;
//! a test compares it with the file.

#![expect(clippy::disallowed_methods, reason = "starts the tests whose figures the index has")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tumult_sim::__private::{FAILURE_MODES, FailureMode};
use tumult_sim::search::{Status, Summary, TestKind};

use crate::page::is_fresh;

/// What the tests of one failure mode found, by kind.
type Found = BTreeMap<&'static str, Summary>;

fn modes() -> Vec<&'static FailureMode> {
    let mut modes = FAILURE_MODES.to_vec();
    modes.sort_by_key(|mode| mode.id);
    modes
}

/// The names of a failure mode's tests, as the harness knows them.
fn tests(mode: &FailureMode) -> Vec<String> {
    let (_, module) = mode.decl.module.split_once("::").expect("a failure mode is in a module of its own");
    let kinds = ["repro", "prevent", "recover"].into_iter().filter(|kind| *kind != "recover" || mode.recover);
    kinds.map(|kind| format!("{module}::{}::{kind}", mode.id.to_lowercase())).collect()
}

/// Runs the tests of all failure modes in a new process, whatever this one's environment asks for, and reads what they
/// left behind.
fn run(out: &Path) -> BTreeMap<String, Found> {
    let _ = std::fs::remove_dir_all(out);
    let mut child = Command::new(std::env::current_exe().expect("the test binary is a file"));
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("TUMULT_") {
            child.env_remove(variable);
        }
    }
    child.env("TUMULT_OUT", out).arg("--exact").args(modes().into_iter().flat_map(tests));
    let output = child.output().expect("the test binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for file in summaries(out) {
        let text = std::fs::read_to_string(&file).expect("just listed");
        let summary: Summary = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        assert_eq!(summary.status, Status::Passed, "{text}");
        if let Some(id) = summary.id.clone() {
            found.entry(id).or_default().insert(summary.kind.as_str(), summary);
        }
    }
    found
}

fn summaries(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in std::fs::read_dir(folder).expect("the tests wrote there") {
        let path = entry.expect("just listed").path();
        if path.is_dir() {
            files.extend(summaries(&path));
        } else if path.file_name().is_some_and(|name| name == "summary.json") {
            files.push(path);
        }
    }
    files
}

/// The first line of a section of `spec.md`, up to where it goes into detail.
fn gist<'a>(spec: &'a str, section: &str) -> &'a str {
    let text = spec.split_once(&format!("## {section}\n")).map_or("", |(_, rest)| rest).trim_start();
    text.split([':', '.', '\n']).next().unwrap_or("").trim()
}

fn row(mode: &FailureMode, found: &Found) -> String {
    let name = mode.spec.lines().next().and_then(|line| line.split_once(": ")).map_or("", |(_, name)| name);
    let (_, module) = mode.decl.module.split_once("::").expect("a failure mode is in a module of its own");
    let violates: Vec<&str> = mode.violates.iter().map(|i| i.id).collect();
    let of = |kind: TestKind| found.get(kind.as_str()).unwrap_or_else(|| panic!("{} has no {kind:?}", mode.id));
    let repro = of(TestKind::Repro);
    let violated: Vec<String> =
        repro.violated.iter().map(|(id, times)| format!("{id} in {times} of {}", repro.seeds)).collect();
    let met = |s: &Summary| format!("{} of {} met", s.met.unwrap_or(0), s.seeds);
    let recover = if mode.recover {
        format!("{}: {}", gist(mode.spec, "Recovery"), met(of(TestKind::Recover)))
    } else {
        "–".to_string()
    };
    format!(
        "| [{}](src/{module}/spec.md) | {name} | {} | {} | {} | {} | {recover} |",
        mode.id,
        violates.join(", "),
        violated.join(", "),
        gist(mode.spec, "Prevention"),
        met(of(TestKind::Prevent)),
    )
}

fn index(found: &BTreeMap<String, Found>) -> String {
    let mut text = String::from(
        "# Failure modes\n\n\
         Written by `TUMULT_BLESS=1 cargo test -p tumult-failure-modes index`; a test fails when it is stale.\n\
         The figures are of the seeds that each failure mode declares. *Met*: seeds in which the trigger took effect; in \
         none of them anything was violated.\n\n\
         | ID | failure mode | violates | without the guard | guard | with it | recovery |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for mode in modes() {
        let none = Found::new();
        writeln!(text, "{}", row(mode, found.get(mode.id).unwrap_or(&none))).expect("a string has room");
    }
    text
}

#[test]
fn the_index_is_fresh() {
    let out = std::env::temp_dir().join(format!("tumult-index-{}", std::process::id()));
    let fresh = index(&run(&out));
    let _ = std::fs::remove_dir_all(out);
    is_fresh("INDEX.md", "index", &fresh);
}
