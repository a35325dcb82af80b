//! What a failing seed is made into: recorded, replayed, told.

use std::time::Duration;

use super::determinism::Judge;
use super::found::Failed;
use super::padding::Padding;
use super::seeds::Cases;
use super::token::Token;
use crate::base::Seed;
use crate::context::{Cause, Failure};
use crate::fault::Outcome;
use crate::report::{FailureText, Scene};
use crate::sim::RunOutcome;
use crate::trace::TraceHash;

/// Events before the failure that a report shows.
const LAST: usize = 12;

/// So many faults that were never due are told one by one.
const NEVER_DUE: usize = 3;

/// The faults of a plan and what became of each. Many that wait for a point in the code, as workloads declare them to
/// hit it at any time, would hide the few that came about: those are counted.
fn told(faults: &[Outcome]) -> Vec<String> {
    let due = |f: &&Outcome| f.injected_at.is_some() || f.skipped.is_some();
    let never = faults.iter().filter(|f| !due(f)).count();
    if never <= NEVER_DUE {
        return faults.iter().map(ToString::to_string).collect();
    }
    let counted = format!("and {never} that were never due");
    faults.iter().filter(due).map(ToString::to_string).chain([counted]).collect()
}

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
        // One that hung says nothing of the time at which it did.
        let hung = matches!(failure.cause, Cause::Hung { .. });
        let until = if hung { recorded.ended_at } else { failure.at };
        let last = scene.map(|scene| scene.last(LAST, until));
        let (failure, sound) = match self.replays(case, failure, &recorded) {
            Ok(sound) => (failure.clone(), sound),
            Err(cause) => (Failure { cause, ..failure.clone() }, "no: it does not replay, see WHAT".to_owned()),
        };
        let plan = told(&recorded.faults);
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
        if matches!(failure.cause, Cause::Hung { .. }) {
            return Ok("not replayed: each time is another wait".into());
        }
        let Judge { runner, new_process, .. } = *self.judge;
        let padded = runner.once(case.seed, false, Padding::number(1));
        let third = (!new_process).then(|| runner.once(case.seed, false, Padding::number(2)));
        for replay in [Some(recorded), Some(&padded), third.as_ref()].into_iter().flatten() {
            if let Some(cause @ Cause::Setup { .. }) = replay.failure.as_ref().map(|f| &f.cause) {
                return Err(cause.clone());
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::fault::Plan;

    #[test]
    fn many_faults_that_were_never_due_are_counted_and_few_are_told() {
        let text = "f1 at 1s kill a\nf2 at 2s kill b\nf3 at 3s kill c\nf4 at 4s kill d\nf5 at 5s kill e\n";
        let plan: Plan = text.parse().unwrap();
        let mut faults: Vec<Outcome> = plan.iter().cloned().map(Outcome::planned).collect();
        faults[2].injected_at = Some(Time::from_nanos(7));
        assert_eq!(told(&faults).len(), 2);
        assert!(told(&faults)[0].starts_with("f3 "));
        assert_eq!(told(&faults)[1], "and 4 that were never due");
        faults[0].skipped = Some("it was down".into());
        let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(told(&faults), all);
    }
}
