//! Named invariants over observed state.
//!
//! An [`Observed`] value outlives the processes that update it. What is said of it, [`always`](crate::Sim::always),
//! [`at_end`](crate::Sim::at_end) or [`eventually`](crate::Sim::eventually), is checked when it has changed, at phase
//! boundaries and at the end; checks only read, and draw nothing.

mod checks;
mod observed;
mod verdict;

pub use checks::Violation;
pub(crate) use checks::{Checks, When};
pub use observed::Observed;
pub use verdict::{Invariant, InvariantInfo, Verdict};
