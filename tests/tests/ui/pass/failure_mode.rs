//! A registered static, in a crate that denies warnings and hidden lifetimes.
#![deny(warnings, rust_2018_idioms)]

#[path = "../stub.rs"]
mod tumult_sim;

use tumult_sim::{Experiment, Verdict};

mod inv {
    /// A job's logical effect is applied at most once.
    #[tumult_macros::invariant(id = "INV_001", crate = crate::tumult_sim)]
    pub fn at_most_once(_: &u32) -> super::Verdict {
        super::Verdict::Holds
    }
}

/// A worker outlives its lease, so the job runs twice.
#[tumult_macros::failure_mode(
    id = "FM_001",
    violates = [inv::INV_001],
    seeds = 32,
    recover,
    spec = "../failure_mode/right.md",
    crate = crate::tumult_sim,
)]
fn retry_duplication(x: &mut Experiment) {
    let _ = x;
}

fn main() {
    let Verdict::Holds = (inv::INV_001.check)(&0);
    assert_eq!((FM_001.id, FM_001.seeds, FM_001.recover), ("FM_001", 32, true));
    assert_eq!((FM_001.name, FM_001.title), ("retry_duplication", "A worker outlives its lease, so the job runs twice"));
    assert_eq!(FM_001.violates[0].id, "INV_001");
    assert!(FM_001.spec.starts_with("# FM_001: retry duplication"));
    assert_eq!((FM_001.decl.module, FM_001.decl.seeds), (module_path!(), Some(32)));
    assert!(!FM_001.decl.manifest_dir.is_empty());
    assert_eq!(tumult_sim::__private::FAILURE_MODES.len(), 1);
}
