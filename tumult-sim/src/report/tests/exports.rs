//! What other programs read: parsed again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::causes::recorded;
use crate::report::Scene;
use crate::trace::Kind;

fn names() -> Vec<String> {
    ["server", "streams", "client 0", "client 1", "client 2"].map(str::to_owned).to_vec()
}

#[test]
fn the_log_for_shiviz_has_a_clock_with_each_event_and_messages_go_forward() {
    let (recording, names) = (recorded(1), names());
    let log = Scene { recording: &recording, names: &names }.shiviz();
    let mut lines = log.lines().skip(2);
    let mut last: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    let mut events = 0;
    while let (Some(_), Some(line)) = (lines.next(), lines.next()) {
        let (host, clock) = line.split_once(' ').unwrap();
        let clock: BTreeMap<String, u64> = serde_json::from_str(clock).unwrap();
        let before = last.get(host).cloned().unwrap_or_default();
        assert_eq!(clock[host], before.get(host).copied().unwrap_or(0) + 1, "one more event of its own");
        assert!(before.iter().all(|(process, n)| clock[process] >= *n), "nobody forgets");
        for (process, n) in clock.iter().filter(|(process, _)| *process != host) {
            assert!(last[process][process] >= *n, "nobody knows what has not happened");
        }
        last.insert(host.to_owned(), clock);
        events += 1;
    }
    assert!(events > 300);
    assert!(last["client_0"].len() > 2, "clients hear of the servers: {last:?}");
}

#[test]
fn the_trace_for_perfetto_has_arrows_with_two_ends_and_spans_that_close() {
    let (recording, names) = (recorded(1), names());
    let text = Scene { recording: &recording, names: &names }.perfetto();
    let trace: Value = serde_json::from_str(&text).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let of = |phase: &'static str| events.iter().filter(move |e| e["ph"] == phase);
    let starts: BTreeSet<u64> = of("s").map(|e| e["id"].as_u64().unwrap()).collect();
    let arrivals = of("f").filter(|e| starts.contains(&e["id"].as_u64().unwrap())).count();
    assert_eq!(arrivals, of("f").count() - refusals(&recording));
    assert!(arrivals > 100);
    assert_eq!(of("B").count(), of("E").count(), "spans close");
    assert_eq!((of("b").count(), of("e").count()), (4, 4), "four faults, all healed");
    assert!(events.iter().all(|e| e["ph"] == "M" || e["ts"].as_f64().is_some()));
}

/// Answers that nobody took a packet: their cause is the drop and no send.
fn refusals(recording: &crate::trace::Recording) -> usize {
    let of = |n: &usize| {
        let cause = recording.cause(*n).and_then(|c| recording.get(c));
        recording.get(*n).is_some_and(|r| r.kind == Kind::Deliver) && cause.is_some_and(|c| c.kind == Kind::Drop)
    };
    (0..recording.len()).filter(of).count()
}
