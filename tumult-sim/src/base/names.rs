//! A place in the source, for reports.

use std::fmt;
use std::panic::Location;

/// A place in the source: file, line, column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site(&'static Location<'static>);

impl Site {
    /// The caller of the function that calls this (both `#[track_caller]`).
    #[track_caller]
    #[inline]
    pub const fn caller() -> Self {
        Self(Location::caller())
    }
    /// The source file as the compiler was given it.
    pub const fn file(self) -> &'static str {
        self.0.file()
    }
    /// The line, from 1.
    pub const fn line(self) -> u32 {
        self.0.line()
    }
    /// The column, from 1.
    pub const fn column(self) -> u32 {
        self.0.column()
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file(), self.line())
    }
}
