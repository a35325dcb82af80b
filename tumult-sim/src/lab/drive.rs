//! Runs the tests of a failure mode, and experiments.

use super::FailureMode;
use super::rules::{Tally, matters, met_enough, reproduced};
use crate::base::OrPanic as _;
use crate::context::Cause;
use crate::invariant::Violation;
use crate::phase::{self, Experiment, Role};
use crate::search::{Found, Seen, Session, Subject, TestDecl, TestKind};
use crate::sim::Sim;

/// What `#[tumult_sim::test]` calls.
#[track_caller]
pub(crate) fn run_test(decl: &'static TestDecl, body: fn(&mut Sim)) {
    let session = Session::begin(Subject::of(decl), decl, TestKind::Test, None);
    let found = session.search().run(body);
    session.end(&found, &body, |_| true, Ok(()));
}

/// What `#[experiment]` calls.
#[track_caller]
pub(crate) fn run_experiment(decl: &'static TestDecl, body: fn(&mut Experiment<'_>)) {
    let subject = Subject::of(decl);
    let title = decl.name.replace('_', " ");
    let test = move |sim: &mut Sim| {
        let mut x = Experiment::new(sim, title.clone(), Role::Plain);
        body(&mut x);
        phase::run(&mut x);
        let found = x.violations();
        refuse(&x, found.first());
        refuse_failed(&x);
    };
    let session = Session::begin(subject, decl, TestKind::Experiment, None);
    let found = session.search().run(&test);
    session.end(&found, &test, |_| true, Ok(()));
}

/// The failure mode without its guard.
#[track_caller]
pub(crate) fn repro(mode: &'static FailureMode) {
    let session = session(mode, TestKind::Repro);
    // A seed that is looked at on its own shows its violation; in the search it is what is looked for.
    let alone = session.is_single();
    let test = move |sim: &mut Sim| {
        let x = scenario(mode, sim, Role::Repro);
        let found = x.violations();
        let named = |v: &&Violation| mode.violates.iter().any(|i| i.id == v.invariant.id);
        refuse(&x, found.iter().find(|v| alone || !named(v)));
    };
    let found = session.search().run(test);
    let tally = tally(found.seen(), |_| true);
    let verdict =
        if session.is_partial() || found.failure().is_some() { Ok(()) } else { reproduced(&tally, mode.violates) };
    session.end(&found, &test, |seen| !seen.violated.is_empty(), verdict);
}

/// The failure mode with its guard.
#[track_caller]
pub(crate) fn prevent(mode: &'static FailureMode) {
    let session = session(mode, TestKind::Prevent);
    let test = move |sim: &mut Sim| {
        let x = scenario(mode, sim, Role::Prevent);
        let found = x.violations();
        if x.all_triggers_met() {
            refuse(&x, found.first());
        }
        refuse_failed(&x);
    };
    let found = session.search().run(test);
    let unguarded = move |sim: &mut Sim| drop(scenario(mode, sim, Role::Repro));
    let verdict = both_ways(&session, &found, unguarded, |seen| !seen.violated.is_empty(), "the guard");
    session.end(&found, &test, |seen| seen.met, verdict);
}

/// The failure mode's recovery.
#[track_caller]
pub(crate) fn recover(mode: &'static FailureMode) {
    let session = session(mode, TestKind::Recover);
    let run = move |sim: &mut Sim, act: bool| {
        let x = scenario(mode, sim, Role::Recover { act });
        assert!(
            x.has_recovery(),
            "{} has `recover` in its attribute and declares no recovery: call `x.recover(trigger, action)` in it",
            mode.id
        );
        let new: Vec<Violation> = x.violations().into_iter().filter(|v| x.is_new(v)).collect();
        (x.all_triggers_met(), new)
    };
    let test = move |sim: &mut Sim| {
        let (met, new) = run(sim, true);
        if met {
            refuse(sim, new.first());
        }
    };
    let found = session.search().run(test);
    let idle = move |sim: &mut Sim| drop(run(sim, false));
    let verdict = both_ways(&session, &found, idle, |seen| seen.met && seen.newly_violated, "the action");
    session.end(&found, &test, |seen| seen.met, verdict);
}

/// The seeds met the trigger often enough, and without what is to keep them, `what`, some of the same seeds are hit.
fn both_ways(
    session: &Session,
    found: &Found,
    without: impl Fn(&mut Sim) + Sync,
    hit: impl Fn(&Seen) -> bool,
    what: &str,
) -> Result<(), String> {
    if session.is_partial() || found.failure().is_some() {
        return Ok(());
    }
    met_enough(&tally(found.seen(), |seen| seen.met))?;
    let without = session.search().unchecked().run(without);
    ended(&without)?;
    matters(&Tally { violating: count(without.seen(), hit), ..tally(without.seen(), |_| true) }, what)
}

#[track_caller]
fn session(mode: &'static FailureMode, kind: TestKind) -> Session {
    super::registry::check().or_panic();
    let name = format!("{}::{}", mode.module(), kind.as_str());
    Session::begin(Subject::named(&mode.decl, &name), &mode.decl, kind, Some((mode.id, mode.title)))
}

/// Runs the scenario through the phases.
fn scenario<'a>(mode: &FailureMode, sim: &'a mut Sim, role: Role) -> Experiment<'a> {
    let mut x = Experiment::new(sim, format!("{} {}", mode.id, mode.title), role);
    x.tag("failure_mode", mode.id);
    (mode.scenario)(&mut x);
    phase::run(&mut x);
    x
}

/// The run fails with this violation, if there is one.
#[track_caller]
fn refuse(sim: &Sim, violation: Option<&Violation>) {
    if let Some(v) = violation {
        sim.fail_at(v.at, Cause::from(v));
    }
}

/// The run fails with the action of the method or the rollback that failed, if one did.
#[track_caller]
fn refuse_failed(x: &Experiment<'_>) {
    if let Some(what) = x.failed_action() {
        x.fail_at(x.now(), Cause::Error { message: what.to_owned() });
    }
}

fn count(seen: &[Seen], which: impl Fn(&Seen) -> bool) -> u64 {
    seen.iter().filter(|s| which(s)).count() as u64
}

/// What the seeds showed; violations count in those that `counts` picks.
fn tally(seen: &[Seen], counts: impl Fn(&Seen) -> bool) -> Tally {
    let mut tally = Tally { runs: seen.len() as u64, met: count(seen, |s| s.met), ..Tally::default() };
    for s in seen.iter().filter(|s| counts(s)) {
        tally.violating += u64::from(!s.violated.is_empty());
        for id in &s.violated {
            *tally.violated.entry(id).or_default() += 1;
        }
    }
    tally
}

/// Each seed ran to its end.
fn ended(found: &Found) -> Result<(), String> {
    found
        .failure()
        .map_or(Ok(()), |f| Err(format!("without the guard or the action a seed does not run to its end: {f}")))
}
