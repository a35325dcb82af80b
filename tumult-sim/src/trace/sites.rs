//! Where in the code of the user something was done: beside the trace, since paths differ from machine to machine.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use super::Kind;

/// Finds the line of the user's code that is at work.
pub(crate) trait Locate: Debug {
    /// The number of the place that is at work now; `None` where none is known.
    fn here(&mut self) -> Option<u32>;
    /// All places, by their numbers; empty where it is no line of the user's.
    fn places(&mut self) -> Vec<String>;
}

/// The places of events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sites {
    /// (event, number of its place), in the order of events.
    of: Vec<(u32, u32)>,
    places: Vec<String>,
}

impl Sites {
    /// Whether it matters where such an event was done: who reads it asks for the line of code.
    pub(super) const fn of_interest(kind: Kind) -> bool {
        use Kind::{Disk, Note, Observe, Output, Point, Send, Site};
        matches!(kind, Send | Disk | Observe | Note | Site | Output | Point)
    }

    pub(super) fn add(&mut self, event: usize, place: Option<u32>) {
        if let Some(place) = place {
            self.of.push((event as u32, place));
        }
    }

    pub(super) fn finish(&mut self, places: Vec<String>) {
        self.places = places;
    }

    pub(super) fn of(&self, event: usize) -> Option<&str> {
        let at = self.of.binary_search_by_key(&event, |(e, _)| *e as usize).ok()?;
        self.places.get(self.of[at].1 as usize).map(String::as_str).filter(|place| !place.is_empty())
    }
}
