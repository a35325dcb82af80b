//! Constants of the function's visibility, registered, in a crate that denies warnings.
#![deny(warnings)]

#[path = "../stub.rs"]
mod tumult_sim;

mod invariants {
    use crate::tumult_sim::Verdict;

    pub struct Ledger(pub u32);

    /// A job's logical effect is applied
    /// at most once.
    ///
    /// Retries included.
    #[tumult_macros::invariant(id = "INV_001", tags = ["data", "recovery"], crate = crate::tumult_sim)]
    pub fn at_most_once(ledger: &Ledger) -> Verdict {
        assert_eq!(ledger.0, 7);
        Verdict::Holds
    }

    /// Control traffic is served.
    #[tumult_macros::invariant(id = "INV_009", crate = crate::tumult_sim)]
    fn control_is_served(_: &Vec<(u8, String)>) -> Verdict {
        Verdict::Holds
    }
}

fn main() {
    let tumult_sim::Verdict::Holds = (invariants::INV_001.check)(&invariants::Ledger(7));
    let info = invariants::INV_001.info;
    assert_eq!((info.id, info.title), ("INV_001", "A job's logical effect is applied at most once"));
    assert_eq!((info.name, info.module), ("at_most_once", concat!(module_path!(), "::invariants")));
    assert_eq!(info.tags, ["data", "recovery"]);
    assert!(info.file.ends_with("invariant.rs"));
    assert_eq!(info.line, 17);
    let mut registered: Vec<_> = tumult_sim::__private::INVARIANTS.iter().map(|info| info.id).collect();
    registered.sort_unstable();
    assert_eq!(registered, ["INV_001", "INV_009"]);
}
