//! The macros' tests run under the standard harness, with a stub in the library's place.

#[path = "ui/stub.rs"]
mod stub;

use std::sync::atomic::{AtomicU32, Ordering};

use stub::{Experiment, Sim, Verdict};

/// Has the name of the static that an expansion makes, which must not hide it.
static DECL: AtomicU32 = AtomicU32::new(5);

#[tumult_macros::test(crate = crate::stub)]
fn a_test_runs(_: &mut Sim) {
    assert_eq!(DECL.load(Ordering::Relaxed), 5);
}

#[tumult_macros::test(seeds = 3, schedule = "pct(2)", crate = crate::stub)]
#[should_panic(expected = "inside")]
fn other_attributes_hold(_: &mut Sim) {
    panic!("inside");
}

#[tumult_macros::test(crate = crate::stub)]
#[cfg(any())]
fn cfg_holds(_: &mut Sim) {
    compile_error!("this is configured out");
}

#[tumult_macros::experiment(seeds = 1, crate = crate::stub)]
fn an_experiment_runs(x: &mut Experiment) {
    let Experiment(_) = x;
}

macro_rules! passed_on {
    ($name:ident, $seeds:expr) => {
        #[tumult_macros::test(seeds = $seeds, crate = $crate::stub)]
        fn $name(_: &mut Sim) {}
    };
}
passed_on!(a_macro_may_write_the_attribute, 4);

/// Nothing is wrong.
#[tumult_macros::invariant(id = "INV_001", crate = crate::stub)]
fn nothing_is_wrong(_: &()) -> Verdict {
    Verdict::Holds
}

/// A failure mode for the test of its expansion.
#[tumult_macros::failure_mode(
    id = "FM_001",
    violates = [INV_001],
    recover,
    spec = "ui/failure_mode/right.md",
    crate = crate::stub,
)]
fn fails(x: &mut Experiment) {
    let Experiment(_) = x;
    RUNS.fetch_add(1, Ordering::Relaxed);
}

static RUNS: AtomicU32 = AtomicU32::new(0);

/// The three tests are there under their names, and each runs the scenario.
#[test]
fn a_failure_mode_has_its_tests() {
    let before = RUNS.load(Ordering::Relaxed);
    stub::__private::repro(&FM_001);
    assert!(RUNS.load(Ordering::Relaxed) > before);
    let listed = std::process::Command::new(std::env::current_exe().expect("this test has a path"))
        .arg("--list")
        .output()
        .expect("this test lists its tests");
    let listed = String::from_utf8(listed.stdout).expect("names are text");
    for name in ["fm_001::repro", "fm_001::prevent", "fm_001::recover", "a_test_runs", "an_experiment_runs"] {
        assert!(listed.lines().any(|line| line == format!("{name}: test")), "{name} is not in {listed}");
    }
    assert!(!listed.contains("cfg_holds"));
}
