//! The event after which a run is lost: what has the same past up to it and another future fails, whatever that is.

use super::{Ask, branches};
use crate::report::Scene;
use crate::search::shrink::Shrunk;

/// So many futures tell whether a run is lost.
const FUTURES: usize = 16;
/// And so many how often it fails, for the report.
const SAID: usize = 64;

/// The line of TURN; empty where nothing is known.
pub(super) fn turn(ask: &Ask<'_>, shrunk: &Shrunk) -> String {
    let (config, outcome) = (&shrunk.config, &shrunk.outcome);
    let Some(recording) = &outcome.recording else { return String::new() };
    let one = shrunk.one();
    let n = ask.sample(FUTURES, one, 40);
    let failing = |event: u64, n: usize| ask.failing(&branches(config, event, n));
    let lost = |event: u64| failing(event, n) == n;
    let said = ask.sample(SAID, one, 4);
    let all = recording.len() as u64;
    if lost(0) {
        let fail = failing(0, said);
        return format!("lost from the start: {fail} of {said} runs fail with this, whatever else is drawn");
    }
    // Lost at the end, where it has failed. Between, a run may be lost and saved again; then this is one of the turns.
    let (mut open, mut closed) = (0, all);
    while closed - open > 1 {
        if ask.is_late() {
            return String::new();
        }
        let middle = u64::midpoint(open, closed);
        if lost(middle) { closed = middle } else { open = middle }
    }
    let scene = Scene { recording, names: &outcome.process_names };
    let event = scene.words_of(closed as usize - 1);
    let (before, after) = (failing(open, said), failing(closed, said));
    format!(
        "lost at event {closed} ({event}): of runs that branch before it {before} of {said} fail, after it {after} of {said}"
    )
}
