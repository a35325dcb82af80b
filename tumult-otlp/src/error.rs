//! What went wrong, in words.

use std::fmt;

/// An error of the command: a sentence behind "failed to".
#[derive(Debug)]
pub(crate) struct Error(String);

impl Error {
    /// `what` says what could not be done and why, as "send to …: …".
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
