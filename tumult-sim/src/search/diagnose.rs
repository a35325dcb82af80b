//! What a failing seed is made into: recorded, replayed, told.

use std::time::Duration;

use super::determinism::Judge;
use super::found::Failed;
use super::padding::Padding;
use super::seeds::Cases;
use super::token::Token;
use crate::base::Seed;
use crate::context::{Cause, Failure};
use crate::report::{FailureText, Scene};
use crate::sim::RunOutcome;
use crate::trace::TraceHash;

/// Events before the failure that a report shows.
const LAST: usize = 12;

/// One case, as the search ran it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) number: u64,
    pub(super) seed: Seed,
    pub(super) trace: TraceHash,
}

impl Case {
    pub(super) fn of(number: u64, seed: Seed, trace: TraceHash) -> Self {
        Self { number, seed, trace }
    }
}

/// What is known of a search when a case is told.
#[derive(Debug)]
pub(super) struct Diagnosis<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) cases: &'a Cases,
    pub(super) warnings: &'a [String],
    pub(super) wall: Duration,
    pub(super) virtual_time: Duration,
}

impl Diagnosis<'_> {
    /// A case that failed.
    pub(super) fn of_failing(&self, case: Case, failure: &Failure) -> Box<Failed> {
        let recorded = self.judge.runner.once(case.seed, true, Padding::NONE);
        let recording = recorded.recording.as_ref();
        let scene = recording.map(|recording| Scene { recording, names: &recorded.process_names });
        let last = scene.map(|scene| scene.last(LAST, failure.at));
        let (failure, sound) = match self.replays(case, failure, &recorded) {
            Ok(sound) => (failure.clone(), sound),
            Err(cause) => (Failure { cause, ..failure.clone() }, "no: it does not replay, see WHAT".to_owned()),
        };
        let plan: Vec<String> = recorded.faults.iter().map(ToString::to_string).collect();
        self.tell(case, failure, &plan, &last.unwrap_or_default(), &sound)
    }

    /// A case that held, and is not the same again; or could not be run again.
    pub(super) fn of_unlike(&self, case: Case, failure: Failure) -> Box<Failed> {
        self.tell(case, failure, &[], &[], "")
    }

    /// How the failure stands up to being replayed, or that it does not.
    fn replays(&self, case: Case, failure: &Failure, recorded: &RunOutcome) -> Result<String, Cause> {
        if matches!(failure.cause, Cause::Tainted { .. }) {
            return Ok("no: what comes from outside the run comes at another time in each".into());
        }
        let Judge { runner, new_process, .. } = *self.judge;
        let padded = runner.once(case.seed, false, Padding::number(1));
        let third = (!new_process).then(|| runner.once(case.seed, false, Padding::number(2)));
        for replay in [Some(recorded), Some(&padded), third.as_ref()].into_iter().flatten() {
            if replay.trace != case.trace {
                let cause = self.judge.parted_here(case.seed, case.trace, replay.trace);
                return Err(with_first_failure(cause, failure));
            }
            if replay.failure.as_ref().map(Failure::signature) != Some(failure.signature()) {
                return Err(judged_otherwise(failure, replay.failure.as_ref()));
            }
        }
        let times = if new_process {
            match self.judge.differs_in_new_process(&[(case.seed, case.trace)]) {
                Ok(None) => "3 times, one of them in a new process".to_owned(),
                Ok(Some((_, cause))) => return Err(with_first_failure(cause, failure)),
                // The failure itself is what matters; that a new process could not be had is said beside it.
                Err(error) => format!("2 times ({error})"),
            }
        } else {
            "3 times".to_owned()
        };
        Ok(format!("replayed {times}, trace {} each time", case.trace))
    }

    fn tell(&self, case: Case, failure: Failure, plan: &[String], last: &[String], sound: &str) -> Box<Failed> {
        let Judge { runner, subject, .. } = *self.judge;
        let mut token = Token::new(&subject.id, case.seed, runner.config.schedule);
        token.set_plan(runner.config.plan.as_ref());
        let (numbered, shard) = match self.cases {
            Cases::Numbered { total, shard, .. } => {
                (Some((case.number, *total)), (shard.count > 1).then_some((shard.index, shard.count)))
            }
            Cases::Given(_) => (None, None),
        };
        let text = FailureText {
            seed: case.seed,
            case: numbered,
            shard,
            wall: self.wall,
            virtual_time: self.virtual_time,
            failure: &failure,
            plan,
            last,
            sound,
            replay: &subject.command(&token),
            warnings: self.warnings,
        };
        let report = text.render();
        Box::new(Failed { case: case.number, seed: case.seed, failure, token: token.to_string(), report })
    }
}

fn with_first_failure(cause: Cause, first: &Failure) -> Cause {
    match cause {
        Cause::Nondeterminism { what } => {
            Cause::Nondeterminism { what: format!("{what}\nfound when it failed so: {first}") }
        }
        other => other,
    }
}

/// The same run, and another end: the test function itself looks at something else.
fn judged_otherwise(first: &Failure, then: Option<&Failure>) -> Cause {
    let then = then.map_or_else(|| "held".to_owned(), |f| format!("failed: {f}"));
    let what = format!(
        "the same run, event by event, ended in two ways: first it failed: {first}\nthen it {then}\nlikely culprit: the \
         test function or an invariant reads a value that outlives a run, such as a static"
    );
    Cause::Nondeterminism { what }
}
