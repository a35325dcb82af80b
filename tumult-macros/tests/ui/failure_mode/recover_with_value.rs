#[path = "../stub.rs"]
mod tumult_sim;

use tumult_macros::{failure_mode, invariant};
use tumult_sim::{Experiment, Verdict};

pub struct Ledger;

/// A job's effect is applied at most once.
#[invariant(id = "INV_001", crate = crate::tumult_sim)]
pub fn at_most_once(_ledger: &Ledger) -> Verdict {
    Verdict::Holds
}

/// A worker outlives its lease, so the job runs twice.
#[failure_mode(id = "FM_001", violates = [INV_001], recover = false, spec = "right.md", crate = crate::tumult_sim)]
fn retry_duplication(_x: &mut Experiment) {}

fn main() {}
