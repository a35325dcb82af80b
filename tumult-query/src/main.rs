//! The command `cargo tumult query`: SQL over the journals of all runs.
//!
//! The journals below the folder of artifacts are found (`found`), and those that are new are converted (`load`, to the
//! `columns`) into a data set of Parquet files (`dataset`). A query, one of the `named` or any other, is answered by the
//! `engine`, and the answer is written as a `table` or otherwise (`output`). *Must never* change a journal, nor give up
//! because one of them is damaged.

mod args;
mod columns;
mod dataset;
mod engine;
mod error;
mod files;
mod found;
mod load;
mod named;
mod output;
mod shares;
mod table;

use std::fs;
use std::io::{ErrorKind, IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;

use args::Args;
use error::Error;

fn main() -> ExitCode {
    match run(&Args::of_process()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Error> {
    let sql = sql(args)?;
    let out = out(args)?;
    let loaded = load::load(&out)?;
    for why in &loaded.skipped {
        eprintln!("note: left out: {why}");
    }
    if loaded.journals == 0 {
        eprintln!("note: there are no journals in {}; `cargo tumult run` leaves some", out.display());
    } else if loaded.converted > 0 {
        let folder = loaded.data_set.folder().display();
        eprintln!("note: {} of {} journals are new in {folder}", loaded.converted, loaded.journals);
    }
    let rows = engine::query(&loaded.data_set, &sql)?;
    output::write(&rows, args.format, args.output.as_deref())
}

/// The query.
fn sql(args: &Args) -> Result<String, Error> {
    match (&args.sql, &args.file, args.named) {
        (Some(sql), ..) => Ok(sql.clone()),
        (_, Some(file), _) => fs::read_to_string(file).map_err(|e| Error::at("read the query from", file, e)),
        (.., Some(named)) => Ok(named.sql().to_owned()),
        (None, None, None) => {
            let mut sql = String::new();
            let mut stdin = std::io::stdin();
            if stdin.is_terminal() {
                eprintln!("note: write the query, and end it with Ctrl-D");
            }
            stdin.read_to_string(&mut sql).map_err(|e| Error::new(format!("read the query: {e}")))?;
            Ok(sql)
        }
    }
}

/// The folder of artifacts.
fn out(args: &Args) -> Result<PathBuf, Error> {
    let set = || std::env::var_os("TUMULT_OUT").filter(|out| !out.is_empty()).map(PathBuf::from);
    let Some(out) = args.journals.clone().or_else(set) else {
        return Err(Error::new(
            "find the journals: run this as `cargo tumult query`, or name their folder with `--journals` or TUMULT_OUT",
        ));
    };
    // One that was misspelt is not made.
    match fs::metadata(&out).and_then(|_| std::path::absolute(&out)) {
        Ok(out) => Ok(out),
        Err(e) if e.kind() == ErrorKind::NotFound => Err(Error::at(
            "find the journals in",
            &out,
            "there is no such folder; `cargo tumult run` makes it, or name another with `--journals`",
        )),
        Err(e) => Err(Error::at("find the journals in", &out, e)),
    }
}
