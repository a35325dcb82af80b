//! The arguments of the command.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::frameworks::Framework;
use crate::replay::Token;

/// Deterministic simulation testing: runs the tests, experiments and failure modes of the package or workspace here.
#[derive(Debug, Parser)]
#[command(name = "cargo-tumult", bin_name = "cargo tumult", version, max_term_width = 120)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs every test, experiment and failure mode here, with progress; a table at the end.
    ///
    /// What is here: the package of the current folder, or from the workspace's root those that
    /// `[workspace.metadata.tumult] packages = ["…"]` names in its Cargo.toml, or else its default members that depend
    /// on tumult-sim.
    Run(Run),
    /// Runs one run again, by the token of its REPLAY line.
    Replay(Replay),
    /// Makes a page of what the last runs of all tests left behind, with links to the pages of failing runs.
    Report,
    /// Makes a failing run a regression: its test replays it from now on, before it tries any seed.
    ///
    /// The run is made once more, to see that it fails, and its token is written to `tumult-regressions/` in the
    /// package's folder, one file a test, with what failed and why above it.
    Pin(Pin),
    /// Asks the journals of all runs by SQL; `cargo tumult query --help` says how.
    #[command(disable_help_flag = true)]
    Query(Passed),
    /// Sends the journals of runs to an OpenTelemetry collector; `cargo tumult export --help` says how.
    #[command(disable_help_flag = true)]
    Export(Passed),
    /// Lists, requirement by requirement of a regulatory framework, the runs of experiments that are evidence for it, with
    /// the digest of each journal; those without evidence first.
    Evidence(Evidence),
    /// Compares what authors predicted with what happened: by team, by target, by failure mode; who is surer than right.
    Estimates,
}

/// Which evidence.
#[derive(Debug, Args, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// Whose requirements.
    #[arg(long, value_name = "NAME", required_unless_present = "verify", ignore_case = true)]
    pub(crate) framework: Option<Framework>,
    /// As Markdown, as a page for a browser, or for programs.
    #[arg(long, value_name = "FORMAT", default_value = "md", conflicts_with = "verify")]
    pub(crate) format: Format,
    /// Write it to this file, instead of printing it.
    #[arg(long, value_name = "FILE", conflicts_with = "verify")]
    pub(crate) output: Option<PathBuf>,
    /// See whether the journals of this report are still there and the same, instead of making one.
    #[arg(long, value_name = "FILE", conflicts_with = "framework")]
    pub(crate) verify: Option<PathBuf>,
}

/// A format of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Markdown.
    Md,
    /// A page.
    Html,
    /// JSON.
    Json,
}

/// What to run, and how much of it.
#[derive(Debug, Args, Default, PartialEq, Eq)]
pub(crate) struct Run {
    /// Only tests with this in their name, as `FM_001`, `repro` or `log::tests`.
    pub(crate) filter: Option<String>,
    /// How many seeds each test tries, instead of what it declares.
    ///
    /// A failure mode's tests then look at each seed by itself and draw no conclusion from all of them together.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) seeds: Option<u64>,
    /// For how long each test searches at the most: 500ms, 60s, 5m, 1h.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) time: Option<String>,
    /// How many seeds of a test run at once, instead of one for each core.
    #[arg(long, short, value_name = "N", value_parser = at_least_one)]
    pub(crate) jobs: Option<u64>,
    /// Only this package of the workspace; may be given several times.
    #[arg(long = "package", short, value_name = "NAME")]
    pub(crate) packages: Vec<String>,
}

/// Which run is to stay.
#[derive(Debug, Args)]
pub(crate) struct Pin {
    /// The token, as `tm1:…`, of a report's PIN or REPLAY line.
    pub(crate) token: Token,
}

/// What a command of its own reads.
#[derive(Debug, Args)]
pub(crate) struct Passed {
    /// As `--named recovery-trend`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    pub(crate) args: Vec<OsString>,
}

/// Which run.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The token, as `tm1:…`.
    pub(crate) token: Token,
    /// Print everything that happens in the run, a line each.
    #[arg(long)]
    pub(crate) trace: bool,
}

impl Cli {
    /// Reads the arguments; ends the process with a message when they are none.
    pub(crate) fn of_process() -> Self {
        Self::parse_from(without_cargo(std::env::args_os()))
    }
}

/// Cargo runs `cargo-tumult tumult …`; who runs `cargo-tumult …` directly means the same.
fn without_cargo(args: impl IntoIterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    args.into_iter().enumerate().filter(|(i, arg)| *i != 1 || arg != "tumult").map(|(_, arg)| arg)
}

fn at_least_one(text: &str) -> Result<u64, String> {
    let number = text.replace('_', "").parse().ok().filter(|n| *n > 0);
    number.ok_or_else(|| "write a whole number, at least 1, as 500".into())
}

/// Refuses here what the tests would refuse, each for itself, after the build. The tests read the text.
fn time(text: &str) -> Result<String, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let known = matches!(unit, "ms" | "s" | "m" | "h") && number.parse::<u32>().is_ok_and(|n| n > 0);
    if known { Ok(text.to_owned()) } else { Err("write a time with its unit, as 500ms, 60s, 5m or 1h".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Cli, String> {
        let args = line.split_whitespace().map(OsString::from);
        Cli::try_parse_from(without_cargo(args)).map_err(|e| e.to_string())
    }

    fn run(line: &str) -> Run {
        match read(line).unwrap().command {
            Command::Run(run) => run,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_holds_together() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn cargo_and_people_say_the_same() {
        assert_eq!(run("cargo-tumult tumult run"), Run::default());
        assert_eq!(run("cargo-tumult run"), Run::default());
        assert_eq!(run("cargo-tumult tumult run tumult").filter.as_deref(), Some("tumult"));
    }

    #[test]
    fn what_is_asked_for_is_read() {
        let all = run("cargo-tumult tumult run FM_001 --seeds 10_000 --time 60s --jobs 2 -p kv -p log");
        let packages = vec!["kv".to_owned(), "log".to_owned()];
        let (filter, time) = (Some("FM_001".to_owned()), Some("60s".to_owned()));
        assert_eq!(all, Run { filter, seeds: Some(10_000), time, jobs: Some(2), packages });
        for time in ["500ms", "5m", "1h"] {
            assert_eq!(run(&format!("cargo-tumult run --time {time}")).time.as_deref(), Some(time));
        }
    }

    #[test]
    fn what_is_meant_for_the_query_is_passed_on() {
        for line in ["--help", "--named degrading --format json", "SELECT -o x", ""] {
            let Command::Query(query) = read(&format!("cargo-tumult tumult query {line}")).unwrap().command else {
                panic!("{line}");
            };
            assert_eq!(query.args, line.split_whitespace().collect::<Vec<_>>());
        }
    }

    #[test]
    fn frameworks_are_read_in_any_case() {
        for line in ["DORA", "dora", "Dora"] {
            let Command::Evidence(asked) = read(&format!("cargo-tumult evidence --framework {line}")).unwrap().command
            else {
                panic!("{line}")
            };
            assert_eq!((asked.framework, asked.format), (Some(Framework::Dora), Format::Md));
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_fix() {
        for (args, fix) in [
            ("run --seeds 0", "'0' for '--seeds <N>': write a whole number, at least 1"),
            ("run --seeds many", "at least 1, as 500"),
            ("run --seeds -3", "unexpected argument '-3'"),
            ("run --jobs 0", "'--jobs <N>': write a whole number"),
            ("run --time banana", "'banana' for '--time <TIME>': write a time with its unit, as 500ms, 60s, 5m or 1h"),
            ("run --time 60", "write a time with its unit"),
            ("run --time 0s", "write a time with its unit"),
            ("run --time 1d", "write a time with its unit"),
            ("run a b", "unexpected argument 'b'"),
            ("fly", "unrecognized subcommand 'fly'"),
            ("", "Usage: cargo tumult <COMMAND>"),
            ("replay", "<TOKEN>"),
            ("replay 0x5eed", "`0x5eed` is no token"),
            ("replay tm2:AAEC", "is of format 2"),
            ("replay tm1:AAEC", "the token is damaged"),
            ("pin", "<TOKEN>"),
            ("evidence", "--framework <NAME>"),
            ("evidence --framework SOX", "[possible values: DORA, NIS2, PCI-DSS]"),
            ("evidence --framework DORA --format pdf", "[possible values: md, html, json]"),
            ("evidence --framework DORA --verify x", "cannot be used with"),
            ("pin tm1:AAEC", "the token is damaged"),
        ] {
            let message = read(&format!("cargo-tumult tumult {args}")).unwrap_err();
            assert!(message.contains(fix), "{args}: {message}");
        }
    }
}
