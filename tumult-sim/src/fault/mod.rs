//! What goes wrong: faults, plans, and the injector that does them to a world.
//!
//! A [`Fault`] is what a test writes; a [`Plan`] is the same as data, which can be printed, saved, edited, shrunk and
//! replayed; a [`Profile`] draws one from a seed.
//!
//! *May*: end, stop and restart processes, treat packets, move clocks, fail disks, take CPU time and memory, at a
//! time or when a [`point`] in the code is reached. *Must never*: do anything that is not in the plan, or draw randomness
//! while a run goes on.
//! *Why survivable*: each fault is healed after its time, what was before comes back, and a [`Budget`] keeps drawn
//! plans within what the system claims to stand.

mod amount;
mod budget;
mod build;
mod build_disk;
mod compile;
mod draw;
mod injector;
mod kind;
mod layers;
mod mutate;
mod outcome;
mod plan;
mod point;
mod profile;
mod quiet;
mod replicas;
mod style;
#[cfg(test)]
mod tests;
mod text;
mod what;
mod when;

pub use budget::Budget;
pub use build::{Fault, ahead, behind};
pub(crate) use injector::Injector;
pub use kind::FaultKind;
pub use outcome::Outcome;
pub(crate) use outcome::Step;
pub use plan::{Plan, PlannedFault};
pub use point::point;
pub use profile::Profile;
pub use quiet::quiet_since;
pub(crate) use style::Style;
pub use what::{Between, What};

pub use crate::base::Signal;
pub use when::{Condition, When};
