//! Two sites of one name, in a program of their own: no simulation starts.

use tumult_sim::{Sim, reachable, sometimes};

#[expect(dead_code, reason = "linked is enough")]
fn first() {
    sometimes!("twice");
}

#[expect(dead_code, reason = "linked is enough")]
fn second() {
    reachable!("twice");
}

#[test]
fn two_sites_of_one_name_are_refused_with_both_places() {
    let error = tumult_sim::invariant::Catalogue::linked().unwrap_err();
    assert!(error.is_config());
    let text = error.to_string();
    for place in [
        "sometimes!(\"twice\") at tests/tests/sites_duplicate.rs:7",
        "reachable!(\"twice\") at tests/tests/sites_duplicate.rs:12",
    ] {
        assert!(text.contains(place), "{text}");
    }
    let panic = std::panic::catch_unwind(|| drop(Sim::new(1))).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>(), Some(&text));
}
