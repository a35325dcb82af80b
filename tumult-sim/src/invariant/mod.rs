//! Named invariants over observed state.
//!
//! An [`Observed`] value outlives the processes that update it. What is said of it, [`always`](crate::Sim::always),
//! [`at_end`](crate::Sim::at_end) or [`eventually`](crate::Sim::eventually), is checked when it has changed, at phase
//! boundaries and at the end; checks only read, and draw nothing.
//!
//! Sites say what a search should meet ([`sometimes!`](crate::sometimes), [`reachable!`](crate::reachable)), must not
//! meet ([`unreachable!`](crate::unreachable)) and may provoke ([`buggify!`](crate::buggify)). The [`Catalogue`] has all
//! that are linked, and [`Coverage`] says which of them no run reached.

mod catalogue;
mod checks;
mod coverage;
mod observed;
mod site;
mod verdict;

pub use catalogue::Catalogue;
pub(crate) use catalogue::site_of_hash;
pub use checks::Violation;
pub(crate) use checks::{Checks, When};
pub use coverage::{Coverage, Covered, Gap, SiteCount, SiteCounts};
pub use observed::Observed;
pub use site::{SiteInfo, SiteKind};
pub use verdict::{Invariant, InvariantInfo, Verdict};

/// What macros expand to.
pub(crate) mod __site {
    pub use super::catalogue::CATALOGUE;
    pub use super::site::{FIRES, SiteInfo, SiteKind};
}
