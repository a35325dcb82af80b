//! The `cargo tumult` command: sets the variables of the contract, runs `cargo test`, and reads `target/tumult`.
//!
//! What it runs is chosen in `workspace`, what cargo prints is read in `lines` and shown by `progress`; what the tests
//! left behind is read in `summaries` and becomes the `table`, or the page that `report` makes. What experiments
//! found out is read from their journals by `evidence` and `estimates`. *Must never* say that something passed when cargo's exit
//! code does not.

mod args;
mod cargo;
mod companion;
mod error;
mod estimates;
mod evidence;
mod frameworks;
mod human;
mod lines;
mod pictures;
mod pin;
mod progress;
mod replay;
mod report;
mod run;
mod summaries;
mod table;
mod workspace;

use std::process::ExitCode;

use args::{Cli, Command};

fn main() -> ExitCode {
    let done = match Cli::of_process().command {
        Command::Run(args) => run::run(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Report => report::report(),
        Command::Pin(args) => pin::pin(&args),
        Command::Query(args) => companion::start(companion::QUERY, &args),
        Command::Export(args) => companion::start(companion::EXPORT, &args),
        Command::Evidence(args) => evidence::evidence(&args),
        Command::Estimates => estimates::estimates(),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}
