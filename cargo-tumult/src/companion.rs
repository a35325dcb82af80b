//! `cargo tumult query` and `cargo tumult export`: what commands of their own do.
//!
//! One brings an engine for SQL, the other gRPC: each takes longer to build than all else here together, and who does not
//! use them is not to wait for them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::args::Passed;
use crate::cargo;
use crate::error::Error;
use crate::workspace::Workspace;

/// A command of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Companion {
    package: &'static str,
    command: &'static str,
}

/// SQL over the journals.
pub(crate) const QUERY: Companion = Companion { package: "tumult-query", command: "cargo-tumult-query" };
/// The journals to a collector.
pub(crate) const EXPORT: Companion = Companion { package: "tumult-otlp", command: "cargo-tumult-export" };

/// Starts it and passes the arguments on.
pub(crate) fn start(companion: Companion, args: &Passed) -> Result<ExitCode, Error> {
    let Companion { package, command: name } = companion;
    // Whoever names the folder may be anywhere; who does not is told so by the command.
    let here = Workspace::here().map(|(workspace, _)| workspace).ok();
    let mut command = command(companion, here.as_ref(), std::env::current_exe().ok().as_deref());
    if let Some(workspace) = here {
        command.env("TUMULT_OUT", workspace.out()?);
    }
    let status = command.args(&args.args).status().map_err(|e| match e.kind() {
        ErrorKind::NotFound => Error::new(format!(
            "find the command `{name}` beside this one or on the PATH; install it from a checkout of tumult by \
             `cargo install --path {package}`"
        )),
        _ => Error::new(format!("start `{name}`: {e}")),
    })?;
    // What it has to say it has said.
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// In the workspace that has its package, cargo builds it when it has changed; elsewhere it is installed beside this
/// one, or on the path.
fn command(companion: Companion, here: Option<&Workspace>, this: Option<&Path>) -> Command {
    let Companion { package, command } = companion;
    if here.is_some_and(|workspace| workspace.package(package).is_some()) {
        let mut cargo = cargo::command();
        cargo.args(["run", "--quiet", "--package", package, "--bin", command, "--"]);
        return cargo;
    }
    let name = format!("{command}{}", std::env::consts::EXE_SUFFIX);
    let beside = this.map(|this| this.with_file_name(&name)).filter(|path| path.is_file());
    Command::new(beside.unwrap_or_else(|| PathBuf::from(name)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::workspace::tests::{workspace, workspace_of};

    fn line(command: &Command) -> String {
        let words = [command.get_program()].into_iter().chain(command.get_args());
        words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn where_its_package_is_cargo_runs_it() {
        let ours = workspace_of(&[QUERY.package]);
        let run = line(&command(QUERY, Some(&ours), None));
        assert!(run.ends_with("run --quiet --package tumult-query --bin cargo-tumult-query --"), "{run}");
        assert_eq!(line(&command(EXPORT, Some(&ours), None)), EXPORT.command, "its package is not there");
    }

    #[test]
    fn elsewhere_it_is_beside_this_command_or_on_the_path() {
        let folder = std::env::temp_dir().join(format!("tumult-beside-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let this = folder.join("cargo-tumult");
        let theirs = workspace("null");
        for here in [None, Some(&theirs)] {
            assert_eq!(line(&command(QUERY, here, Some(&this))), QUERY.command);
        }
        let beside = folder.join(QUERY.command);
        fs::write(&beside, "").unwrap();
        assert_eq!(line(&command(QUERY, Some(&theirs), Some(&this))), beside.to_str().unwrap());
        fs::remove_dir_all(folder).unwrap();
    }
}
