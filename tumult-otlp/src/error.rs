//! What went wrong, in words.

use std::fmt;

/// What the command could not do, and what to do about it. Its text completes "failed to …".
#[derive(Debug)]
pub(crate) struct Error(String);

impl Error {
    /// `what` says what could not be done and why, as "send to …: …".
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// With more to say behind it.
    pub(crate) fn and(self, more: &str) -> Self {
        Self(format!("{}; {more}", self.0))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}", self.0)
    }
}
