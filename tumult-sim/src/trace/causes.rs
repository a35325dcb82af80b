//! Which event each event follows from: beside the trace, and no part of its hash.

use serde::{Deserialize, Serialize};

/// No event: what follows from nothing that is recorded.
pub(crate) const NO_EVENT: u32 = u32::MAX;

/// The causes of each event of a recording. A cause comes before what follows from it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Causes {
    /// How many events back the main cause is; 0: there is none. As a distance it is a short number where it is written,
    /// and cannot point forwards.
    back: Vec<u32>,
    /// Further causes: (event, cause), sorted when the recording is done.
    more: Vec<(u32, u32)>,
}

impl Causes {
    /// Makes room for so many events.
    pub(super) fn reserve(&mut self, events: usize) {
        self.back.reserve_exact(events);
        self.more.reserve_exact(events / 4);
    }

    /// The next event follows from `cause`.
    #[inline]
    pub(super) fn push(&mut self, cause: u32) {
        let index = self.back.len() as u32;
        // `NO_EVENT` is above every index, and an event that would follow from itself follows from nothing.
        self.back.push(index.saturating_sub(cause));
    }

    /// An event follows from this one too.
    pub(super) fn add(&mut self, event: u32, cause: u32) {
        let known = self.main(event as usize) == Some(cause as usize) || self.more.last() == Some(&(event, cause));
        if cause < event && (event as usize) < self.back.len() && !known {
            self.more.push((event, cause));
        }
    }

    /// No more will come.
    pub(super) fn finish(&mut self) {
        self.more.sort_unstable();
        self.more.dedup();
    }

    pub(super) fn main(&self, event: usize) -> Option<usize> {
        self.back.get(event).filter(|back| **back > 0).and_then(|back| event.checked_sub(*back as usize))
    }

    /// The further causes of an event, oldest first.
    pub(super) fn more(&self, event: usize) -> impl Iterator<Item = usize> {
        let first = self.more.partition_point(|(e, _)| (*e as usize) < event);
        self.more[first..].iter().take_while(move |(e, _)| *e as usize == event).map(|(_, cause)| *cause as usize)
    }

    /// Of each event, which ones follow from it.
    pub(super) fn reversed(&self) -> Effects {
        let all = || {
            let main = (0..self.back.len()).filter_map(|e| self.main(e).map(|cause| (cause, e)));
            main.chain(self.more.iter().map(|(e, cause)| (*cause as usize, *e as usize)))
        };
        let mut starts = vec![0_u32; self.back.len() + 1];
        all().for_each(|(cause, _)| starts[cause + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut events = vec![0; *starts.last().unwrap_or(&0) as usize];
        for (cause, event) in all() {
            events[next[cause] as usize] = event as u32;
            next[cause] += 1;
        }
        for pair in starts.windows(2) {
            events[pair[0] as usize..pair[1] as usize].sort_unstable();
        }
        Effects { starts, events }
    }
}

/// What follows from each event of a recording: made by [`Recording::effects`](super::Recording::effects).
#[derive(Clone, Debug)]
pub struct Effects {
    /// Where the list of each event begins; it ends where the next one's begins.
    starts: Vec<u32>,
    events: Vec<u32>,
}

impl Effects {
    /// The events of which the event at `index` is a cause, in order.
    pub fn of(&self, index: usize) -> impl Iterator<Item = usize> {
        let range = match (self.starts.get(index), self.starts.get(index + 1)) {
            (Some(from), Some(to)) => *from as usize..*to as usize,
            _ => 0..0,
        };
        self.events[range].iter().map(|event| *event as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_point_backwards_and_effects_are_their_reverse() {
        let mut causes = Causes::default();
        for cause in [NO_EVENT, 0, 0, 3, 2] {
            causes.push(cause);
        }
        for (event, cause) in [(4, 1), (4, 0), (4, 2), (4, 1), (1, 4), (9, 1), (2, 2), (4, 0)] {
            causes.add(event, cause);
        }
        causes.finish();
        assert_eq!([0, 1, 2, 3, 4].map(|e| causes.main(e)), [None, Some(0), Some(0), None, Some(2)]);
        assert_eq!(causes.more(4).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(causes.more(1).count(), 0);
        let effects = causes.reversed();
        let of = |e| effects.of(e).collect::<Vec<_>>();
        assert_eq!((of(0), of(1), of(2), of(3), of(99)), (vec![1, 2, 4], vec![4], vec![4], vec![], vec![]));
    }
}
