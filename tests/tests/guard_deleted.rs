//! The guard of a failure mode is deleted from the model, in a copy of the tree: its prevent test fails there, with a
//! report, and the report's REPLAY line fails the same way in a new process.
//!
//! The copy and what is built of it stay in the target folder, so that only the first run is slow.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PATCH: &str = "failure_modes/patches/fm_001-without-guard.patch";
const TEST: &str = "fm_001::prevent";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in the workspace")
}

/// A folder of this test's own, in the target folder that it was built in.
fn folder() -> PathBuf {
    let exe = std::env::current_exe().expect("the test binary is a file");
    let target = exe.ancestors().find(|f| f.join("CACHEDIR.TAG").is_file()).expect("cargo marks its target folder");
    target.join("tumult-without-guard")
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|e| panic!("failed to run {command:?}: {e}"))
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// All files of the tree, committed or not, but for those that are ignored.
fn files() -> Vec<PathBuf> {
    let mut git = Command::new("git");
    git.current_dir(root()).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output = run(&mut git);
    assert!(output.status.success(), "{output:?}");
    let names = stdout(&output);
    let files = names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from);
    files.filter(|file| root().join(file).is_file()).collect()
}

/// Copies the tree. A file that is there already, and the same, stays untouched: cargo goes by its age.
fn copy(tree: &Path) {
    let files = files();
    for file in &files {
        let content = fs::read(root().join(file)).expect("just listed");
        let to = tree.join(file);
        if fs::read(&to).is_ok_and(|there| there == content) {
            continue;
        }
        fs::create_dir_all(to.parent().expect("it is in the tree")).expect("the target folder can be written");
        fs::write(to, content).expect("the target folder can be written");
    }
    remove_others(tree, tree, &files.into_iter().collect());
}

fn remove_others(tree: &Path, folder: &Path, files: &std::collections::BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the copy can be read") {
        let path = entry.expect("just listed").path();
        let name = path.strip_prefix(tree).expect("it is in the tree");
        if path.is_dir() {
            remove_others(tree, &path, files);
        } else if !files.contains(name) && name != Path::new("Cargo.lock") {
            fs::remove_file(&path).expect("the copy can be written");
        }
    }
}

fn apply(patch: &str, tree: &Path) {
    let mut git = Command::new("git");
    // The copy may lie in the tree of a repository, whose root is not the one that the patch means.
    git.env("GIT_CEILING_DIRECTORIES", tree.parent().expect("it is in the target folder"));
    git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").current_dir(tree).args(["apply", "--verbose", patch]);
    let output = run(&mut git);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !said.contains("Skipped"),
        "{patch} does not apply: make it anew, by deleting the guard and `git diff`\n{said}"
    );
}

/// A command in the copy, without anything that asks this process for something.
fn within(tree: &Path, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("TUMULT_") {
            command.env_remove(variable);
        }
    }
    command.current_dir(tree).env("CARGO_TARGET_DIR", tree.with_file_name("target")).env("CARGO_NET_OFFLINE", "true");
    // Two short runs of few seeds: that it is built sooner counts for more.
    command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "0").env("CARGO_PROFILE_DEV_DEBUG", "false");
    command
}

fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The line of a report.
fn line<'a>(report: &'a str, label: &str) -> &'a str {
    let line = report.lines().find_map(|line| line.trim_start().strip_prefix(label));
    line.unwrap_or_else(|| panic!("there is no line {label} in\n{report}")).trim()
}

/// The trace hash of a report.
fn trace(report: &str) -> &str {
    let sound = line(report, "SOUND");
    let hash = sound.split_once("trace ").and_then(|(_, rest)| rest.split_whitespace().next());
    hash.unwrap_or_else(|| panic!("there is no trace hash in `{sound}`"))
}

/// Runs a line such as `NAME=value cargo test …`.
fn replay(line: &str, tree: &Path) -> Output {
    let mut words = line.split_whitespace();
    let (name, token) = words.next().and_then(|w| w.split_once('=')).expect("it begins with the token");
    assert_eq!((name, words.next()), ("TUMULT_REPLAY", Some("cargo")), "{line}");
    run(within(tree, cargo()).env(name, token).args(words))
}

#[test]
fn without_its_guard_the_prevent_test_fails_and_its_replay_fails_the_same_way() {
    let tree = folder().join("tree");
    fs::create_dir_all(&tree).expect("the target folder can be written");
    copy(&tree);
    apply(PATCH, &tree);

    let output = run(within(&tree, cargo()).args(["test", "-p", "tumult-failure-modes", "--lib", TEST]));
    let report = stdout(&output);
    assert!(!output.status.success(), "{TEST} passes without the guard:\n{report}");
    assert!(
        report.contains("test result: FAILED. 0 passed; 1 failed"),
        "{report}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(line(&report, "FOUND").contains("of 64"), "{report}");
    let what = line(&report, "WHAT");
    assert!(what.starts_with("INV_001 "), "{what}");

    let output = replay(line(&report, "REPLAY"), &tree);
    let replayed = stdout(&output);
    assert!(!output.status.success(), "the replay passes:\n{replayed}");
    assert_eq!(line(&replayed, "WHAT"), what);
    assert_eq!(trace(&replayed), trace(&report));
    assert_eq!(line(&replayed, "REPLAY"), line(&report, "REPLAY"));
}
