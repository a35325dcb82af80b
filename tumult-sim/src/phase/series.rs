//! The samples of one probe over time.

use crate::base::Time;

/// The samples of one probe in the order of time. A sample that failed (an error, a timeout) has no value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Series {
    at: Vec<Time>,
    value: Vec<Option<f64>>,
}

/// The largest magnitude that counts as a measurement: squares and sums of any number of samples stay finite.
const MAGNITUDE_MAX: f64 = 1e100;

impl Series {
    /// Takes in the sample of time `at`, not earlier than the last one.
    ///
    /// A value that is not finite, or beyond 1e100, is no measurement: it counts as a failed sample.
    pub(crate) fn push(&mut self, at: Time, value: Option<f64>) {
        assert!(self.at.last().is_none_or(|last| *last <= at), "samples come in the order of time");
        self.at.push(at);
        // Adding 0 turns -0 into 0, so that equal series print equal bytes.
        self.value.push(value.filter(|x| x.abs() <= MAGNITUDE_MAX).map(|x| x + 0.0));
    }

    /// The number of samples, failed ones among them.
    pub(crate) fn len(&self) -> usize {
        self.at.len()
    }

    /// The samples, in the order of time.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Time, Option<f64>)> + '_ {
        self.at.iter().copied().zip(self.value.iter().copied())
    }

    /// When the last sample was taken.
    pub(crate) fn last_at(&self) -> Option<Time> {
        self.at.last().copied()
    }

    /// The number of samples that failed.
    pub(crate) fn failed(&self) -> usize {
        self.value.iter().filter(|v| v.is_none()).count()
    }

    /// The series without its first `n` samples: the warm-up is thrown away, failed samples and all.
    pub(crate) fn without_first(&self, n: usize) -> Self {
        let n = n.min(self.len());
        Self { at: self.at[n..].to_vec(), value: self.value[n..].to_vec() }
    }

    /// The samples of time `from` and later, up to and without `until`.
    pub(crate) fn between(&self, from: Time, until: Time) -> Self {
        let (first, end) = (self.at.partition_point(|t| *t < from), self.at.partition_point(|t| *t < until));
        let range = first..end.max(first);
        Self { at: self.at[range.clone()].to_vec(), value: self.value[range].to_vec() }
    }
}

impl FromIterator<(Time, Option<f64>)> for Series {
    fn from_iter<I: IntoIterator<Item = (Time, Option<f64>)>>(samples: I) -> Self {
        let mut series = Self::default();
        samples.into_iter().for_each(|(at, value)| series.push(at, value));
        series
    }
}

/// For tests: one sample a second, the first at 0 s.
#[cfg(test)]
pub(super) fn each_second<V: Into<Option<f64>>>(values: impl IntoIterator<Item = V>) -> Series {
    values.into_iter().enumerate().map(|(i, v)| (seconds(i as u64), v.into())).collect()
}

/// For tests: the point `s` seconds after the start.
#[cfg(test)]
pub(super) fn seconds(s: u64) -> Time {
    Time::from_nanos(s * 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_measurement_is_a_failed_sample() {
        let series = each_second([Some(1.0), None, Some(f64::NAN), Some(f64::INFINITY), Some(-1e101), Some(-1e100)]);
        assert_eq!((series.len(), series.failed()), (6, 4));
        let zero = each_second([-0.0]).iter().next().unwrap().1.unwrap();
        assert!(zero.is_sign_positive());
    }

    #[test]
    fn warm_up_is_thrown_away_from_the_front() {
        let series = each_second([None, Some(9.0), Some(1.0)]);
        assert_eq!(series.without_first(2).iter().collect::<Vec<_>>(), [(seconds(2), Some(1.0))]);
        assert_eq!(series.without_first(0), series);
        assert_eq!(series.without_first(4).len(), 0);
    }

    #[test]
    fn a_span_has_its_start_and_not_its_end() {
        let series = each_second([0.0, 1.0, 2.0, 3.0]);
        assert_eq!(
            series.between(seconds(1), seconds(3)).iter().map(|s| s.1).collect::<Vec<_>>(),
            [Some(1.0), Some(2.0)]
        );
        assert_eq!(series.between(seconds(3), seconds(1)).len(), 0);
    }

    #[test]
    #[should_panic(expected = "order of time")]
    fn time_does_not_go_back() {
        let mut series = each_second([0.0, 1.0]);
        series.push(Time::ZERO, None);
    }
}
