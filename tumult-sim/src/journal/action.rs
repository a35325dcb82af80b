//! Actions and hypotheses of an experiment, as they stand in a journal.

use serde::{Deserialize, Serialize};

use super::vocabulary::ProbeMode;

/// An action of the method or of the rollback. One that failed says so in `error`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ActionRecord {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub status: ActionStatus,
    /// When it began.
    pub started_at_ns: i64,
    /// When it ended.
    pub ended_at_ns: i64,
    /// What it returned, in words.
    pub output: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

/// How an action ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionStatus {
    /// It did what it should.
    Succeeded,
    /// It did not.
    Failed,
    /// It was not tried.
    Skipped,
}

impl ActionRecord {
    /// An action that ended well or badly.
    pub(crate) fn new(
        name: impl Into<String>,
        result: Result<Option<String>, String>,
        from_ns: i64,
        to_ns: i64,
    ) -> Self {
        let status = if result.is_ok() { ActionStatus::Succeeded } else { ActionStatus::Failed };
        let (output, error) = match result {
            Ok(output) => (output, None),
            Err(error) => (None, Some(error)),
        };
        Self { name: name.into(), status, started_at_ns: from_ns, ended_at_ns: to_ns, output, error }
    }
}

/// A steady-state hypothesis and how its checks went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HypothesisRecord {
    /// What it claims.
    pub title: String,
    /// The values that bear it out, in words.
    pub tolerance: String,
    /// Its checks, in the order of time; of a continuous one the first, the last, and those that failed.
    pub checks: Vec<HypothesisCheck>,
}

/// One look at a hypothesis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HypothesisCheck {
    /// Which look it was.
    pub mode: ProbeMode,
    /// When.
    pub epoch_ns: i64,
    /// The number that was read; absent when the reading failed, or is a text.
    pub value: Option<f64>,
    /// The text that was read.
    pub text: Option<String>,
    /// Whether it is within the tolerance. A reading that failed is not.
    pub held: bool,
}

impl HypothesisRecord {
    /// Whether every check of `mode` held; absent when there was none.
    pub fn held(&self, mode: ProbeMode) -> Option<bool> {
        let mut of_mode = self.checks.iter().filter(|c| c.mode == mode).peekable();
        of_mode.peek()?;
        Some(of_mode.all(|c| c.held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hypothesis_holds_when_every_check_of_the_mode_does() {
        let check = |mode, held| HypothesisCheck { mode, epoch_ns: 0, value: None, text: None, held };
        let hypothesis = HypothesisRecord {
            title: "serves reads".into(),
            tolerance: "0.99..=1".into(),
            checks: vec![check(ProbeMode::Before, true), check(ProbeMode::After, true), check(ProbeMode::After, false)],
        };
        assert_eq!(hypothesis.held(ProbeMode::Before), Some(true));
        assert_eq!(hypothesis.held(ProbeMode::After), Some(false));
        assert_eq!(hypothesis.held(ProbeMode::Continuous), None);
    }

    #[test]
    fn a_failed_action_carries_its_error() {
        let failed = ActionRecord::new("reconcile", Err("no store".into()), 1, 2);
        assert_eq!((failed.status, failed.error.as_deref()), (ActionStatus::Failed, Some("no store")));
        let done = ActionRecord::new("reconcile", Ok(Some("3 rows".into())), 1, 2);
        assert_eq!((done.status, done.output.as_deref()), (ActionStatus::Succeeded, Some("3 rows")));
    }
}
