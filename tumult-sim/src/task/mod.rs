//! Tasks: [`spawn`], [`JoinHandle`], [`yield_now`], [`select!`](crate::select), and the executor that runs them.

mod executor;
mod join;
mod select;
mod spawn;

pub(crate) use executor::{Stop, deadlock, run_until, table};
pub use join::{JoinError, JoinHandle};
#[doc(hidden)]
pub use select::start as select_start;
pub(crate) use spawn::spawn_in;
pub use spawn::{Builder, YieldNow, spawn, yield_now};
