//! Where a search stands in its program, so that another process of that program gets there.
//!
//! A test may make several searches, and what a later one does may depend on what an earlier one found. So a search is
//! known by the test and its number there; and a worker for it is told what the isolated ones before it found, and goes
//! on as if it had found that itself. Those that were not isolated it makes again.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::wire::FoundWire;
use crate::search::Found;
use crate::search::subject::Subject;

/// What each search of each test of this process gave so far; `None` for those that are made again.
static GAVE: Mutex<BTreeMap<String, Vec<Option<FoundWire>>>> = Mutex::new(BTreeMap::new());

/// A search's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::search) struct Place {
    /// The test as the harness knows it; `main` for a program without one; `None` where it is not known.
    pub(super) test: Option<String>,
    number: usize,
}

/// What a worker is told first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::search) struct Assignment {
    test: String,
    number: usize,
    before: Vec<Option<FoundWire>>,
}

/// What a search is to do in a worker.
#[derive(Debug)]
pub(in crate::search) enum Duty {
    /// It is the one that is asked for.
    Serve,
    /// It comes before that one, and has found this.
    Skip(Box<Found>),
    /// It comes before that one, and is made again.
    Search,
}

impl Place {
    /// The next search of the test that this thread is in.
    pub(in crate::search) fn next(subject: &Subject, in_harness: bool) -> Self {
        // The harness gives each test a thread of its name.
        let thread = || std::thread::current().name().map(str::to_owned);
        let test = if in_harness { Some(subject.path.clone()) } else { thread() };
        let Some(test) = test else { return Self::unknown() };
        let mut gave = GAVE.lock().unwrap_or_else(PoisonError::into_inner);
        let searches = gave.entry(test.clone()).or_default();
        searches.push(None);
        Self { number: searches.len() - 1, test: Some(test) }
    }

    /// Of what is no search.
    pub(in crate::search) fn unknown() -> Self {
        Self { test: None, number: 0 }
    }

    /// What the search of this place found, for workers of later ones.
    pub(in crate::search) fn gave(&self, found: &Found) {
        let mut gave = GAVE.lock().unwrap_or_else(PoisonError::into_inner);
        let searches = self.test.as_ref().and_then(|test| gave.get_mut(test));
        if let Some(slot) = searches.and_then(|searches| searches.get_mut(self.number)) {
            *slot = Some(FoundWire::of(found));
        }
    }

    /// What a worker for this place is told.
    pub(super) fn assignment(&self) -> Option<Assignment> {
        let test = self.test.clone()?;
        let gave = GAVE.lock().unwrap_or_else(PoisonError::into_inner);
        let before = gave.get(&test).map_or(&[][..], |all| &all[..self.number]).to_vec();
        Some(Assignment { test, number: self.number, before })
    }

    /// The arguments of this program that lead a new process of it to this place.
    pub(super) fn arguments(&self) -> Result<Vec<String>, String> {
        match self.test.as_deref() {
            Some("main") => Ok(std::env::args().skip(1).collect()),
            Some(test) => {
                Ok(["--exact", test, "--nocapture", "--include-ignored", "--test-threads=1"].map(str::to_owned).into())
            }
            None => Err("it is made on a thread that no test has; make it in the test's own function".into()),
        }
    }
}

impl Assignment {
    /// What the search at `place` is to do, in a worker with this assignment.
    ///
    /// # Errors
    /// When the program took another way than in the process that asks.
    pub(in crate::search) fn duty(&self, place: &Place) -> io::Result<Duty> {
        let here = place.test.as_ref() == Some(&self.test);
        if here && place.number > self.number {
            return Err(io::Error::other("the search was passed by"));
        }
        if here && place.number == self.number {
            return Ok(Duty::Serve);
        }
        let before = self.before.get(place.number).cloned().flatten().filter(|_| here);
        Ok(before.map_or(Duty::Search, |wire| Duty::Skip(Box::new(wire.into_found()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_of_a_test_are_numbered_and_a_worker_stops_at_its_own() {
        let subject = Subject::free("any");
        let [one, two, three] = [(); 3].map(|()| Place::next(&subject, false));
        assert_eq!(one.test.as_deref(), std::thread::current().name());
        assert_eq!((two.number, three.number), (one.number + 1, one.number + 2));
        one.gave(&Found::nothing());
        let assignment = three.assignment().unwrap();
        assert!(matches!(assignment.duty(&one), Ok(Duty::Skip(_))));
        assert!(matches!(assignment.duty(&two), Ok(Duty::Search)));
        assert!(matches!(assignment.duty(&three), Ok(Duty::Serve)));
        assert!(assignment.duty(&Place::next(&subject, false)).is_err());
        assert!(matches!(assignment.duty(&Place::unknown()), Ok(Duty::Search)));
    }

    #[test]
    fn a_thread_that_no_test_has_leads_nowhere() {
        let place = std::thread::spawn(|| Place::next(&Subject::free("any"), false)).join().unwrap();
        assert!(place.assignment().is_none());
        assert!(place.arguments().unwrap_err().contains("in the test's own function"));
    }
}
