//! Queries that have a name.

use clap::ValueEnum;

/// A question that is asked often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Named {
    /// How long recovery took, by experiment and day, over the last 30 days.
    RecoveryTrend,
    /// How good the estimates are, by the tag `team`.
    EstimateAccuracy,
    /// By how much recovery takes longer from run to run, by system: degrading over 5 s, improving under -5 s.
    Degrading,
    /// The 20 runs whose outcome was not the estimated one and whose recovery was farthest from the estimate.
    WorstEstimates,
}

impl Named {
    /// The query's text.
    pub(crate) const fn sql(self) -> &'static str {
        match self {
            Self::RecoveryTrend => include_str!("../queries/recovery-trend.sql"),
            Self::EstimateAccuracy => include_str!("../queries/estimate-accuracy.sql"),
            Self::Degrading => include_str!("../queries/degrading.sql"),
            Self::WorstEstimates => include_str!("../queries/worst-estimates.sql"),
        }
    }
}
