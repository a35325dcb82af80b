//! The contract with the command line: the `TUMULT_…` variables, and those of the systems that run many machines.
//!
//! Everything is read through a lookup that is handed in, so that tests need not touch the process's own environment.
//! A value that a variable cannot have is an error that names the variable, the value and the fix: a search that ran
//! with something else than what was asked for would pass for the wrong reason.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::isolation::Isolation;
use super::seeds::Shard;
use super::token::Token;
use crate::base::{Error, Kind, Seed};
use crate::trace::LogFilter;

/// How much is run again to see whether it runs the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Nothing.
    Off,
    /// One seed, in the same process, and only where that costs at most an eighth of the search: the default where
    /// people wait for tests.
    Light,
    /// A few seeds, in the same process and in a new one: the default in CI.
    Sample,
    /// Every seed, in the same process and in a new one.
    All,
}

/// What the environment asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Environment {
    pub(crate) seed: Option<Seed>,
    pub(crate) seeds: Option<u64>,
    pub(crate) replay: Option<Token>,
    pub(crate) jobs: Option<NonZeroUsize>,
    pub(crate) shard: Shard,
    pub(crate) check: Option<Check>,
    /// Where neither the variable nor the test says.
    pub(crate) usual_check: Check,
    pub(crate) time_budget: Option<Duration>,
    pub(crate) out: Option<PathBuf>,
    /// How many runs of an experiment stay in its history.
    pub(crate) keep: usize,
    /// Where pinned runs are, when not beside their tests.
    pub(crate) regressions: Option<OsString>,
    pub(crate) isolation: Option<Isolation>,
    /// What an isolated run may take.
    pub(crate) patience: Option<Duration>,
    /// Whether cases are a portfolio, and not their seeds alone; where it is not said, as the test has it.
    pub(crate) portfolio: Option<bool>,
    /// How long a failing case is explained; no time: not at all.
    pub(crate) explain: Option<Duration>,
    /// What is printed of what the code says by `tracing`.
    pub(crate) log: Option<LogFilter>,
    /// Whether everything is printed that happens in the run.
    pub(crate) trace: bool,
}

type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl Environment {
    /// What this process's environment asks for.
    pub(crate) fn of_process() -> Result<Self, Error> {
        Self::from_lookup(&|name| std::env::var_os(name))
    }

    pub(crate) fn from_lookup(lookup: Lookup<'_>) -> Result<Self, Error> {
        let env = Self {
            seed: parse(lookup, "TUMULT_SEED", |v| v.parse().map_err(|_| "write 64 bits as 0x5eed1f3a".into()))?,
            seeds: parse(lookup, "TUMULT_SEEDS", |v| at_least_one(v, "how many seeds to try, as 500"))?,
            replay: match text(lookup, "TUMULT_REPLAY")? {
                Some(token) => Some(token.parse()?),
                None => None,
            },
            jobs: parse(lookup, "TUMULT_JOBS", |v| {
                let n = at_least_one(v, "how many threads to use, as 4")?;
                NonZeroUsize::new(n as usize).ok_or_else(|| "write a smaller number".into())
            })?,
            shard: shard(lookup)?.unwrap_or(Shard::WHOLE),
            check: parse(lookup, "TUMULT_CHECK", check)?,
            usual_check: if in_ci(lookup) { Check::Sample } else { Check::Light },
            time_budget: parse(lookup, "TUMULT_TIME_BUDGET", duration)?,
            out: lookup("TUMULT_OUT").filter(|v| !v.is_empty()).map(PathBuf::from),
            keep: parse(lookup, "TUMULT_KEEP", |v| at_least_one(v, "how many runs of an experiment to keep, as 100"))?
                .map_or(KEPT, |n| usize::try_from(n).unwrap_or(usize::MAX)),
            regressions: lookup("TUMULT_REGRESSIONS").filter(|v| !v.is_empty()),
            isolation: parse(lookup, "TUMULT_ISOLATION", isolation)?,
            patience: parse(lookup, "TUMULT_PATIENCE", duration)?,
            portfolio: parse(lookup, "TUMULT_SEARCH", |value| match value {
                "portfolio" => Ok(true),
                "seeds" => Ok(false),
                _ => Err("write portfolio or seeds".into()),
            })?,
            explain: parse(lookup, "TUMULT_EXPLAIN", explain)?,
            log: parse(lookup, "TUMULT_LOG", LogFilter::read)?,
            trace: parse(lookup, "TUMULT_TRACE", switch)?.unwrap_or(false),
        };
        if env.seed.is_some() && env.replay.is_some() {
            let message = "read the environment: TUMULT_SEED and TUMULT_REPLAY both say which run it is to be; set one";
            return Err(Error::new(Kind::Environment, message));
        }
        Ok(env)
    }
}

/// So many runs of an experiment are kept where nothing is said: a journal has some ten thousand bytes.
const KEPT: usize = 100;

/// Set for the processes that run seeds for this one: whose workers they are.
pub(super) const CHILD: &str = "TUMULT_CHILD";

fn in_ci(lookup: Lookup<'_>) -> bool {
    lookup("CI").is_some_and(|v| !v.is_empty() && v != "false" && v != "0")
}

/// The value, if the variable is set and not empty.
fn text(lookup: Lookup<'_>, name: &str) -> Result<Option<String>, Error> {
    match lookup(name).map(OsString::into_string) {
        Some(Ok(value)) if !value.trim().is_empty() => Ok(Some(value.trim().to_owned())),
        Some(Err(value)) => Err(wrong(name, &value.to_string_lossy(), "write it as UTF-8")),
        _ => Ok(None),
    }
}

fn parse<T>(lookup: Lookup<'_>, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, Error> {
    let Some(value) = text(lookup, name)? else { return Ok(None) };
    parse(&value).map(Some).map_err(|fix| wrong(name, &value, &fix))
}

fn wrong(name: &str, value: &str, fix: &str) -> Error {
    Error::new(Kind::Environment, format!("read the variable {name}=`{value}`: {fix}"))
}

fn at_least_one(value: &str, fix: &str) -> Result<u64, String> {
    value.replace('_', "").parse().ok().filter(|n| *n > 0).ok_or_else(|| format!("write {fix}, at least 1"))
}

fn check(value: &str) -> Result<Check, String> {
    match value {
        "off" => Ok(Check::Off),
        "sample" => Ok(Check::Sample),
        "all" => Ok(Check::All),
        _ => Err("write all, sample or off".into()),
    }
}

fn isolation(value: &str) -> Result<Isolation, String> {
    match value {
        "process" => Ok(Isolation::Process),
        "none" => Ok(Isolation::None),
        _ => Err("write process or none".into()),
    }
}

fn switch(value: &str) -> Result<bool, String> {
    match value {
        "1" => Ok(true),
        "0" => Ok(false),
        _ => Err("write 1 or 0".into()),
    }
}

/// A time, none when it is not to be done.
fn explain(value: &str) -> Result<Duration, String> {
    match value {
        "off" => Ok(Duration::ZERO),
        _ => duration(value).map_err(|_| "write a time with its unit, as 60s, or off".into()),
    }
}

fn duration(value: &str) -> Result<Duration, String> {
    let fix = || "write a time with its unit, as 500ms, 60s, 5m or 1h".to_owned();
    let digits = value.find(|c: char| !c.is_ascii_digit()).ok_or_else(fix)?;
    let n: u64 = value[..digits].parse().ok().filter(|n| *n > 0).ok_or_else(fix)?;
    let unit_ms: u64 = match &value[digits..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(fix()),
    };
    n.checked_mul(unit_ms).map(Duration::from_millis).ok_or_else(fix)
}

/// Where a system that runs many machines says which one this is.
struct Fleet {
    index: &'static str,
    count: &'static str,
    /// What the first machine is called: a number, or the variable that has it.
    first: First,
}

enum First {
    Zero,
    One,
    /// The variable's value, and the step from one machine to the next.
    Slurm,
}

/// Kubernetes tells a pod its index, but not how many there are: `TUMULT_SHARD_COUNT` has to.
const FLEETS: [Fleet; 5] = [
    Fleet { index: "JOB_COMPLETION_INDEX", count: "TUMULT_SHARD_COUNT", first: First::Zero },
    Fleet { index: "SLURM_ARRAY_TASK_ID", count: "SLURM_ARRAY_TASK_COUNT", first: First::Slurm },
    Fleet { index: "AWS_BATCH_JOB_ARRAY_INDEX", count: "AWS_BATCH_JOB_ARRAY_SIZE", first: First::Zero },
    Fleet { index: "BUILDKITE_PARALLEL_JOB", count: "BUILDKITE_PARALLEL_JOB_COUNT", first: First::Zero },
    Fleet { index: "CI_NODE_INDEX", count: "CI_NODE_TOTAL", first: First::One },
];

fn shard(lookup: Lookup<'_>) -> Result<Option<Shard>, Error> {
    let own = parse(lookup, "TUMULT_SHARD", |value| {
        let fix = "write which shard this is and how many there are, as 1/4 to 4/4: shards are counted from 1";
        let (index, count) = value.split_once('/').ok_or(fix)?;
        let (index, count) = (at_least_one(index, "").map_err(|_| fix)?, at_least_one(count, "").map_err(|_| fix)?);
        if index > count { Err(fix.to_owned()) } else { Ok(Shard { index, count }) }
    })?;
    if own.is_some() {
        return Ok(own);
    }
    let number = |name: &str| parse(lookup, name, |v| v.parse::<u64>().map_err(|_| "write a number".into()));
    for Fleet { index: index_name, count: count_name, first } in FLEETS {
        let Some(index) = number(index_name)? else { continue };
        let count = number(count_name)?.ok_or_else(|| {
            let fix = format!("it does not say how many shards there are: set {count_name}, or TUMULT_SHARD=1/1");
            wrong(index_name, &index.to_string(), &fix)
        })?;
        let (first, step) = match first {
            First::Zero => (0, 1),
            First::One => (1, 1),
            First::Slurm => {
                let step = number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1);
                (number("SLURM_ARRAY_TASK_MIN")?.unwrap_or(0), step)
            }
        };
        let from_zero = index.checked_sub(first).map(|i| i / step).filter(|i| *i < count);
        let Some(from_zero) = from_zero else {
            let fix = format!("there are {count} shards, by {count_name}: set TUMULT_SHARD, as 1/{count}");
            return Err(wrong(index_name, &index.to_string(), &fix));
        };
        return Ok(Some(Shard { index: from_zero + 1, count }));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::task::Schedule;

    fn read(vars: &[(&str, &str)]) -> Result<Environment, Error> {
        Environment::from_lookup(&|name| vars.iter().find(|v| v.0 == name).map(|v| v.1.into()))
    }

    fn message(vars: &[(&str, &str)]) -> String {
        read(vars).unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let env = read(&[]).unwrap();
        assert_eq!((env.seed, env.seeds, env.shard, env.check), (None, None, Shard::WHOLE, None));
        assert_eq!(read(&[("TUMULT_SEEDS", ""), ("TUMULT_SHARD", " ")]).unwrap(), env);
        assert_eq!(read(&[("CI", "true")]).unwrap().usual_check, Check::Sample);
        assert_eq!(read(&[("CI", "false")]).unwrap().usual_check, Check::Light);
    }

    #[test]
    fn what_is_set_is_read() {
        let token = Token::new("a::b", Seed(1), Schedule::Fifo);
        let env = read(&[
            ("TUMULT_SEEDS", "10_000"),
            ("TUMULT_REPLAY", &token.to_string()),
            ("TUMULT_JOBS", "3"),
            ("TUMULT_SHARD", "2/4"),
            ("TUMULT_CHECK", "all"),
            ("TUMULT_TIME_BUDGET", "5m"),
            ("TUMULT_OUT", "/tmp/out"),
            ("TUMULT_KEEP", "7"),
            ("TUMULT_REGRESSIONS", "/tmp/pinned"),
            ("TUMULT_ISOLATION", "process"),
            ("TUMULT_PATIENCE", "9s"),
            ("TUMULT_EXPLAIN", "off"),
            ("TUMULT_SEARCH", "portfolio"),
            ("TUMULT_LOG", "info,raft=debug"),
            ("TUMULT_TRACE", "1"),
            ("CI", "1"),
        ])
        .unwrap();
        assert_eq!((env.seeds, env.jobs.map(NonZeroUsize::get)), (Some(10_000), Some(3)));
        assert_eq!((env.shard, env.check), (Shard { index: 2, count: 4 }, Some(Check::All)));
        assert_eq!((env.time_budget, env.out), (Some(Duration::from_mins(5)), Some("/tmp/out".into())));
        assert_eq!((env.keep, read(&[]).unwrap().keep), (7, 100));
        assert_eq!((env.replay, env.explain, env.portfolio), (Some(token), Some(Duration::ZERO), Some(true)));
        assert_eq!(read(&[("TUMULT_EXPLAIN", "2m")]).unwrap().explain, Some(Duration::from_mins(2)));
        assert_eq!((env.log, env.trace), (Some("info,raft=debug".parse().unwrap()), true));
        assert_eq!(env.regressions, Some("/tmp/pinned".into()));
        assert_eq!((env.isolation, env.patience), (Some(Isolation::Process), Some(Duration::from_secs(9))));
        assert_eq!(read(&[("TUMULT_SEED", "0x5eed")]).unwrap().seed, Some(Seed(0x5eed)));
        for (text, ms) in [("500ms", 500), ("60s", 60_000), ("1h", 3_600_000)] {
            let env = read(&[("TUMULT_TIME_BUDGET", text)]).unwrap();
            assert_eq!(env.time_budget, Some(Duration::from_millis(ms)));
        }
    }

    #[test]
    fn every_malformed_value_is_named_with_its_variable_and_the_fix() {
        for (name, value, fix) in [
            ("TUMULT_SEED", "five", "write 64 bits as 0x5eed1f3a"),
            ("TUMULT_SEEDS", "many", "write how many seeds to try, as 500, at least 1"),
            ("TUMULT_SEEDS", "0", "at least 1"),
            ("TUMULT_SEEDS", "-3", "at least 1"),
            ("TUMULT_JOBS", "all", "write how many threads to use, as 4, at least 1"),
            ("TUMULT_JOBS", "0", "at least 1"),
            ("TUMULT_SHARD", "5/4", "as 1/4 to 4/4: shards are counted from 1"),
            ("TUMULT_SHARD", "0/4", "shards are counted from 1"),
            ("TUMULT_SHARD", "1", "as 1/4 to 4/4"),
            ("TUMULT_SHARD", "1/0", "as 1/4 to 4/4"),
            ("TUMULT_SHARD", "a/b", "as 1/4 to 4/4"),
            ("TUMULT_CHECK", "some", "write all, sample or off"),
            ("TUMULT_ISOLATION", "some", "write process or none"),
            ("TUMULT_PATIENCE", "9", "write a time with its unit"),
            ("TUMULT_SEARCH", "random", "write portfolio or seeds"),
            (
                "TUMULT_LOG",
                "info,a=loud",
                "`a=loud` is no directive: write the level as off, error, warn, info, debug or",
            ),
            ("TUMULT_TRACE", "all", "write 1 or 0"),
            ("TUMULT_EXPLAIN", "on", "write a time with its unit, as 60s, or off"),
            ("TUMULT_TIME_BUDGET", "60", "write a time with its unit, as 500ms, 60s, 5m or 1h"),
            ("TUMULT_TIME_BUDGET", "0s", "as 500ms, 60s"),
            ("TUMULT_TIME_BUDGET", "1d", "as 500ms, 60s"),
            ("TUMULT_TIME_BUDGET", "s", "as 500ms, 60s"),
            ("TUMULT_TIME_BUDGET", "99999999999999999999h", "as 500ms, 60s"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.is_environment());
            let message = error.to_string();
            assert!(message.starts_with(&format!("failed to read the variable {name}=`{value}`: ")), "{message}");
            assert!(message.contains(fix), "{message}");
        }
        assert!(message(&[("TUMULT_REPLAY", "tm2:AA")]).contains("format 2"));
        let token = Token::new("a::b", Seed(1), Schedule::Fifo).to_string();
        assert!(message(&[("TUMULT_REPLAY", &token), ("TUMULT_SEED", "1")]).contains("set one"));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_text_is_refused() {
        use std::os::unix::ffi::OsStringExt as _;
        let lookup = |name: &str| (name == "TUMULT_SEEDS").then(|| OsString::from_vec(vec![b'1', 0xff]));
        let message = Environment::from_lookup(&lookup).unwrap_err().to_string();
        assert!(message.contains("TUMULT_SEEDS") && message.contains("UTF-8"), "{message}");
    }

    #[test]
    fn fleets_say_which_shard_this_is() {
        let shard = |vars: &[(&str, &str)]| {
            let s = read(vars).unwrap().shard;
            (s.index, s.count)
        };
        assert_eq!(shard(&[("JOB_COMPLETION_INDEX", "0"), ("TUMULT_SHARD_COUNT", "8")]), (1, 8));
        assert_eq!(shard(&[("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_COUNT", "4")]), (4, 4));
        let slurm = [
            ("SLURM_ARRAY_TASK_ID", "14"),
            ("SLURM_ARRAY_TASK_COUNT", "3"),
            ("SLURM_ARRAY_TASK_MIN", "10"),
            ("SLURM_ARRAY_TASK_STEP", "2"),
        ];
        assert_eq!(shard(&slurm), (3, 3));
        assert_eq!(shard(&[("AWS_BATCH_JOB_ARRAY_INDEX", "1"), ("AWS_BATCH_JOB_ARRAY_SIZE", "2")]), (2, 2));
        assert_eq!(shard(&[("BUILDKITE_PARALLEL_JOB", "0"), ("BUILDKITE_PARALLEL_JOB_COUNT", "5")]), (1, 5));
        assert_eq!(shard(&[("CI_NODE_INDEX", "4"), ("CI_NODE_TOTAL", "4")]), (4, 4));
        assert_eq!(shard(&[("CI_NODE_TOTAL", "1")]), (1, 1));
        // What is said for tumult alone counts more.
        assert_eq!(shard(&[("TUMULT_SHARD", "1/1"), ("CI_NODE_INDEX", "4"), ("CI_NODE_TOTAL", "4")]), (1, 1));
    }

    #[test]
    fn a_fleet_that_does_not_add_up_is_refused() {
        let alone = message(&[("JOB_COMPLETION_INDEX", "3")]);
        assert!(alone.contains("JOB_COMPLETION_INDEX=`3`") && alone.contains("set TUMULT_SHARD_COUNT"), "{alone}");
        let beyond = message(&[("CI_NODE_INDEX", "5"), ("CI_NODE_TOTAL", "4")]);
        assert!(beyond.contains("CI_NODE_INDEX=`5`") && beyond.contains("there are 4 shards"), "{beyond}");
        assert!(message(&[("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "4")]).contains("CI_NODE_INDEX"));
        let words = message(&[("BUILDKITE_PARALLEL_JOB", "one"), ("BUILDKITE_PARALLEL_JOB_COUNT", "4")]);
        assert!(words.contains("BUILDKITE_PARALLEL_JOB=`one`"), "{words}");
    }
}
