//! What replicas have seen, and what they made of it.

use std::collections::{BTreeMap, BTreeSet};

/// The replicas of a store, as an observer of each of them sees them: which operations each has seen, in whatever order,
/// and a digest of its state.
#[derive(Clone, Debug, Default)]
pub struct ReplicaHistory {
    replicas: BTreeMap<String, Replica>,
    flaw: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct Replica {
    seen: Seen,
    state: u64,
}

/// A set of operation numbers: all below one, and some above. Equal sets are equal here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    below: u64,
    above: BTreeSet<u64>,
}

impl Seen {
    fn insert(&mut self, number: u64) {
        if number >= self.below {
            self.above.insert(number);
        }
        while self.above.remove(&self.below) {
            self.below += 1;
        }
    }

    fn len(&self) -> u64 {
        self.below + self.above.len() as u64
    }
}

impl ReplicaHistory {
    /// A replica starts: it has seen nothing.
    pub fn starts(&mut self, replica: &str) {
        self.replicas.insert(replica.to_string(), Replica::default());
    }

    /// A replica has seen the operation of this number, be it again, and its state is this one now.
    pub fn sees(&mut self, replica: &str, number: u64, state: u64) {
        let it = self.replicas.entry(replica.to_string()).or_default();
        it.seen.insert(number);
        it.state = state;
        let it = &self.replicas[replica];
        let other = self.replicas.iter().find(|(_, other)| other.seen == it.seen && other.state != it.state);
        if let Some((other, _)) = other {
            let (one, two) = if *replica < **other { (replica, &**other) } else { (&**other, replica) };
            let flaw = format!("{one} and {two} have seen the same {} operations and differ", it.seen.len());
            self.flaw.get_or_insert(flaw);
        }
    }

    /// How many operations a replica has seen.
    pub fn seen(&self, replica: &str) -> u64 {
        self.replicas.get(replica).map_or(0, |r| r.seen.len())
    }

    /// What was wrong first.
    pub fn flaw(&self) -> Option<&str> {
        self.flaw.as_deref()
    }
}
