//! When a fault happens: at a time, or when something has come about.

use serde::{Deserialize, Serialize};

use super::text::serde_time;
use crate::base::{ProcessId, Time};

/// When a fault happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When<P = String> {
    /// At this point of virtual time; at once if that has passed.
    At(#[serde(with = "serde_time")] Time),
    /// When this has come about.
    On(Condition<P>),
}

/// What a fault waits for: that the code reaches a [`point`](super::point()).
///
/// ```
/// # use tumult_sim::fault::Condition;
/// let any_worker_has_the_job = Condition::point("worker.leased").nth(2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition<P = ProcessId> {
    pub(super) point: String,
    pub(super) by: Option<P>,
    pub(super) nth: u64,
}

impl Condition {
    /// Some process reaches the point `name`, for the first time since the fault was armed.
    pub fn point(name: impl Into<String>) -> Self {
        Self { point: name.into(), by: None, nth: 1 }
    }

    /// Only this process counts.
    pub fn by(self, process: ProcessId) -> Self {
        Self { by: Some(process), ..self }
    }

    /// The `n`th time counts, from 1.
    ///
    /// # Panics
    /// When `n` is 0.
    #[track_caller]
    pub fn nth(self, n: u64) -> Self {
        assert!(n > 0, "failed to wait for time 0 of a point: the first time is 1");
        Self { nth: n, ..self }
    }
}

impl<P> Condition<P> {
    /// The name of the point.
    pub fn name(&self) -> &str {
        &self.point
    }
}

impl<P> When<P> {
    pub(crate) fn try_map<Q, E>(&self, f: &mut impl FnMut(&P) -> Result<Q, E>) -> Result<When<Q>, E> {
        Ok(match self {
            Self::At(t) => When::At(*t),
            Self::On(c) => {
                let by = c.by.as_ref().map(f).transpose()?;
                When::On(Condition { point: c.point.clone(), by, nth: c.nth })
            }
        })
    }

    /// What is wrong with it, and how to mend it.
    pub(crate) fn flaw(&self) -> Option<&'static str> {
        match self {
            Self::On(c) if c.nth == 0 => Some("time 0 of a point never comes; the first time is #1"),
            Self::On(c) if c.point.is_empty() => Some("the point has no name; write the one given to `fault::point`"),
            _ => None,
        }
    }
}
