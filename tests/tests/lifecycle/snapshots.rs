//! Each way in which an experiment can go, as the journal tells it.

use super::{RUNS, journal};

/// The token says of which version it is, and is left out.
fn toon(system: &str) -> String {
    let mut journal = journal(system);
    assert!(journal.replay_token.take().is_some_and(|token| token.starts_with("tm1:")));
    journal.to_toon().unwrap()
}

macro_rules! snapshots {
    ($($system:ident)*) => {$(
        #[test]
        fn $system() {
            insta::assert_snapshot!(stringify!($system), toon(stringify!($system)));
        }
    )*};
}

snapshots! {
    the_sources_figures graceful cliff no_impact partial_outage anomalous_and_warned anomalous_and_aborted deviated
    replicas_that_part failed violates interrupted
}

#[test]
fn what_fails_fails_loudly() {
    for line in ["the rollback `reroute` failed: no such route", "INV_997", "fragile panicked: broken", "3 failed"] {
        assert!(RUNS.said.contains(line), "`{line}` is not in:\n{}", RUNS.said);
    }
}
