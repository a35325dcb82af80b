#[path = "../stub.rs"]
mod tumult_sim;

use tumult_macros::invariant;
use tumult_sim::Verdict;

pub struct Ledger;

/// A job's effect is applied at most once.
#[invariant(id = "INV_001", crate = crate::tumult_sim)]
pub fn at_most_once(_ledger: &Ledger) {
    let _ = Verdict::Holds;
}

fn main() {}
