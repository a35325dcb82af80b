//! The three tests of a failure mode, shown both ways: what is right passes, each kind of wrong is caught and named.

#[path = "common/child.rs"]
mod child;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tumult_sim::__private::{TestDecl, prevent, recover, repro};
use tumult_sim::fault::{Condition, Fault};
use tumult_sim::invariant::{Invariant, InvariantInfo, Verdict};
use tumult_sim::phase::Phase;
use tumult_sim::time::sleep;
use tumult_sim::{Experiment, FailureMode, process, violated};

const fn info(id: &'static str) -> InvariantInfo {
    InvariantInfo { id, title: "one at a time", tags: &["recovery"], name: "", module: "", file: "lab.rs", line: 1 }
}

static LEFT: InvariantInfo = info("INV_998");
static RIGHT: InvariantInfo = info("INV_999");
static VIOLATES: [&InvariantInfo; 1] = [&RIGHT];
const INV_998: Invariant<[u32; 2]> = Invariant { info: &LEFT, check: |n| at_most_one(n[0]) };
const INV_999: Invariant<[u32; 2]> = Invariant { info: &RIGHT, check: |n| at_most_one(n[1]) };

fn at_most_one(n: u32) -> Verdict {
    if n <= 1 { Verdict::Holds } else { violated!("{n} at a time") }
}

/// What a worker does in DURING that an observer sees as two at a time: to the left, to the right, or not at all.
struct Conduct {
    unguarded: fn() -> [u32; 2],
    guarded: fn() -> [u32; 2],
    /// The point at which the worker is paused.
    point: &'static str,
}

const NONE: fn() -> [u32; 2] = || [1, 1];
const RIGHTS: fn() -> [u32; 2] = || [1, 1 + u32::from(process::random_bool(0.5))];
const BOTHS: fn() -> [u32; 2] = || [2, 2];

fn scenario(x: &mut Experiment<'_>, conduct: &'static Conduct) {
    let act = if x.guarded() { conduct.guarded } else { conduct.unguarded };
    let seen = x.observe("seen", [0, 0]);
    x.always(INV_998, &seen);
    x.always(INV_999, &seen);
    let (phases, observed) = (x.phases(), seen.clone());
    let worker = x.process("worker", move || {
        let (phases, observed) = (phases.clone(), observed.clone());
        async move {
            phases.reached(Phase::During).await;
            tumult_sim::fault::point("working").await;
            sleep(Duration::from_millis(10)).await;
            let now = act();
            observed.update(|n| *n = now);
        }
    });
    x.baseline(Duration::from_secs(1)).during(Duration::from_secs(2));
    let pause = Fault::pause(worker).lasting(Duration::from_millis(100));
    x.trigger(pause.on(Condition::point(conduct.point).by(worker)));
    // Killed in DURING, the worker starts again in POST, unless the action has done its work and it finds it done.
    let done = x.observe("done", false);
    let kill = Fault::kill(worker).on(Condition::point("working").by(worker));
    x.recover(kill, move || {
        let done = done.clone();
        async move { done.update(|d| *d = true) }
    });
}

const fn mode(scenario: fn(&mut Experiment<'_>), name: &'static str) -> FailureMode {
    FailureMode {
        id: "FM_999",
        title: "two at a time",
        name,
        violates: &VIOLATES,
        seeds: 16,
        recover: true,
        spec: "",
        decl: TestDecl {
            package: "tumult-tests",
            module: "lab",
            name,
            file: "tests/lab.rs",
            line: 1,
            manifest_dir: env!("CARGO_MANIFEST_DIR"),
            seeds: Some(16),
            schedule: None,
            search: None,
            isolated: false,
            checked: false,
        },
        scenario,
    }
}

/// Declares a failure mode of a conduct.
macro_rules! modes {
    ($($name:ident = $conduct:expr;)+) => {$(
        static $name: FailureMode = {
            static CONDUCT: Conduct = $conduct;
            mode(|x| scenario(x, &CONDUCT), stringify!($name))
        };
    )+};
}

modes! {
    SOUND = Conduct { unguarded: RIGHTS, guarded: NONE, point: "working" };
    NOT_REPRODUCED = Conduct { unguarded: NONE, guarded: NONE, point: "working" };
    VIOLATES_MORE = Conduct { unguarded: BOTHS, guarded: NONE, point: "working" };
    GUARD_LEAKS = Conduct { unguarded: RIGHTS, guarded: RIGHTS, point: "working" };
    NEVER_MET = Conduct { unguarded: RIGHTS, guarded: NONE, point: "resting" };
}

/// Runs the body of the test that calls it in a process where no run is checked in a new one: the harness knows no test
/// of these failure modes' names, which is what such a check would start.
fn unchecked(test: &str, body: impl FnOnce()) {
    if std::env::var("TUMULT_CHECK").is_ok_and(|check| check == "off") {
        return body();
    }
    let (passed, text) = child::run(test, &[("TUMULT_CHECK", "off")]);
    assert!(passed && text.contains("1 passed"), "{text}");
}

/// How a test of a failure mode fails.
fn fails(test: fn(&'static FailureMode), mode: &'static FailureMode) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| test(mode))).expect_err("it passed");
    payload.downcast_ref::<String>().expect("a message").clone()
}

#[test]
fn a_sound_failure_mode_passes() {
    unchecked("a_sound_failure_mode_passes", || {
        repro(&SOUND);
        prevent(&SOUND);
    });
}

#[test]
fn one_that_never_violates_is_not_reproduced() {
    unchecked("one_that_never_violates_is_not_reproduced", || {
        let message = fails(repro, &NOT_REPRODUCED);
        assert!(
            message.contains("not reproduced: no seed of 16 violated INV_999 (the trigger was met in 16)"),
            "{message}"
        );
    });
}

#[test]
fn one_that_violates_another_invariant_is_reported_with_it() {
    unchecked("one_that_violates_another_invariant_is_reported_with_it", || {
        let message = fails(repro, &VIOLATES_MORE);
        assert!(message.contains("INV_998 one at a time: 2 at a time"), "{message}");
        assert!(message.contains("REPLAY  TUMULT_REPLAY=tm1:"), "{message}");
    });
}

#[test]
fn a_guard_that_leaks_is_reported_with_a_seed() {
    unchecked("a_guard_that_leaks_is_reported_with_a_seed", || {
        let message = fails(prevent, &GUARD_LEAKS);
        assert!(message.contains("INV_999 one at a time: 2 at a time"), "{message}");
        // This guard leaks without its trigger too.
        assert!(message.contains("WHY     no fault needed"), "{message}");
    });
}

#[test]
fn a_guard_that_is_not_what_prevents_is_found_out() {
    unchecked("a_guard_that_is_not_what_prevents_is_found_out", || {
        let message = fails(prevent, &NOT_REPRODUCED);
        assert!(message.contains("without the guard none of the same 16 seeds is violated"), "{message}");
    });
}

#[test]
fn a_trigger_that_is_never_met_shows_nothing() {
    unchecked("a_trigger_that_is_never_met_shows_nothing", || {
        let message = fails(prevent, &NEVER_MET);
        assert!(message.contains("the trigger was met in 0 of 16 seeds"), "{message}");
    });
}

#[test]
fn an_action_that_restores_nothing_is_found_out() {
    unchecked("an_action_that_restores_nothing_is_found_out", || {
        // The worker does its harm in POST, whatever the action does: it is newly violated in spite of it.
        let message = fails(recover, &VIOLATES_MORE);
        assert!(message.contains("2 at a time"), "{message}");
        // And where nothing is violated without the action either, it is not what restores.
        let message = fails(recover, &NOT_REPRODUCED);
        assert!(message.contains("without the action none of the same 16 seeds"), "{message}");
    });
}
