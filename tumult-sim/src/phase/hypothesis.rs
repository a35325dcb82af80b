//! A claim about the steady state: what it reads, what it accepts, and when it is looked at.

use super::Tolerance;
use crate::base::Time;
use crate::journal::{Epoch, HypothesisCheck, HypothesisRecord, ProbeMode};

/// So many continuous looks that found the claim untrue are kept one by one; the first that did is always among them.
const UNTRUE_KEPT: usize = 100;

/// What a hypothesis reads. Anything that converts into one does: `0.99`, `Some(0.99)`, `true`, `"leader"`.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// A number.
    Number(f64),
    /// Text, such as a role or a state.
    Text(String),
    /// There was nothing to read: an error, a timeout. It bears no hypothesis out.
    Failed,
}

impl Reading {
    /// A number that is none (NaN, an infinity) is no reading, and -0 is 0: a journal has no word for either.
    pub(super) fn made_sayable(self) -> Self {
        match self {
            Self::Number(x) if x.is_finite() => Self::Number(x + 0.0),
            Self::Number(_) => Self::Failed,
            other => other,
        }
    }
}

impl From<f64> for Reading {
    fn from(x: f64) -> Self {
        Self::Number(x)
    }
}

impl From<bool> for Reading {
    /// 1 for true, 0 for false.
    fn from(b: bool) -> Self {
        Self::Number(f64::from(u8::from(b)))
    }
}

impl From<String> for Reading {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Reading {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<T: Into<Reading>> From<Option<T>> for Reading {
    fn from(reading: Option<T>) -> Self {
        reading.map_or(Self::Failed, Into::into)
    }
}

/// A claim about the steady state. Without further word it is looked at before the fault, throughout DURING, and after
/// recovery.
pub struct Hypothesis {
    title: String,
    source: Box<dyn Fn() -> Reading>,
    tolerance: Tolerance,
    modes: Vec<ProbeMode>,
    /// The last continuous look, where it is not in the record.
    last: Option<HypothesisCheck>,
}

impl std::fmt::Debug for Hypothesis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hypothesis").field("title", &self.title).field("modes", &self.modes).finish_non_exhaustive()
    }
}

impl Hypothesis {
    pub(super) fn new(title: String, source: Box<dyn Fn() -> Reading>, tolerance: Tolerance) -> Self {
        Self { title, source, tolerance, modes: ProbeMode::ALL.to_vec(), last: None }
    }

    /// It is looked at then and no more: a claim that a fault is expected to break is for before and after.
    pub fn only(&mut self, modes: impl IntoIterator<Item = ProbeMode>) -> &mut Self {
        self.modes = modes.into_iter().collect();
        self
    }

    /// The record before any look.
    pub(super) fn record(&self) -> HypothesisRecord {
        HypothesisRecord { title: self.title.clone(), tolerance: self.tolerance.to_string(), checks: vec![] }
    }

    pub(super) fn is_looked_at(&self, mode: ProbeMode) -> bool {
        self.modes.contains(&mode)
    }

    /// Reads it once.
    pub(super) fn read(&self) -> Reading {
        (self.source)().made_sayable()
    }

    /// Enters what was read. Of continuous looks the record keeps the first and those that found it untrue; the last
    /// comes when they [end](Self::end_continuous).
    pub(super) fn enter(
        &mut self,
        record: &mut HypothesisRecord,
        mode: ProbeMode,
        reading: Reading,
        now: Time,
        epoch: Epoch,
    ) {
        let held = self.tolerance.accepts(&reading);
        let (value, text) = match reading {
            Reading::Number(x) => (Some(x), None),
            Reading::Text(text) => (None, Some(text)),
            Reading::Failed => (None, None),
        };
        let check = HypothesisCheck { mode, epoch_ns: epoch.at(now), value, text, held };
        let untrue = record.checks.iter().filter(|c| c.mode == mode && !c.held).count();
        let first = !record.checks.iter().any(|c| c.mode == mode);
        if mode != ProbeMode::Continuous || first || (!held && untrue < UNTRUE_KEPT) {
            record.checks.push(check);
            self.last = None;
        } else {
            self.last = Some(check);
        }
    }

    /// No more continuous looks will come.
    pub(super) fn end_continuous(&mut self, record: &mut HypothesisRecord) {
        record.checks.extend(self.last.take());
    }
}

#[cfg(test)]
mod tests {
    use super::super::series::seconds;
    use super::*;

    const EPOCH: Epoch = Epoch::from_nanos(0);

    fn hypothesis(tolerance: impl Into<Tolerance>) -> (Hypothesis, HypothesisRecord) {
        let h = Hypothesis::new("serves".into(), Box::new(|| Reading::Failed), tolerance.into());
        let record = h.record();
        (h, record)
    }

    #[test]
    fn continuous_looks_leave_the_first_the_last_and_the_untrue() {
        let (mut h, mut record) = hypothesis(1.0);
        for (s, x) in [(1, 1.0), (2, 1.0), (3, 0.5), (4, 1.0), (5, 1.0)] {
            h.enter(&mut record, ProbeMode::Continuous, x.into(), seconds(s), EPOCH);
        }
        h.end_continuous(&mut record);
        let kept: Vec<_> = record.checks.iter().map(|c| (c.epoch_ns / 1_000_000_000, c.held)).collect();
        assert_eq!(kept, [(1, true), (3, false), (5, true)]);
        assert_eq!(record.held(ProbeMode::Continuous), Some(false));
    }

    #[test]
    fn a_record_stays_small_however_often_it_is_untrue() {
        let (mut h, mut record) = hypothesis(1.0);
        for s in 0..1000 {
            h.enter(&mut record, ProbeMode::Continuous, 0.0.into(), seconds(s), EPOCH);
        }
        h.end_continuous(&mut record);
        assert_eq!(record.checks.len(), UNTRUE_KEPT + 1);
        assert_eq!(record.checks.last().unwrap().epoch_ns, 999_000_000_000, "the last is there");
    }

    #[test]
    fn each_look_before_and_after_is_kept() {
        let (mut h, mut record) = hypothesis(1.0);
        for mode in [ProbeMode::Before, ProbeMode::After] {
            h.enter(&mut record, mode, true.into(), seconds(1), EPOCH);
        }
        assert_eq!((record.held(ProbeMode::Before), record.held(ProbeMode::After)), (Some(true), Some(true)));
    }

    #[test]
    fn modes_are_all_unless_told_otherwise() {
        let (mut h, _) = hypothesis(1.0);
        assert!(ProbeMode::ALL.iter().all(|m| h.is_looked_at(*m)));
        h.only([ProbeMode::Before, ProbeMode::After]);
        assert!(h.is_looked_at(ProbeMode::After) && !h.is_looked_at(ProbeMode::Continuous));
    }

    #[test]
    fn what_is_read_is_a_number_a_text_or_nothing() {
        assert_eq!(Reading::from(Some(0.5)), Reading::Number(0.5));
        assert_eq!(Reading::from(None::<f64>), Reading::Failed);
        assert_eq!(Reading::from(false), Reading::Number(0.0));
        assert_eq!(Reading::from(Some("leader")), Reading::Text("leader".into()));
        assert_eq!(Reading::from(f64::NAN).made_sayable(), Reading::Failed);
        let Reading::Number(zero) = Reading::from(-0.0).made_sayable() else { panic!() };
        assert!(zero.is_sign_positive());
    }
}
