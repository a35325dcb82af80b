//! The arguments of the command.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::named::Named;

/// Asks all journals of the runs here by SQL, over the view `journals`.
#[derive(Debug, Parser)]
#[command(name = "cargo-tumult-query", bin_name = "cargo tumult query", version, max_term_width = 120)]
pub(crate) struct Args {
    /// The query; from standard input when there is none.
    #[arg(conflicts_with_all = ["file", "named"])]
    pub(crate) sql: Option<String>,
    /// The file that has the query.
    #[arg(long, value_name = "FILE", conflicts_with = "named")]
    pub(crate) file: Option<PathBuf>,
    /// A query that is asked often.
    #[arg(long, value_name = "NAME")]
    pub(crate) named: Option<Named>,
    /// How the answer is written.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: Format,
    /// The file to write it to, instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The folder below which the journals are, instead of that of the last runs.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) journals: Option<PathBuf>,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns, for people.
    Table,
    /// An array with an object for each row.
    Json,
    /// With the columns' names in the first line.
    Csv,
    /// A Parquet file.
    Parquet,
}

impl Args {
    /// Reads the arguments; ends the process with a message when they are none.
    pub(crate) fn of_process() -> Self {
        Self::parse_from(without_cargo(std::env::args_os()))
    }
}

/// Cargo runs `cargo-tumult-query tumult-query …`; who runs `cargo-tumult-query …` directly means the same.
fn without_cargo(args: impl IntoIterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    args.into_iter().enumerate().filter(|(i, arg)| *i != 1 || arg != "tumult-query").map(|(_, arg)| arg)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Result<Args, String> {
        let args = ["cargo-tumult-query"].iter().chain(args).map(OsString::from);
        Args::try_parse_from(without_cargo(args)).map_err(|e| e.to_string())
    }

    #[test]
    fn the_definition_holds_together() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }

    #[test]
    fn what_is_asked_for_is_read() {
        let args =
            read(&["tumult-query", "SELECT 1", "--format", "json", "-o", "a.json", "--journals", "out"]).unwrap();
        assert_eq!((args.sql.as_deref(), args.format), (Some("SELECT 1"), Format::Json));
        assert_eq!((args.output, args.journals), (Some("a.json".into()), Some("out".into())));
        let args = read(&["--named", "worst-estimates"]).unwrap();
        assert_eq!((args.named, args.format), (Some(Named::WorstEstimates), Format::Table));
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_fix() {
        for (args, fix) in [
            (&["SELECT 1", "--named", "degrading"][..], "cannot be used with"),
            (&["SELECT 1", "--file", "a.sql"], "cannot be used with"),
            (&["--format", "xml"], "table, json, csv, parquet"),
            (&["--named", "best"], "recovery-trend, estimate-accuracy, degrading, worst-estimates"),
        ] {
            let message = read(args).unwrap_err();
            assert!(message.contains(fix), "{args:?}: {message}");
        }
    }
}
