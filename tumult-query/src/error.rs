//! What the command could not do.

use std::fmt;
use std::path::Path;

/// What the command could not do, and what to do about it. Its text completes "failed to …".
#[derive(Debug)]
pub(crate) struct Error(String);

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// That `what` could not be done with a file or folder.
    pub(crate) fn at(what: &str, path: &Path, why: impl fmt::Display) -> Self {
        Self(format!("{what} `{}`: {why}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}", self.0)
    }
}

impl std::error::Error for Error {}
