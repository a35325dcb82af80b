//! The one error type of the crate.

use std::fmt;

/// What could not be done, and how to mend it. The message completes "failed to …".
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    kind: Kind,
    message: String,
}

/// What an error is about; users see it through the `is_…` predicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Seed,
    Token,
    Plan,
    Config,
    Environment,
    Journal,
    Io,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into() }))
    }

    /// A seed that is no number.
    pub fn is_seed(&self) -> bool {
        self.0.kind == Kind::Seed
    }
    /// A replay token: damaged, of another version, or of another test.
    pub fn is_token(&self) -> bool {
        self.0.kind == Kind::Token
    }
    /// A fault plan that is malformed or names something unknown.
    pub fn is_plan(&self) -> bool {
        self.0.kind == Kind::Plan
    }
    /// A setting out of its range, a duplicate name, an unknown process.
    pub fn is_config(&self) -> bool {
        self.0.kind == Kind::Config
    }
    /// A `TUMULT_…` variable with a value it cannot have.
    pub fn is_environment(&self) -> bool {
        self.0.kind == Kind::Environment
    }
    /// A journal that cannot be read or written.
    pub fn is_journal(&self) -> bool {
        self.0.kind == Kind::Journal
    }
    /// The real file system or a child process failed.
    pub fn is_io(&self) -> bool {
        self.0.kind == Kind::Io
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}", self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

/// For setters: a refused value panics at the caller's line with the error's own message.
pub(crate) trait OrPanic<T> {
    fn or_panic(self) -> T;
}

impl<T, E: fmt::Display> OrPanic<T> for Result<T, E> {
    #[track_caller]
    fn or_panic(self) -> T {
        match self {
            Ok(value) => value,
            Err(error) => panic!("{error}"),
        }
    }
}
