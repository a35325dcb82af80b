//! `cargo tumult export`: sends the journals of runs to an OpenTelemetry collector, as spans and metrics, by OTLP.
//!
//! It reads the journals that tests have left, so a test never waits for a collector, and one that cannot be reached costs
//! nothing: what was not sent stays unsent until the next time. What a journal becomes is said in [`spans`] and
//! [`metrics`], how it is sent in [`send`], what was sent in [`sent`].

mod args;
mod attributes;
mod error;
mod ids;
mod metrics;
mod resource;
mod send;
mod sent;
mod spans;

use std::path::Path;
use std::process::ExitCode;

use tumult_sim::journal::{Stored, history};

use args::Args;
use error::Error;
use send::Collector;

fn main() -> ExitCode {
    match Args::of_process().and_then(|args| export(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn export(args: &Args) -> Result<(), Error> {
    let runs = unsent(args);
    let mut collector = Collector::connect(&args.endpoint, args.protocol, args.timeout())?;
    let mut done = 0;
    for run in &runs {
        let sent = collector.send(spans::request(run), metrics::request(run));
        if let Err(error) = sent.and_then(|()| sent::mark(&run.folder, &args.endpoint)) {
            let left = runs.len() - done;
            return failed(args, error, left);
        }
        done += 1;
    }
    println!("{done} runs sent to {} by {}", args.endpoint, args.protocol);
    Ok(())
}

/// The runs that were not sent there yet. What cannot be read is said, and is no reason not to send the rest.
fn unsent(args: &Args) -> Vec<Stored> {
    let history = history(&args.out);
    for skipped in &history.skipped {
        eprintln!("warning: skipped {skipped}");
    }
    let wanted = |folder: &Path| args.again || !sent::is_marked(folder, &args.endpoint);
    history.runs.into_iter().filter(|run| wanted(&run.folder)).collect()
}

/// A collector that cannot be reached: a warning, and a failure for those who asked for one.
fn failed(args: &Args, error: Error, left: usize) -> Result<(), Error> {
    let error = error.and(&format!("{left} runs stay unsent, and are sent the next time"));
    if args.strict {
        return Err(error);
    }
    eprintln!("warning: {error}");
    Ok(())
}
