//! The settings of a simulation.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::{Choices, Seed};
use crate::fault::{Plan, Style};
use crate::kernel::task::Schedule;
use crate::trace::LogFilter;

/// The settings of a simulation that hold from its start.
#[derive(Clone, Debug, PartialEq)]
pub struct SimConfig {
    /// Everything random follows from it.
    pub seed: Seed,
    /// In which order ready tasks run.
    pub schedule: Schedule,
    /// Whether the trace is kept in full.
    pub record: bool,
    /// Which events of `tracing` a recording keeps: [`Recording::logs`](crate::trace::Recording::logs). They are no part of
    /// the trace, and its hash is the same with and without. Default: none.
    pub log: Option<LogFilter>,
    /// What the wall clock shows at the start, in nanoseconds since the Unix epoch. Default: 2026-01-01 00:00 UTC,
    /// within the validity of common test certificates.
    pub epoch_ns: i64,
    /// So many polls at one instant are a stall. Default: 100,000.
    pub microstep_limit: u64,
    /// Whether [`buggify!`](crate::buggify) sites may fire. Default: no.
    pub buggify: bool,
    /// The run fails when its primaries have not finished by then. Default: one day.
    pub time_limit: Duration,
    /// What goes wrong, instead of what is declared and drawn: a plan that was saved, edited or shrunk.
    pub plan: Option<Plan>,
    /// What else is decided otherwise than by the seed.
    pub choices: Choices,
    #[doc(hidden)]
    pub manner: Manner,
}

/// What a search asks of a run beside its settings: its own affair.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manner {
    /// In what manner faults are drawn.
    pub(crate) style: Style,
    /// Whether the run is to say what kinds of things happened in it.
    pub(crate) features: bool,
    /// Whether a recording is to say where in the code things were done.
    pub(crate) sites: bool,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            seed: Seed(0),
            schedule: Schedule::default(),
            record: false,
            log: None,
            epoch_ns: 1_767_225_600_000_000_000,
            microstep_limit: 100_000,
            buggify: false,
            time_limit: Duration::from_secs(86_400),
            plan: None,
            choices: Choices::default(),
            manner: Manner::default(),
        }
    }
}
