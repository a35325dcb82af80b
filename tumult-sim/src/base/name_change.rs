//! What faults do to names.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ProcessId;

/// A name that was declared, by its place among those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub u32);

/// How a lookup fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NameFailure {
    /// There is no such name, says the server (NXDOMAIN).
    NotFound,
    /// The server cannot say at the moment (SERVFAIL).
    Temporary,
    /// No answer comes.
    Timeout,
}

impl NameFailure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::NotFound, Self::Temporary, Self::Timeout];

    /// Its word in a plan's text.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Temporary => "temporary",
            Self::Timeout => "timeout",
        }
    }
}

impl fmt::Display for NameFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A change to what a name answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameChange {
    /// Lookups fail so, or no longer.
    Fail(Option<NameFailure>),
    /// Lookups give what held before the last change, or no longer.
    Stale(bool),
    /// Lookups give these, or no longer.
    Instead(Option<Vec<ProcessId>>),
}

impl NameChange {
    /// Which of a name's settings it changes.
    pub const fn setting(&self) -> usize {
        match self {
            Self::Fail(_) => 0,
            Self::Stale(_) => 1,
            Self::Instead(_) => 2,
        }
    }

    /// The same setting without a fault.
    pub const fn sound(&self) -> Self {
        match self {
            Self::Fail(_) => Self::Fail(None),
            Self::Stale(_) => Self::Stale(false),
            Self::Instead(_) => Self::Instead(None),
        }
    }
}
