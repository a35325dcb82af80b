//! What a failing seed is made into: recorded, replayed, told.

use std::path::Path;
use std::time::{Duration, Instant};

use super::artifacts;
use super::determinism::Judge;
use super::explain::{Near, explain, scope};
use super::found::Failed;
use super::logs::Logs;
use super::padding::Padding;
use super::portfolio::Portfolio;
use super::seeds::Cases;
use super::shrink::{as_it_is, shrink};
use super::subject::Subject;
use super::token::Token;
use crate::base::Seed;
use crate::context::{Cause, Failure};
use crate::fault::{Outcome, Style};
use crate::invariant::{Catalogue, Coverage, Gap};
use crate::report::{FailureText, Scene};
use crate::sim::{Manner, RunOutcome, SimConfig};
use crate::trace::TraceHash;

/// Events before the failure that a report shows.
const LAST: usize = 12;

/// Sites that no run reached, that a report shows.
const GAPS: usize = 5;

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
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) number: u64,
    /// Its place among those that were run.
    pub(super) place: u64,
    /// The seed that was found: what is left may be of another one.
    pub(super) found: Seed,
    /// The settings of its run.
    pub(super) config: SimConfig,
    pub(super) trace: TraceHash,
}

/// What is known of a search when a case is told.
#[derive(Debug)]
pub(super) struct Diagnosis<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) cases: &'a Cases,
    /// What the search has learnt, where its cases are a portfolio.
    pub(super) portfolio: Option<&'a Portfolio>,
    pub(super) warnings: &'a [String],
    pub(super) wall: Duration,
    pub(super) virtual_time: Duration,
    /// How long it may be made smaller and explained.
    pub(super) explains: Option<Duration>,
    /// What is told and printed of what the code says by `tracing`.
    pub(super) logs: &'a Logs,
    /// Whether it is made smaller first.
    pub(super) shrinks: bool,
    /// Where the token stands of which the case was made, when it is pinned.
    pub(super) pinned_at: Option<&'a str>,
    /// Where the page is left.
    pub(super) folder: Option<&'a Path>,
}

impl Diagnosis<'_> {
    /// A case that failed.
    pub(super) fn of_failing(&self, case: &Case, failure: &Failure, coverage: &Coverage) -> Box<Failed> {
        let runner = self.judge.runner;
        let mut recorded = runner.run_as(&case.config, true, Padding::NONE);
        if let Err(cause) = self.same(case, failure, &recorded, Padding::number(1)) {
            let failure = Failure { cause, ..failure.clone() };
            let told = Told { plan: told(&recorded.faults), ..led_to(&recorded, &recorded, &failure) };
            let told = Told { sound: "no: it does not replay, see WHAT".into(), ..told };
            return self.tell(case, failure, &told, &[("as found", &recorded)]);
        }
        // What was drawn in a manner of the search's own is told as data.
        let case = &Case { config: as_data(&case.config, &recorded), ..case.clone() };
        let begun = Instant::now();
        let shrunk = self.explains.filter(|_| failure.is_reproducible()).and_then(|budget| {
            if self.shrinks {
                shrink(runner, &case.config, &recorded, failure, budget)
            } else {
                as_it_is(runner, &case.config, &recorded, failure)
            }
        });
        let Some((mut shrunk, budget)) = shrunk.zip(self.explains) else {
            let note = self.logs.listen(runner, &case.config, &mut recorded);
            self.logs.print(&recorded);
            let told = Told { plan: told(&recorded.faults), ..self.led_to(&case.config, &recorded, failure) };
            return self.proven(case, failure, Told { note, ..told }, &[("as found", &recorded)]);
        };
        let signature = failure.signature();
        let failure = shrunk.outcome.failure.clone().expect("it fails, or it would not be what is left");
        let explained = explain(runner, &shrunk, &signature, begun + budget);
        let note = self.logs.listen(runner, &shrunk.config, &mut shrunk.outcome);
        // Who asks for one run sees that run, and not what is left of it.
        if self.logs.is_asked_for() && matches!(self.cases, Cases::Given(_)) {
            self.logs.listen(runner, &case.config, &mut recorded);
            self.logs.print(&recorded);
        } else {
            self.logs.print(&shrunk.outcome);
        }
        let told = Told {
            why: explained.why,
            turn: explained.turn,
            near: explained.near.map(|near| self.near(near)).unwrap_or_default(),
            scope: scope(runner, self.cases, self.portfolio, case.place, &signature),
            gaps: gaps(coverage, self.judge.subject),
            note,
            ..self.led_to(&shrunk.config, &shrunk.outcome, &failure)
        };
        let case = Case { config: shrunk.config, trace: shrunk.outcome.trace, ..case.clone() };
        let mut runs = vec![("shrunk", &shrunk.outcome)];
        // Where nothing was to be left out it is the same run.
        runs.extend((shrunk.outcome.trace != recorded.trace).then_some(("as found", &recorded)));
        self.proven(&case, &failure, told, &runs)
    }

    /// How a failure came about, with the lines of code. These are asked for in a run of their own, which counts if it is
    /// the same: to ask takes memory, and so may change a run that depends on addresses.
    fn led_to(&self, config: &SimConfig, recorded: &RunOutcome, failure: &Failure) -> Told {
        let locating = SimConfig { manner: Manner { sites: true, ..config.manner.clone() }, ..config.clone() };
        let again = || self.judge.runner.run_as(&locating, true, Padding::NONE);
        let mut located = failure.is_reproducible().then(again).filter(|again| again.trace == recorded.trace);
        if let (Some(located), Some(heard)) = (located.as_mut().and_then(|l| l.recording.as_mut()), &recorded.recording)
        {
            located.say_as(heard);
        }
        led_to(recorded, located.as_ref().unwrap_or(recorded), failure)
    }

    /// The lines of NEAR: what is said of the run, and the command that makes it.
    fn near(&self, near: Near) -> Vec<String> {
        let subject = self.judge.subject;
        let token = Token { trace: Some(near.trace), ..Token::of(&subject.id, &near.config) };
        near.lines.into_iter().chain([subject.command(&token)]).collect()
    }

    /// A case that held, and is not the same again; or could not be run again.
    pub(super) fn of_unlike(&self, case: &Case, failure: Failure) -> Box<Failed> {
        self.tell(case, failure, &Told::default(), &[])
    }

    /// A failing case, and how the first of its runs stands up to being replayed.
    fn proven(&self, case: &Case, failure: &Failure, told: Told, runs: &[(&str, &RunOutcome)]) -> Box<Failed> {
        let (failure, sound) = match self.replays(case, failure, runs[0].1) {
            Ok(sound) => (failure.clone(), sound),
            Err(cause) => (Failure { cause, ..failure.clone() }, "no: it does not replay, see WHAT".to_owned()),
        };
        self.tell(case, failure, &Told { sound, ..told }, runs)
    }

    /// Whether the recorded run, and another one with other addresses, are those of the case.
    fn same(&self, case: &Case, failure: &Failure, recorded: &RunOutcome, padding: Padding) -> Result<(), Cause> {
        if matches!(failure.cause, Cause::Tainted { .. } | Cause::Hung { .. }) {
            return Ok(());
        }
        let padded = self.judge.runner.run_as(&case.config, false, padding);
        for replay in [recorded, &padded] {
            if let Some(cause @ Cause::Setup { .. }) = replay.failure.as_ref().map(|f| &f.cause) {
                return Err(cause.clone());
            }
            if replay.trace != case.trace {
                let cause = self.judge.parted_here(&case.config, case.trace, replay.trace);
                return Err(with_first_failure(cause, failure));
            }
            if replay.failure.as_ref().map(Failure::signature) != Some(failure.signature()) {
                return Err(judged_otherwise(failure, replay.failure.as_ref()));
            }
        }
        Ok(())
    }

    /// How the failure stands up to being replayed, or that it does not.
    fn replays(&self, case: &Case, failure: &Failure, recorded: &RunOutcome) -> Result<String, Cause> {
        if matches!(failure.cause, Cause::Tainted { .. }) {
            return Ok("no: what comes from outside the run comes at another time in each".into());
        }
        if matches!(failure.cause, Cause::Hung { .. }) {
            return Ok("not replayed: each time is another wait".into());
        }
        self.same(case, failure, recorded, Padding::number(2))?;
        let times = if self.judge.new_process {
            match self.judge.differs_in_new_process(&[(case.config.clone(), case.trace)]) {
                Ok(None) => "3 times, one of them in a new process".to_owned(),
                Ok(Some((_, cause))) => return Err(with_first_failure(cause, failure)),
                // The failure itself is what matters; that a new process could not be had is said beside it.
                Err(error) => format!("2 times ({error})"),
            }
        } else {
            self.same(case, failure, recorded, Padding::number(3))?;
            "3 times".to_owned()
        };
        Ok(format!("replayed {times}, trace {} each time", case.trace))
    }

    fn tell(&self, case: &Case, failure: Failure, told: &Told, runs: &[(&str, &RunOutcome)]) -> Box<Failed> {
        let subject = self.judge.subject;
        let trace = failure.is_reproducible().then_some(case.trace);
        let token = Token { trace, ..Token::of(&subject.id, &case.config) };
        let (numbered, shard) = match self.cases {
            Cases::Numbered { total, shard, .. } => {
                (Some((case.number, *total)), (shard.count > 1).then_some((shard.index, shard.count)))
            }
            Cases::Given(_) => (None, None),
        };
        let noted: Vec<String> = self.warnings.iter().chain(&told.note).cloned().collect();
        let mut warnings = noted.clone();
        let pin = trace.filter(|_| self.pinned_at.is_none()).and_then(|_| subject.pin(&token)).unwrap_or_default();
        let text = FailureText {
            seed: case.found,
            pinned_at: self.pinned_at,
            case: numbered,
            shard,
            wall: self.wall,
            virtual_time: self.virtual_time,
            failure: &failure,
            why: &told.why,
            plan: &told.plan,
            how: &told.how,
            last: &told.last,
            turn: &told.turn,
            near: &told.near,
            scope: &told.scope,
            gaps: &told.gaps,
            sound: &told.sound,
            replay: &subject.command(&token),
            pin: &pin,
            warnings: &noted,
            open: "",
        };
        let left = self.folder.map(|folder| artifacts::leave(folder, subject, &case.config, &text.render(), runs));
        let page = left.transpose().unwrap_or_else(|error| {
            warnings.push(error.to_string());
            None
        });
        let page = page.flatten();
        let open = page.as_deref().map(artifacts::shown).unwrap_or_default();
        let report = FailureText { warnings: &warnings, open: &open, ..text }.render();
        let (token, seed) = (token.to_string(), case.found);
        Box::new(Failed { case: case.number, seed, failure, token, report, page })
    }
}

/// What is told of a failing case, beside the failure itself.
#[derive(Clone, Debug, Default)]
struct Told {
    why: Vec<String>,
    plan: Vec<String>,
    how: Vec<String>,
    last: Vec<String>,
    turn: String,
    near: Vec<String>,
    scope: String,
    gaps: Vec<String>,
    sound: String,
    note: Option<String>,
}

/// The settings of a run with its plan as data, where that was not drawn as its profiles say.
fn as_data(config: &SimConfig, recorded: &RunOutcome) -> SimConfig {
    if config.manner.style == Style::AsIs {
        return SimConfig { manner: Manner::default(), ..config.clone() };
    }
    SimConfig { plan: Some(recorded.plan.clone()), manner: Manner::default(), ..config.clone() }
}

/// How a failure came about, by the recording of `located`; the last events before it where that is not known.
fn led_to(recorded: &RunOutcome, located: &RunOutcome, failure: &Failure) -> Told {
    let Some(recording) = located.recording.as_ref().or(recorded.recording.as_ref()) else { return Told::default() };
    let scene = Scene { recording, names: &recorded.process_names };
    // One that hung says nothing of the time at which it did.
    let hung = matches!(failure.cause, Cause::Hung { .. });
    let how = if hung { vec![] } else { scene.how() };
    let until = if hung { recorded.ended_at } else { failure.at };
    let last = if how.is_empty() { scene.last(LAST, until) } else { vec![] };
    Told { how, last, ..Told::default() }
}

/// The sites of the test's package that no run reached.
pub(super) fn gaps(coverage: &Coverage, subject: &Subject) -> Vec<String> {
    let Ok(linked) = Catalogue::linked() else { return vec![] };
    let all: Vec<Gap> = subject.crates().iter().flat_map(|krate| coverage.gaps(&linked.of(krate))).collect();
    let more = all.len().saturating_sub(GAPS);
    let mut lines: Vec<String> = all.iter().take(GAPS).map(ToString::to_string).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
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
