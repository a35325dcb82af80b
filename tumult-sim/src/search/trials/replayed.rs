//! A token replays to its run in a new process.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Dice, random, search_of, small};
use crate::search::token::Token;
use crate::trace::TraceHash;

/// A file of tokens, a line each with how its run failed, for a new process.
const TOKENS: &str = "TUMULT_TEST_TOKENS";

const MANY: usize = 200;
/// So many of them have a process of their own.
const ALONE: usize = 20;

/// What the harness calls the test that a new process runs.
const CHILD: &str = "search::trials::replayed::planted_replays";

/// In the new process: each token, by the way of a test of the harness.
#[ignore = "planted: what another test runs"]
#[test]
fn planted_replays() {
    let path = std::env::var_os(TOKENS).expect("it is run by another test");
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let (token, failure) = line.split_once(' ').unwrap();
        // The run is told to be another one on the standard error, where it is.
        let found = search_of(token).unwrap().run(small);
        let now = found.failure().map(ToString::to_string).unwrap_or_default();
        assert_eq!(now.lines().next().unwrap_or_default(), failure, "{token}");
        assert!(found.report().is_none_or(|report| !report.contains("the token was made of")), "{token}");
    }
}

/// Runs the tokens in a new process; whether it passed, and what it printed.
fn child(lines: &[String], file: &Path) -> (bool, String) {
    std::fs::write(file, lines.concat()).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", CHILD, "--ignored", "--nocapture"]).env(TOKENS, file);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("running 1 test"), "{text}");
    (output.status.success(), text)
}

fn line(token: &Token, failure: &str) -> String {
    format!("{token} {}\n", failure.lines().next().unwrap_or_default())
}

struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("tumult-{name}-{}", std::process::id())))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn random_tokens_replay_to_their_traces_in_new_processes() {
    let mut dice = Dice(0);
    let made: Vec<_> = (0..MANY).map(|_| random(&mut dice)).collect();
    let failing = made.iter().filter(|(_, failure)| failure.is_some()).count();
    assert!((MANY / 10..MANY * 9 / 10).contains(&failing), "{failing} of {MANY} fail");
    let with = |part: fn(&Token) -> bool| made.iter().filter(|(token, _)| part(token)).count();
    assert!(with(|t| t.plan.is_some()) > MANY / 4 && with(|t| !t.choices.is_default()) > MANY / 4);

    let lines: Vec<String> = made
        .iter()
        .map(|(token, failure)| line(token, &failure.as_ref().map(ToString::to_string).unwrap_or_default()))
        .collect();
    let file = File::new("tokens");
    let alone = lines.iter().take(ALONE).map(std::slice::from_ref);
    for batch in alone.chain([&lines[ALONE..]]) {
        let (passed, text) = child(batch, &file.0);
        assert!(passed && !text.contains("the token was made of"), "{text}");
    }
}

#[test]
fn a_run_that_is_another_one_is_said_to_be() {
    let mut dice = Dice(0);
    let (token, failure) = (0..MANY).map(|_| random(&mut dice)).find(|made| made.1.is_none()).unwrap();
    let other = Token { trace: Some(TraceHash::from_bits(7)), ..token };
    assert!(failure.is_none());
    let file = File::new("other-token");
    let (passed, text) = child(&[line(&other, "")], &file.0);
    assert!(passed && text.contains("note: the token was made of a run with trace 0000000000000007"), "{text}");
    let (passed, text) = child(&[line(&other, "it fails")], &file.0);
    assert!(!passed, "{text}");
}
