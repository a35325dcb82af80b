//! What crosses from one process to another: orders, outcomes, what a search found. Outcomes and failures have a form of
//! their own for it, since they name statics of the program; whoever adds to them adds there.

mod failure;
mod found;
mod outcome;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::{Choices, Error, Seed};
use crate::fault::Plan;
use crate::search::padding::Padding;
use crate::sim::{Manner, SimConfig};

pub(in crate::search) use found::FoundWire;
pub(super) use outcome::{read, write};

/// A run that is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::search) struct Order {
    pub(in crate::search) seed: Seed,
    pub(in crate::search) record: bool,
    pub(in crate::search) padding: Padding,
    schedule: String,
    plan: Option<Plan>,
    choices: Choices,
    manner: Manner,
    /// What the recording keeps of what the code says by `tracing`.
    log: Option<String>,
    /// In a forked child, which may take so long; without, on a thread.
    pub(in crate::search) isolated: Option<Duration>,
}

impl Order {
    /// A run with these settings.
    pub(in crate::search) fn new(
        config: &SimConfig,
        record: bool,
        padding: Padding,
        isolated: Option<Duration>,
    ) -> Self {
        let schedule = config.schedule.to_string();
        let seed = config.seed;
        let (plan, choices, manner) = (config.plan.clone(), config.choices.clone(), config.manner.clone());
        let log = config.log.as_ref().map(ToString::to_string);
        Self { seed, record, padding, schedule, plan, choices, manner, log, isolated }
    }

    /// The same run, recorded.
    pub(super) fn recorded(&self) -> Self {
        Self { record: true, ..self.clone() }
    }

    /// The settings of the run, where a search has `config`.
    pub(super) fn settings(&self, config: &SimConfig) -> Result<SimConfig, Error> {
        let schedule = self.schedule.parse()?;
        let log = self.log.as_ref().map(|filter| filter.parse()).transpose()?;
        Ok(SimConfig {
            seed: self.seed,
            log,
            schedule,
            plan: self.plan.clone(),
            choices: self.choices.clone(),
            manner: self.manner.clone(),
            ..config.clone()
        })
    }
}
