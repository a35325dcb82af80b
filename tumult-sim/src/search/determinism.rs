//! Whether a seed runs the same again: in the same process, with other addresses, and in a new process.

use std::time::Duration;

use super::culprit::{Circumstance, Parting, unseen};
use super::padding::Padding;
use super::runner::Runner;
use super::subject::Subject;
use super::worker::{Order, Worker};
use crate::base::{Error, Kind};
use crate::context::Cause;
use crate::report::Scene;
use crate::sim::{RunOutcome, SimConfig};
use crate::trace::TraceHash;

/// How often a difference is looked for with both runs recorded.
const TRIES: u64 = 4;
/// What a new process may take however short the runs are: starting a large binary under load.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs seeds again.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    pub(super) runner: &'a Runner<'a>,
    pub(super) subject: &'a Subject,
    /// Whether the test can be run in a new process: it can when the standard harness knows it.
    pub(super) new_process: bool,
    /// How long the seeds took in this process.
    pub(super) took: Duration,
}

impl Judge<'_> {
    /// Makes the runs again, here and in a new process. The first difference is the cause of a failure, with the number of
    /// its run.
    ///
    /// # Errors
    /// When the new process failed.
    pub(super) fn differs(&self, runs: &[(SimConfig, TraceHash)]) -> Result<Option<(usize, Cause)>, Error> {
        for (n, (config, before)) in runs.iter().enumerate() {
            let again = self.runner.run_as(config, false, Padding::number(n as u64 + 1));
            if let Some(Cause::Setup { message }) = again.failure.as_ref().map(|f| &f.cause) {
                return Err(Error::new(Kind::Io, message.clone()));
            }
            if again.trace != *before {
                return Ok(Some((n, self.parted_here(config, *before, again.trace))));
            }
        }
        if self.new_process { self.differs_in_new_process(runs) } else { Ok(None) }
    }

    /// Makes the runs in a new process.
    ///
    /// # Errors
    /// When the new process failed.
    pub(super) fn differs_in_new_process(
        &self,
        runs: &[(SimConfig, TraceHash)],
    ) -> Result<Option<(usize, Cause)>, Error> {
        let there = self.elsewhere(runs.iter().map(|run| &run.0), false)?;
        for (n, ((config, before), there)) in runs.iter().zip(there).enumerate() {
            if there.trace != *before {
                return Ok(Some((n, self.parted_there(config, *before, there.trace)?)));
            }
        }
        Ok(None)
    }

    /// Runs in a new process. Recorded ones find another heap there.
    fn elsewhere<'a>(
        &self,
        configs: impl Iterator<Item = &'a SimConfig>,
        record: bool,
    ) -> Result<Vec<RunOutcome>, Error> {
        let failed = |why: String| {
            let path = &self.subject.path;
            let message = format!("run {path} again in a new process, which TUMULT_CHECK=off does without: {why}");
            Error::new(Kind::Io, message)
        };
        let isolator = &self.runner.isolator;
        let isolated = isolator.is_on().then_some(isolator.patience);
        // One job there, and other work beside it: many times what all took here.
        let patience = PATIENCE + self.took * 50 + isolated.unwrap_or_default();
        let padding = if record { Padding::number(1) } else { Padding::NONE };
        let mut worker = Worker::start(&isolator.place, isolated.is_some()).map_err(failed)?;
        let run = |config| {
            let order = Order::new(config, record, padding, isolated);
            worker.ask(&order, patience).map_err(failed)
        };
        configs.map(run).collect()
    }

    /// Two runs in this process differ: why.
    pub(super) fn parted_here(&self, config: &SimConfig, one: TraceHash, other: TraceHash) -> Cause {
        let found = (1..=TRIES).find_map(|n| {
            let a = self.runner.run_as(config, true, Padding::NONE);
            let b = self.runner.run_as(config, true, Padding::number(n));
            Parting::of(scene(&a)?, scene(&b)?)
        });
        let why = found.map_or_else(|| unseen(Circumstance::Again), |p| p.text(Circumstance::Again));
        let seed = config.seed;
        let what = format!("seed {seed} ran twice and was two runs, trace {one} and trace {other}\n{why}");
        Cause::Nondeterminism { what }
    }

    /// A run here and one in a new process differ: why.
    fn parted_there(&self, config: &SimConfig, here: TraceHash, there: TraceHash) -> Result<Cause, Error> {
        let ours = self.runner.run_as(config, true, Padding::NONE);
        let theirs = self.elsewhere(std::iter::once(config), true)?.pop();
        let found = theirs.and_then(|theirs| Parting::of(scene(&ours)?, scene(&theirs)?));
        let why = found.map_or_else(|| unseen(Circumstance::NewProcess), |p| p.text(Circumstance::NewProcess));
        let seed = config.seed;
        let what = format!(
            "seed {seed} ran here and in a new process and was two runs, trace {here} and trace {there}\n{why}"
        );
        Ok(Cause::Nondeterminism { what })
    }
}

fn scene(outcome: &RunOutcome) -> Option<Scene<'_>> {
    let recording = outcome.recording.as_ref()?;
    Some(Scene { recording, names: &outcome.process_names })
}
