//! The six phases of an experiment: [`Experiment`] declares it, `pipeline` drives a simulation through it, and the rest
//! are pure functions: what was sampled goes in, what a journal says comes out.
//!
//! The figures are defined by the lifecycle
//! specification; each function quotes its formula, and each is tested against numbers worked out by hand.
//!
//! | phase | here |
//! |---|---|
//! | 0 estimate | [`Estimate`] |
//! | 1 baseline | [`Probe`], `Series`, `statistics`, `method`, `anomaly`, `baseline` |
//! | 2 during | `during`, `shape`, `outcome` |
//! | 3 post | `post` |
//! | 4 analysis | `analysis`, `accuracy`, `score`, `weighted`, `trend`, `status` |
//! | all | [`Hypothesis`] and what it accepts, [`Tolerance`]; `action`: what is done besides faults; `watch`: what is said |

mod accuracy;
mod action;
mod analysis;
mod anomaly;
mod baseline;
mod clock;
mod conclude;
mod during;
mod estimate;
mod experiment;
mod faults;
mod hypothesis;
mod method;
mod outcome;
mod pipeline;
#[cfg(test)]
mod pipeline_tests;
mod post;
mod probe;
mod rollback;
mod score;
mod series;
mod shape;
mod sources;
mod statistics;
mod status;
mod tolerance;
mod trend;
mod watch;
mod weighted;

pub use action::ActionOutput;
pub use clock::Phases;
pub use estimate::Estimate;
pub(crate) use experiment::Role;
pub use experiment::{Experiment, IntoFaults};
pub use hypothesis::{Hypothesis, Reading};
pub(crate) use pipeline::run;
pub use probe::Probe;
pub use rollback::RollbackPolicy;
pub use tolerance::Tolerance;
pub use trend::trend;

pub use crate::journal::{Phase, Unit};

pub(crate) use analysis::{Evidence, analyse};
pub(crate) use baseline::{BaselineRules, OnAnomaly};
pub(crate) use during::FaultWindow;
pub(crate) use post::{DataChecks, PostRules};
pub(crate) use series::Series;
pub(crate) use status::Facts;
