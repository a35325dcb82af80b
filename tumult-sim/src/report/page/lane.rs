//! Which process an event belongs to, and where a process's life turns.

use serde::Serialize;

use crate::trace::{Kind, Record};

/// The processes of an event: whose lane it stands in, and for a message where it goes or comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lane {
    pub(super) process: Option<u32>,
    pub(super) peer: Option<u32>,
}

impl Lane {
    /// `None` for what happens to no process by itself. What a test does from outside has a number that no process has,
    /// which counts as none.
    pub(super) fn of(r: &Record<'_>, processes: u32) -> Self {
        let known = |p: u32| (p < processes).then_some(p);
        let (process, peer) = match r.kind {
            Kind::Send | Kind::Drop | Kind::Corrupt => (Some(r.a_high()), Some(r.a_low())),
            Kind::Deliver => (Some(r.a_low()), Some(r.a_high())),
            Kind::Clock | Kind::Limit | Kind::Observe => (Some(r.a_low()), None),
            Kind::Timer | Kind::Fault | Kind::Violation | Kind::Phase | Kind::Overlay | Kind::Segment | Kind::Name => {
                (None, None)
            }
            _ => (Some(r.a_high()), None),
        };
        Self { process: process.and_then(known), peer: peer.and_then(known) }
    }
}

/// How a process stands from an event on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Life {
    Up,
    Down,
    Paused,
}

impl Life {
    /// What `Kind::Process` says by its second word; `None` where nothing turns.
    pub(super) fn after(change: u32) -> Option<Self> {
        match change {
            0 | 6 => Some(Self::Up),
            1..=4 | 8..=10 => Some(Self::Down),
            5 => Some(Self::Paused),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::trace::TraceHash;

    fn of(kind: Kind, high: u64, low: u64) -> (Option<u32>, Option<u32>) {
        let record = Record { at: Time::ZERO, kind, a: high << 32 | low, b: 0, bytes: &[], hash: TraceHash::default() };
        let lane = Lane::of(&record, 3);
        (lane.process, lane.peer)
    }

    #[test]
    fn a_message_stands_where_it_is_seen() {
        assert_eq!(of(Kind::Send, 0, 2), (Some(0), Some(2)));
        assert_eq!(of(Kind::Deliver, 0, 2), (Some(2), Some(0)));
        assert_eq!(of(Kind::Drop, 0, 2), (Some(0), Some(2)), "it never came to the other");
        assert_eq!(of(Kind::Clock, 1, 2), (Some(2), None));
        assert_eq!(of(Kind::Poll, 1, 77), (Some(1), None));
        assert_eq!(of(Kind::Fault, 0, 1), (None, None));
    }

    #[test]
    fn a_process_that_was_never_declared_has_no_lane() {
        assert_eq!(of(Kind::Draw, u64::from(u32::MAX), 0), (None, None));
    }

    #[test]
    fn lives_turn_at_starts_ends_and_pauses() {
        let after: Vec<_> = [0, 2, 5, 6, 7].map(Life::after).into();
        assert_eq!(after, [Some(Life::Up), Some(Life::Down), Some(Life::Paused), Some(Life::Up), None]);
    }
}
