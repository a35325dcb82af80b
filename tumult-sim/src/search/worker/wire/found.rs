//! What a search found.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::failure::FailureWire;
use crate::base::Seed;
use crate::invariant::Coverage;
use crate::search::found::{Failed, Found, Seen};
use crate::search::intern;

/// A [`Found`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::search) struct FoundWire {
    seen: Vec<SeenWire>,
    coverage: Coverage,
    runs: u64,
    virtual_time: Duration,
    wall: Duration,
    failed: Option<FailedWire>,
}

/// A [`Seen`].
#[derive(Clone, Debug, Serialize, Deserialize)]
struct SeenWire {
    seed: Seed,
    met: bool,
    violated: Vec<String>,
    newly_violated: bool,
    score: Option<f64>,
}

/// A [`Failed`].
#[derive(Clone, Debug, Serialize, Deserialize)]
struct FailedWire {
    case: u64,
    seed: Seed,
    failure: FailureWire,
    token: String,
    report: String,
    page: Option<PathBuf>,
}

impl FoundWire {
    pub(in crate::search) fn of(found: &Found) -> Self {
        let seen = |seen: &Seen| SeenWire {
            seed: seen.seed,
            met: seen.met,
            violated: seen.violated.iter().map(|id| (*id).to_owned()).collect(),
            newly_violated: seen.newly_violated,
            score: seen.score,
        };
        let failed = |failed: &Failed| FailedWire {
            case: failed.case,
            seed: failed.seed,
            failure: FailureWire::from(&failed.failure),
            token: failed.token.clone(),
            report: failed.report.clone(),
            page: failed.page.clone(),
        };
        Self {
            seen: found.seen.iter().map(seen).collect(),
            coverage: found.coverage.clone(),
            runs: found.runs,
            virtual_time: found.virtual_time,
            wall: found.wall,
            failed: found.failed.as_deref().map(failed),
        }
    }

    pub(in crate::search) fn into_found(self) -> Found {
        let seen = |wire: SeenWire| Seen {
            seed: wire.seed,
            met: wire.met,
            violated: wire.violated.iter().map(|id| intern::text(id)).collect(),
            newly_violated: wire.newly_violated,
            score: wire.score,
        };
        let failed = |wire: FailedWire| {
            let FailedWire { case, seed, failure, token, report, page } = wire;
            Box::new(Failed { case, seed, failure: failure.into(), token, report, page })
        };
        Found {
            seen: self.seen.into_iter().map(seen).collect(),
            coverage: self.coverage,
            runs: self.runs,
            virtual_time: self.virtual_time,
            wall: self.wall,
            failed: self.failed.map(failed),
            isolated: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::context::{Cause, Failure};

    #[test]
    fn what_was_found_reads_back_equal() {
        let seed = Seed(u64::MAX);
        let seen = Seen { seed, met: true, violated: vec!["INV_001"], newly_violated: true, score: Some(0.1) };
        let failure = Failure { cause: Cause::Error { message: "full".into() }, at: Time::ZERO, process: None };
        let failed = Failed { case: 3, seed, failure, token: "tm1:x".into(), report: "FOUND".into(), page: None };
        let found = Found {
            seen: vec![seen],
            runs: 4,
            virtual_time: Duration::MAX,
            failed: Some(Box::new(failed)),
            ..Found::nothing()
        };
        let json = serde_json::to_vec(&FoundWire::of(&found)).unwrap();
        let back = serde_json::from_slice::<FoundWire>(&json).unwrap().into_found();
        assert_eq!(format!("{back:?}"), format!("{found:?}"));
    }
}
