//! What expansions name of the library, and nothing more: the cases test the macros, whatever the library becomes.
#![allow(dead_code, unreachable_pub)]

use std::marker::PhantomData;

pub struct Sim;

pub struct Experiment<'a>(pub PhantomData<&'a ()>);

pub enum Verdict {
    Holds,
}

pub mod __private {
    pub use linkme;

    use super::{Experiment, Sim, Verdict};

    pub struct TestDecl {
        pub package: &'static str,
        pub module: &'static str,
        pub name: &'static str,
        pub file: &'static str,
        pub line: u32,
        pub manifest_dir: &'static str,
        pub seeds: Option<u64>,
        pub schedule: Option<&'static str>,
        pub search: Option<&'static str>,
        pub isolated: bool,
        pub checked: bool,
    }

    pub struct InvariantInfo {
        pub id: &'static str,
        pub title: &'static str,
        pub tags: &'static [&'static str],
        pub name: &'static str,
        pub module: &'static str,
        pub file: &'static str,
        pub line: u32,
    }

    pub struct Invariant<T: 'static> {
        pub info: &'static InvariantInfo,
        pub check: fn(&T) -> Verdict,
    }

    pub struct FailureMode {
        pub id: &'static str,
        pub title: &'static str,
        pub name: &'static str,
        pub violates: &'static [&'static InvariantInfo],
        pub seeds: u64,
        pub recover: bool,
        pub spec: &'static str,
        pub decl: TestDecl,
        pub scenario: fn(&mut Experiment<'_>),
    }

    #[linkme::distributed_slice]
    #[linkme(crate = linkme)]
    pub static INVARIANTS: [&'static InvariantInfo];

    #[linkme::distributed_slice]
    #[linkme(crate = linkme)]
    pub static FAILURE_MODES: [&'static FailureMode];

    pub fn run_test(decl: &'static TestDecl, body: fn(&mut Sim)) {
        assert_ne!(decl.seeds, Some(0));
        body(&mut Sim);
    }

    pub fn run_experiment(decl: &'static TestDecl, body: fn(&mut Experiment<'_>)) {
        assert_ne!(decl.seeds, Some(0));
        body(&mut Experiment(std::marker::PhantomData));
    }

    pub fn repro(mode: &'static FailureMode) {
        (mode.scenario)(&mut Experiment(std::marker::PhantomData));
    }

    pub fn prevent(mode: &'static FailureMode) {
        repro(mode);
    }

    pub fn recover(mode: &'static FailureMode) {
        assert!(mode.recover);
        repro(mode);
    }
}
