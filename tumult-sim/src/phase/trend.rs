//! Where recovery times are going, run by run.

use crate::journal::Trend;

/// Seconds from one run to the next beyond which recovery times are said to move.
const MOVES_S: f64 = 5.0;

/// The trend over the recovery times of completed runs of one target, oldest first (lifecycle specification,
/// "Analysis"): mean of (recovery − previous recovery), above +5 s degrading, below −5 s improving, else stable.
/// Absent for fewer than two runs.
pub fn trend(recovery_s: &[f64]) -> Option<Trend> {
    let steps: Vec<f64> = recovery_s.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let step = super::statistics::mean(&steps)?;
    Some(if step > MOVES_S {
        Trend::Degrading
    } else if step < -MOVES_S {
        Trend::Improving
    } else {
        Trend::Stable
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trends_worked_out_by_hand() {
        assert_eq!(trend(&[]), None);
        assert_eq!(trend(&[30.0]), None);
        assert_eq!(trend(&[30.0, 35.0]), Some(Trend::Stable), "+5 is not more than 5");
        assert_eq!(trend(&[30.0, 35.1]), Some(Trend::Degrading));
        assert_eq!(trend(&[30.0, 10.0, 18.0]), Some(Trend::Improving), "−20 and +8 are −6");
        assert_eq!(trend(&[30.0, 90.0, 30.0]), Some(Trend::Stable));
    }
}
