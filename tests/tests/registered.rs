//! A registered static, in a crate that denies warnings and hidden lifetimes, on the library itself.
//!
//! Without the harness: the tests that the macro makes of a failure mode would run, and this one fails nothing.
#![deny(warnings, rust_2018_idioms)]

use tumult_sim::{Experiment, failure_mode};

mod inv {
    use tumult_sim::Verdict;

    /// A job's logical effect is applied at most once.
    #[tumult_sim::invariant(id = "INV_001")]
    pub(crate) fn at_most_once(_: &u32) -> Verdict {
        Verdict::Holds
    }
}

/// A worker outlives its lease, so the job runs twice.
#[failure_mode(
    id = "FM_001",
    violates = [inv::INV_001],
    seeds = 32,
    recover,
    spec = "../../tumult-macros/tests/ui/failure_mode/right.md",
)]
fn retry_duplication(x: &mut Experiment) {
    let _ = x;
}

fn main() {
    assert!((inv::INV_001.check)(&0).holds());
    assert_eq!((FM_001.id, FM_001.seeds, FM_001.recover), ("FM_001", 32, true));
    assert_eq!(
        (FM_001.name, FM_001.title),
        ("retry_duplication", "A worker outlives its lease, so the job runs twice")
    );
    assert_eq!(FM_001.violates[0].id, "INV_001");
    assert!(FM_001.spec.starts_with("# FM_001: retry duplication"));
    assert_eq!((FM_001.decl.module, FM_001.decl.seeds), (module_path!(), Some(32)));
    assert!(!FM_001.decl.manifest_dir.is_empty());
    let registered = tumult_sim::lab::failure_modes().unwrap();
    assert_eq!(registered.iter().map(|mode| mode.id).collect::<Vec<_>>(), ["FM_001"]);
}
