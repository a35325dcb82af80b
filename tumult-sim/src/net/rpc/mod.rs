//! Requests and replies over datagrams, with deadlines.
//!
//! A [`Client`] sends a request once and waits for its reply until the deadline; it never sends again by itself, so
//! whoever calls decides about retries. A reply is matched to its call by a [`CallId`] that is unique in the run, so
//! one that comes late is never taken for another call's. A [`Server`] serves every request that arrives: one that the
//! network duplicates, or the caller repeats, is served twice, and idempotence is the handler's matter.
//!
//! ```
//! use std::time::Duration;
//! use tumult_sim::{Sim, net::rpc};
//!
//! let mut sim = Sim::new(1);
//! sim.process("doubler", || async {
//!     let server = rpc::Server::<u64, u64>::bind(9).await?;
//!     server.serve(|n, _from| async move { 2 * n }).await
//! });
//! let client = sim.primary("client", || async {
//!     let doubler = rpc::Client::<u64, u64>::connect("doubler:9").await.unwrap();
//!     loop {
//!         match doubler.call(&21, Duration::from_millis(100)).await {
//!             Err(error) if error.is_timeout() => {}      // lost on the way, there or back: try again
//!             result => return result.unwrap(),
//!         }
//!     }
//! });
//! sim.links().loss(0.3);
//! assert_eq!(sim.run().output::<u64>(client), Some(&42));
//! ```

mod client;
mod error;
mod frame;
mod server;
#[cfg(test)]
mod tests;

pub use client::Client;
pub use error::RpcError;
pub use frame::{CallId, Frame};
pub use server::{Reply, Server};
