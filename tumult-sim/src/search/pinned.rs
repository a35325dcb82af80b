//! The pinned runs of a test, replayed before any seed is tried.
//!
//! One that fails ends the search, and is reported as any other. One that holds is said to, and stays: whether the code
//! was mended or only goes another way now, a token cannot tell.

use std::sync::Arc;
use std::time::Instant;

use super::builder::Search;
use super::found::Found;
use super::regressions::Regressions;
use super::runner::Runner;
use super::token::Token;
use crate::base::{Error, OrPanic as _};

impl Search {
    /// Replays first what is pinned there.
    pub(super) fn guarded_by(mut self, pinned: Regressions) -> Self {
        self.pinned = pinned.places().collect();
        self
    }

    /// The first pinned run that fails, if one does. They are made where the others of the search are.
    #[track_caller]
    pub(super) fn replay_pinned(&self, runner: &Runner<'_>) -> Option<Found> {
        self.pinned.iter().find_map(|(place, token)| {
            let one = self.of_pinned(place, token).or_panic();
            let runner = Runner {
                test: runner.test,
                config: one.config.clone(),
                jobs: 1,
                deadline: None,
                stops_at_failure: true,
                isolator: Arc::clone(&runner.isolator),
            };
            let found = one.run_all(&runner, Instant::now());
            found.failure().is_some().then_some(found)
        })
    }

    fn of_pinned(&self, place: &str, token: &Token) -> Result<Self, Error> {
        let alone = Self { pinned: vec![], portfolio: false, ..self.clone() };
        let mut one = alone.replayed(token.clone())?;
        one.pinned_at = Some(place.to_owned());
        Ok(one)
    }
}
