//! The words a journal is written in, each with the one spelling it has in JSON, TOON and SQL.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares an enum whose variants have one spelling: in serde, in `as_str` and in `Display`.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word as it stands in a journal.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// How badly a fault was felt, from not at all to completely.
    Outcome {
        /// Nothing left its thresholds.
        NoImpact = "no_impact",
        /// Some threshold was breached.
        Degraded = "degraded",
        /// Under 95 % of the availability samples succeeded.
        PartialOutage = "partial_outage",
        /// Ten consecutive samples had no success.
        FullOutage = "full_outage",
    }
}

impl Outcome {
    /// 0 for no impact to 3 for a full outage: the distance between two is what an estimate is off by.
    pub const fn rank(self) -> u8 {
        self as u8
    }
}

words! {
    /// How an experiment ended.
    Status {
        /// It ran to its end, and hypotheses and invariants held.
        Completed = "completed",
        /// A hypothesis or an invariant was violated.
        Deviated = "deviated",
        /// An action of the experiment failed.
        Failed = "failed",
        /// The steady state did not hold before the fault, so there was nothing to learn.
        Aborted = "aborted",
        /// It was stopped early.
        Interrupted = "interrupted",
    }
}

words! {
    /// The shape of a degradation curve.
    Shape {
        /// Nothing left its thresholds.
        None = "none",
        /// A curve: it got worse over time, or did not stay bad.
        Graceful = "graceful",
        /// A cliff: bad at once, and bad for at least half the fault.
        Catastrophic = "catastrophic",
    }
}

words! {
    /// A phase of the lifecycle.
    Phase {
        /// The author's prediction.
        Estimate = "estimate",
        /// Measurement before the fault.
        Baseline = "baseline",
        /// Observation under the fault.
        During = "during",
        /// Recovery after the fault was lifted.
        Post = "post",
        /// Estimate against actual, score.
        Analysis = "analysis",
        /// Checks that run across baseline, during and post.
        Verify = "verify",
    }
}

words! {
    /// What kind of thing a fault does.
    FaultType {
        /// A process or machine ends.
        Termination = "termination",
        /// Processor, memory or disk get scarce.
        ResourceStress = "resource-stress",
        /// Links lose, delay, reorder or part.
        Network = "network",
        /// A process is paused, or its clock is moved.
        State = "state",
        /// Something the system relies on misbehaves.
        Dependency = "dependency",
        /// A setting is wrong.
        Configuration = "configuration",
        /// Stored data is lost or damaged.
        Data = "data",
    }
}

words! {
    /// How hard a fault is meant to hit.
    Severity {
        /// Hardly felt.
        Minor = "minor",
        /// Felt.
        Moderate = "moderate",
        /// Service suffers.
        Major = "major",
        /// Service ends.
        Catastrophic = "catastrophic",
    }
}

words! {
    /// How far a fault reaches.
    BlastRadius {
        /// One process.
        SingleInstance = "single-instance",
        /// All processes of a service.
        Service = "service",
        /// Everything in one zone.
        AvailabilityZone = "availability-zone",
        /// Everything in one region.
        Region = "region",
        /// Everything.
        Global = "global",
    }
}

words! {
    /// When a hypothesis or a probe is looked at.
    ProbeMode {
        /// Before the fault.
        Before = "before",
        /// After the fault was lifted and the system had its time to recover.
        After = "after",
        /// Throughout.
        Continuous = "continuous",
    }
}

words! {
    /// Where recovery times are going, run by run.
    Trend {
        /// Over 5 s shorter from one run to the next, on average.
        Improving = "improving",
        /// Neither.
        Stable = "stable",
        /// Over 5 s longer from one run to the next, on average.
        Degrading = "degrading",
    }
}

words! {
    /// What a probe's values count.
    Unit {
        /// Thousandths of a second.
        Milliseconds = "ms",
        /// Seconds.
        Seconds = "s",
        /// A part of a whole, 0 to 1.
        Ratio = "ratio",
        /// A level that goes up and down, such as a queue's length.
        Gauge = "gauge",
        /// Events in a second.
        PerSecond = "per_second",
        /// Bytes.
        Bytes = "bytes",
    }
}

impl Unit {
    /// The unit's symbol in UCUM, which OpenTelemetry asks for.
    pub const fn ucum(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Ratio | Self::Gauge => "1",
            Self::PerSecond => "1/s",
            Self::Bytes => "By",
        }
    }
}

words! {
    /// How thresholds are derived from a baseline.
    MethodName {
        /// From 0 to a margin above p95.
        Percentile = "percentile",
        /// The mean, give or take some standard deviations.
        MeanStddev = "mean-stddev",
        /// The quartiles, give or take 1.5 times the range between them.
        Iqr = "iqr",
        /// The rate of errors plus a tolerance.
        ErrorRate = "error-rate",
        /// The ratio of time up minus a tolerance.
        Availability = "availability",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The spellings of the specification, checked against serde and `as_str` together.
    fn spelled<T: Serialize + Copy + fmt::Display>(all: &[T], words: &[&str]) {
        let json: Vec<String> = all.iter().map(|w| serde_json::to_string(w).unwrap().replace('"', "")).collect();
        let display: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(json, words);
        assert_eq!(display, words);
    }

    #[test]
    fn words_are_spelled_as_in_the_specification() {
        spelled(Outcome::ALL, &["no_impact", "degraded", "partial_outage", "full_outage"]);
        spelled(Status::ALL, &["completed", "deviated", "failed", "aborted", "interrupted"]);
        spelled(Shape::ALL, &["none", "graceful", "catastrophic"]);
        spelled(Phase::ALL, &["estimate", "baseline", "during", "post", "analysis", "verify"]);
        spelled(
            FaultType::ALL,
            &["termination", "resource-stress", "network", "state", "dependency", "configuration", "data"],
        );
        spelled(Severity::ALL, &["minor", "moderate", "major", "catastrophic"]);
        spelled(BlastRadius::ALL, &["single-instance", "service", "availability-zone", "region", "global"]);
        spelled(ProbeMode::ALL, &["before", "after", "continuous"]);
        spelled(MethodName::ALL, &["percentile", "mean-stddev", "iqr", "error-rate", "availability"]);
    }

    #[test]
    fn outcomes_are_ranked_from_0_to_3() {
        assert_eq!(Outcome::ALL.iter().map(|o| o.rank()).collect::<Vec<_>>(), [0, 1, 2, 3]);
    }
}
