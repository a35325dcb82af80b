//! Curve or cliff: the shape of a probe's degradation.

use super::during::FaultWindow;
use crate::base::Time;
use crate::journal::{Bounds, Shape};

/// The part of the rise that a cliff has behind it at once.
const CLIFF_RISE: f64 = 0.8;
/// The samples at which that has to be: onset and two more.
const CLIFF_SAMPLES: usize = 3;
/// The part of the peak's deviation that a cliff keeps.
const CLIFF_KEEPS: f64 = 0.8;

/// The shape of what followed an onset (lifecycle specification, "During"): catastrophic if at least 80 % of the
/// rise from threshold to peak happens within two samples of onset *and* the samples then stay within 20 % of the
/// peak for at least half the fault; else graceful; none without a breach.
///
/// The peak here is the value farthest outside the thresholds, "within 20 %" is of its distance to the mean and on
/// its side of it, so that a fall to nothing is a cliff as a rise is. A failed sample is as bad as a sample can be:
/// it is at the peak.
///
/// `from_onset` are the readings from onset on; empty means that there was no breach.
pub(super) fn shape(
    mean: Option<f64>,
    bounds: &Bounds,
    from_onset: &[(Time, Option<f64>)],
    fault: FaultWindow,
) -> Shape {
    if from_onset.is_empty() {
        return Shape::None;
    }
    let peak = peak(bounds, from_onset);
    let risen = |reading: Option<f64>| match (reading, peak) {
        (None, _) => true,
        (Some(x), Some(peak)) => bounds.excess(x) >= CLIFF_RISE * bounds.excess(peak),
        (Some(_), None) => false,
    };
    let stays = |reading: Option<f64>| match (reading, peak, mean) {
        (None, _, _) => true,
        (Some(x), Some(peak), Some(mean)) => {
            let (here, there) = (x - mean, peak - mean);
            here.is_sign_negative() == there.is_sign_negative() && here.abs() >= CLIFF_KEEPS * there.abs()
        }
        (Some(_), _, _) => false,
    };
    let Some(jump) = from_onset.iter().take(CLIFF_SAMPLES).position(|(_, reading)| risen(*reading)) else {
        return Shape::Graceful;
    };
    let left = from_onset[jump..].iter().find(|(at, reading)| *at >= fault.until || !stays(*reading));
    let stayed = left.map_or(fault.until, |(at, _)| (*at).min(fault.until)) - from_onset[jump].0;
    if stayed * 2 >= fault.until - fault.from { Shape::Catastrophic } else { Shape::Graceful }
}

/// The first of the readings farthest outside the thresholds; none when all that was outside failed.
fn peak(bounds: &Bounds, readings: &[(Time, Option<f64>)]) -> Option<f64> {
    let mut peak = None;
    let mut excess = 0.0;
    for x in readings.iter().filter_map(|(_, reading)| *reading) {
        if bounds.excess(x) > excess {
            (peak, excess) = (Some(x), bounds.excess(x));
        }
    }
    peak
}

#[cfg(test)]
mod tests {
    use super::super::series::{each_second, seconds};
    use super::*;

    /// The shape of one sample a second since an onset at 0 s, under a fault of as many seconds.
    fn shape_of(values: &[Option<f64>]) -> Shape {
        let readings: Vec<_> = each_second(values.iter().copied()).iter().collect();
        let fault = FaultWindow { from: Time::ZERO, until: seconds(values.len() as u64) };
        shape(Some(45.0), &Bounds { lower: Some(35.0), upper: Some(55.0) }, &readings, fault)
    }

    fn of(values: impl IntoIterator<Item = i32>) -> Shape {
        shape_of(&values.into_iter().map(|x| Some(f64::from(x))).collect::<Vec<_>>())
    }

    #[test]
    fn without_a_breach_there_is_no_shape() {
        assert_eq!(shape_of(&[]), Shape::None);
    }

    #[test]
    fn a_rise_over_many_samples_is_a_curve() {
        // From 60 to 200 by 10 and back: the third sample has 25 of the rise of 145 behind it.
        assert_eq!(of((60..=200).step_by(10).chain((60..200).step_by(10))), Shape::Graceful);
    }

    #[test]
    fn a_jump_that_lasts_is_a_cliff() {
        assert_eq!(of([200; 20]), Shape::Catastrophic);
        assert_eq!(of([60, 120, 200].into_iter().chain([200; 17])), Shape::Catastrophic, "in two samples more");
        assert_eq!(of([60, 80, 120, 200].into_iter().chain([200; 16])), Shape::Graceful, "in three");
    }

    #[test]
    fn eighty_percent_of_the_rise_is_enough_and_less_is_not() {
        // Threshold 55, peak 155: 80 % of the rise is 135. 45 + 0.8·110 = 133 is within 20 % of the peak.
        let then = [155].into_iter().chain([150; 16]);
        assert_eq!(of([60, 60, 135].into_iter().chain(then.clone())), Shape::Catastrophic);
        assert_eq!(of([60, 60, 134].into_iter().chain(then)), Shape::Graceful);
        assert_eq!(of([155].into_iter().chain([133; 19])), Shape::Catastrophic);
        assert_eq!(of([155].into_iter().chain([132; 19])), Shape::Graceful);
    }

    #[test]
    fn a_jump_that_does_not_last_half_the_fault_is_a_curve() {
        assert_eq!(of([[200; 10], [60; 10]].concat()), Shape::Catastrophic, "exactly half");
        assert_eq!(of([vec![200; 9], vec![60; 11]].concat()), Shape::Graceful);
        assert_eq!(of([[200, 60]; 10].concat()), Shape::Graceful, "it has to stay, not to come back");
    }

    #[test]
    fn a_fall_is_a_cliff_as_a_rise_is() {
        assert_eq!(of([0; 20]), Shape::Catastrophic);
        assert_eq!(of([[0; 10], [100; 10]].concat()), Shape::Graceful, "the other side is not the same place");
    }

    #[test]
    fn failed_samples_are_at_the_peak() {
        assert_eq!(shape_of(&[None; 20]), Shape::Catastrophic);
        assert_eq!(shape_of(&[vec![None; 3], vec![Some(45.0); 17]].concat()), Shape::Graceful);
        assert_eq!(shape_of(&[[None, Some(200.0)]; 10].concat()), Shape::Catastrophic);
    }

    #[test]
    fn what_happens_after_the_fault_does_not_count() {
        let readings: Vec<_> = each_second([vec![200.0; 6], vec![45.0; 30]].concat()).iter().collect();
        let bounds = Bounds { lower: None, upper: Some(55.0) };
        let fault = |until| FaultWindow { from: Time::ZERO, until: seconds(until) };
        assert_eq!(shape(Some(45.0), &bounds, &readings, fault(6)), Shape::Catastrophic);
        assert_eq!(shape(Some(45.0), &bounds, &readings, fault(30)), Shape::Graceful);
    }
}
