//! `cargo tumult query`: SQL over the journals, which a command of its own answers.
//!
//! It brings an engine for SQL, which takes longer to build than all else here together; who asks no questions is not
//! to wait for it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::args::Query;
use crate::cargo;
use crate::error::Error;
use crate::workspace::Workspace;

/// The package of that command, and the command.
const PACKAGE: &str = "tumult-query";
const COMMAND: &str = "cargo-tumult-query";

/// Passes the arguments on.
pub(crate) fn query(args: &Query) -> Result<ExitCode, Error> {
    // Whoever names the folder may be anywhere; who does not is told so by the command.
    let here = Workspace::here().map(|(workspace, _)| workspace).ok();
    let mut command = command(here.as_ref(), std::env::current_exe().ok().as_deref());
    if let Some(workspace) = here {
        command.env("TUMULT_OUT", workspace.out()?);
    }
    let status = command.args(&args.args).status().map_err(|e| match e.kind() {
        ErrorKind::NotFound => Error::new(format!(
            "find the command `{COMMAND}` beside this one or on the PATH; install it from a checkout of tumult by \
             `cargo install --path {PACKAGE}`"
        )),
        _ => Error::new(format!("start `{COMMAND}`: {e}")),
    })?;
    // What it has to say it has said.
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// In the workspace that has its package, cargo builds it when it has changed; elsewhere it is installed beside this
/// one, or on the path.
fn command(here: Option<&Workspace>, this: Option<&Path>) -> Command {
    if here.is_some_and(|workspace| workspace.package(PACKAGE).is_some()) {
        let mut cargo = cargo::command();
        cargo.args(["run", "--quiet", "--package", PACKAGE, "--bin", COMMAND, "--"]);
        return cargo;
    }
    let name = format!("{COMMAND}{}", std::env::consts::EXE_SUFFIX);
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
        let ours = workspace_of(&[PACKAGE]);
        let run = line(&command(Some(&ours), None));
        assert!(run.ends_with("run --quiet --package tumult-query --bin cargo-tumult-query --"), "{run}");
    }

    #[test]
    fn elsewhere_it_is_beside_this_command_or_on_the_path() {
        let folder = std::env::temp_dir().join(format!("tumult-beside-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let this = folder.join("cargo-tumult");
        let theirs = workspace("null");
        for here in [None, Some(&theirs)] {
            assert_eq!(line(&command(here, Some(&this))), COMMAND);
        }
        let beside = folder.join(COMMAND);
        fs::write(&beside, "").unwrap();
        assert_eq!(line(&command(Some(&theirs), Some(&this))), beside.to_str().unwrap());
        fs::remove_dir_all(folder).unwrap();
    }
}
