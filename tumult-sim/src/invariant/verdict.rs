//! What an invariant is, and what it says.

use std::fmt;

/// Whether an invariant holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not, and this is what is wrong.
    Violated(String),
}

impl Verdict {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Holds)
    }
}

/// A [`Verdict::Violated`] with a formatted text.
///
/// ```
/// use tumult_sim::{invariant::Verdict, violated};
/// assert_eq!(violated!("{} too many", 3), Verdict::Violated("3 too many".into()));
/// ```
#[macro_export]
macro_rules! violated {
    ($($arg:tt)+) => { $crate::invariant::Verdict::Violated(::std::format!($($arg)+)) };
}

/// What is known of an invariant without its type: written by `#[invariant]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvariantInfo {
    /// `INV_001`.
    pub id: &'static str,
    /// The first line of its docs.
    pub title: &'static str,
    /// `data`, `recovery`, `liveness`.
    pub tags: &'static [&'static str],
    /// The function's name.
    pub name: &'static str,
    /// The module it is in.
    pub module: &'static str,
    /// The file it is in.
    pub file: &'static str,
    /// The line it is at.
    pub line: u32,
}

impl InvariantInfo {
    /// Whether it has a tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.contains(&tag)
    }
}

/// A named invariant over a state of type `T`: what `#[invariant]` makes.
pub struct Invariant<T: 'static> {
    /// Its ID, title and tags.
    pub info: &'static InvariantInfo,
    /// The check: reads, and nothing else.
    pub check: fn(&T) -> Verdict,
}

impl<T> Clone for Invariant<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Invariant<T> {}

impl<T> fmt::Debug for Invariant<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Invariant").field(&self.info.id).finish()
    }
}
