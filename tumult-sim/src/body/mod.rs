//! What a process runs: a factory that is called again at each restart.
//!
//! - native: any async closure, `|| async { … }` or `async || …`, written against `tumult_sim`'s own time, net and disk;
//! - [`program`]: a plain function, such as a `main`, of unmodified code: std's threads, sockets and files, any crate;
//! - `tokio`, with the feature of that name: an async closure on a stock tokio runtime, a program whose `main` is a
//!   `block_on`.
//!
//! Programs run on Linux with glibc alone (docs/HOSTING.md).

mod hosted;
mod native;

#[cfg(feature = "tokio")]
pub use hosted::tokio;
pub use hosted::{Program, program};
pub use native::Body;

pub use crate::hosted::Preempting;
