//! What a queue promises, in figures.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The bounds that `INV_006`, `INV_007`, `INV_009` and `INV_010` hold a queue to. They are a promise, and no setting:
/// nothing in a queue reads them, so one without its guards is held to the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// How long an accepted job may take until it has ended, once no fault is in force. Default: 60 s.
    pub liveness: Duration,
    /// How often a job may be attempted. Default: 25 times.
    pub attempts: u32,
    /// How many calls to those outside a job may cost, on average. Default: 10.
    pub amplification: u64,
    /// How many calls more there may be, for when there are few jobs. Default: 100.
    pub reserve: u64,
    /// How long control traffic may wait until it is served. Default: 1 s.
    pub control: Duration,
    /// How much work may be queued in one place. Default: 10,000 items.
    pub queued: usize,
    /// How much memory queued work may take in one place. Default: 16 MiB.
    pub bytes: usize,
}

impl Bounds {
    /// No bounds: for looking at what comes after a violation, which would end the run.
    pub const NONE: Self = Self {
        liveness: Duration::MAX,
        attempts: u32::MAX,
        amplification: 1 << 32,
        reserve: 0,
        control: Duration::MAX,
        queued: usize::MAX,
        bytes: usize::MAX,
    };
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            liveness: Duration::from_secs(60),
            attempts: 25,
            amplification: 10,
            reserve: 100,
            control: Duration::from_secs(1),
            queued: 10_000,
            bytes: 16 << 20,
        }
    }
}
