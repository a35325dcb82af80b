//! Cargo: asked what is here, and told to run tests.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::lines::Lines;
use crate::progress::Progress;

/// What came of `cargo test`.
#[derive(Debug)]
pub(crate) struct Tested {
    /// By cargo's exit code.
    pub(crate) success: bool,
    /// What its lines said.
    pub(crate) lines: Lines,
}

/// The cargo that called this command, or the one on the path.
pub(crate) fn command() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Cargo's answer to a question about the current folder.
pub(crate) fn ask(args: &[&str]) -> Result<String, Error> {
    let what = args.first().copied().unwrap_or_default();
    let output = command().args(args).stdin(Stdio::null()).output().map_err(|e| not_started(&e))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim();
    Err(Error::new(format!(
        "look at this folder with `cargo {what}`: {}",
        said.strip_prefix("error: ").unwrap_or(said)
    )))
}

/// Runs `cargo test` with these arguments and variables, and shows what it does.
pub(crate) fn test(args: &[String], variables: &[(&str, PathBuf)]) -> Result<Tested, Error> {
    let mut progress = Progress::start();
    let failed = |e: std::io::Error| Error::new(format!("read what `cargo test` prints: {e}"));
    // One pipe for both, so that cargo's `Running …` comes before the lines of the tests that it runs.
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    let mut command = command();
    command.arg("test").args(progress.has_colours().then_some("--color=always")).args(args);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(writer.try_clone().map_err(failed)?).stderr(writer);
    let mut child = command.spawn().map_err(|e| not_started(&e))?;
    // The command holds the pipe's other end: with it the lines would not end.
    drop(command);
    let mut lines = Lines::default();
    for line in BufReader::new(reader).split(b'\n') {
        let line = line.map_err(failed)?;
        let line = String::from_utf8_lossy(&line);
        let line = line.strip_suffix('\r').unwrap_or(&line);
        let event = lines.next(&console::strip_ansi_codes(line));
        progress.show(event, line);
    }
    let success = child.wait().map_err(failed)?.success();
    Ok(Tested { success, lines })
}

fn not_started(error: &std::io::Error) -> Error {
    Error::new(format!("start cargo: {error}; put it on the PATH, or set CARGO to it"))
}
