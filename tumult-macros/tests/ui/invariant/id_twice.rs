#[path = "../stub.rs"]
mod tumult_sim;

use tumult_macros::invariant;
use tumult_sim::Verdict;

pub struct Ledger;

/// A job's effect is applied at most once.
#[invariant(id = "INV_001", crate = crate::tumult_sim)]
pub fn at_most_once(_ledger: &Ledger) -> Verdict {
    Verdict::Holds
}

/// A job's effect is applied at least once.
#[invariant(id = "INV_001", crate = crate::tumult_sim)]
pub fn at_least_once(_ledger: &Ledger) -> Verdict {
    Verdict::Holds
}

fn main() {}
