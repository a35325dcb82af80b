//! Many seeds: which, how they run in parallel, what a failing one is made into, and whether a seed runs the same again.
//!
//! A search runs the test function once for each seed, on a fresh thread. The first failing case, in the order of the
//! cases, is recorded, replayed three times, and reported with the token that replays it anywhere. When none fails, a
//! sample is run again to see that it runs the same ([`Check`]).
//!
//! *Must never* pass for the wrong reason: a variable that cannot be read, a token of another test, a child that
//! crashed, a run that is not the same again, all fail the test.

#![expect(
    clippy::disallowed_methods,
    reason = "a search stands outside the simulation: it starts threads and processes, and watches the time"
)]

mod artifacts;
mod base64url;
mod builder;
mod culprit;
mod determinism;
mod diagnose;
mod environment;
mod explain;
mod found;
mod hunt;
mod intern;
mod isolation;
mod logs;
mod padding;
mod portfolio;
mod replay;
mod runner;
mod seeds;
mod session;
mod shrink;
mod subject;
mod summary;
mod token;
mod worker;

pub use builder::Search;
pub use environment::Check;
pub use found::Found;
pub(crate) use found::Seen;
pub use isolation::Isolation;
pub use replay::Replay;
pub(crate) use session::Session;
pub(crate) use subject::Subject;
pub use subject::TestDecl;
pub use summary::{Status, Summary, TestKind};
