//! What the command could not do.

use std::fmt;

/// What the command could not do, and what to do about it. Its text completes "failed to …".
#[derive(Debug)]
pub(crate) struct Error(String);

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}", self.0)
    }
}

impl std::error::Error for Error {}

impl From<tumult_sim::Error> for Error {
    fn from(error: tumult_sim::Error) -> Self {
        let text = error.to_string();
        Self(text.strip_prefix("failed to ").unwrap_or(&text).to_owned())
    }
}
