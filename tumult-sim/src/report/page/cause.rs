//! From which events an event follows, as far as the trace says.

use std::collections::BTreeMap;

use crate::trace::{Kind, Record, Recording};

/// The number of a packet on its link is the lower part of a second word; what became of it is above.
const NUMBER: u64 = (1 << 56) - 1;

/// The cause of each event.
#[derive(Debug)]
pub(super) struct Causes(Vec<Option<usize>>);

impl Causes {
    pub(super) fn of(recording: &Recording) -> Self {
        let mut sent = BTreeMap::new();
        let mut spawned = BTreeMap::new();
        let mut poll: Option<(usize, Record<'_>)> = None;
        // The last event at this instant that may have woken someone.
        let mut waker: Option<(usize, Record<'_>)> = None;
        let mut all = Vec::with_capacity(recording.len());
        for (index, r) in recording.iter().enumerate() {
            let now = |known: Option<(usize, Record<'_>)>| known.filter(|(_, k)| k.at == r.at).map(|(i, _)| i);
            let cause = match r.kind {
                Kind::Deliver | Kind::Drop | Kind::Corrupt => sent.get(&(r.a, r.b & NUMBER)).copied(),
                Kind::Poll if r.b == 0 => spawned.get(&r.a_low()).copied(),
                Kind::Poll => now(waker).or(now(poll)),
                Kind::Timer | Kind::Fault => None,
                _ => now(poll),
            };
            all.push(cause);
            match r.kind {
                Kind::Send => drop(sent.insert((r.a, r.b), index)),
                Kind::Spawn => drop(spawned.insert(r.a_low(), index)),
                Kind::Poll => poll = Some((index, r)),
                Kind::Timer | Kind::Deliver | Kind::Fault => waker = Some((index, r)),
                _ => {}
            }
        }
        Self(all)
    }

    /// Those of one event, the nearest first.
    pub(super) fn of_event(&self, index: usize) -> Vec<usize> {
        self.0.get(index).copied().flatten().into_iter().collect()
    }
}
