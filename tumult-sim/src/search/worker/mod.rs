//! New processes that run seeds of a search: the test binary executed again for that one test.
//!
//! A [`Worker`] runs the test function from its beginning to the search that wants it ([`Place`]), and there, instead of
//! searching, does what it is asked ([`Order`]): a run on a thread, which shows what differs between processes; or a run
//! in a forked child, which finds all statics as they were and may crash. Works for whatever runs libtest's harness:
//! `cargo test` and nextest alike.
//!
//! The two speak through a socket, which is the worker's standard input.

#[cfg(unix)]
mod ask;
#[cfg(unix)]
mod last;
mod link;
mod place;
#[cfg(unix)]
mod serve;
#[cfg(not(unix))]
mod stub;
mod wire;

#[cfg(unix)]
pub(super) use ask::{START, Worker};
pub(super) use place::{Assignment, Duty, Place};
#[cfg(unix)]
pub(super) use serve::{assignment, is_worker, serve};
#[cfg(not(unix))]
pub(super) use stub::{START, Worker, assignment, is_worker, serve};
pub(super) use wire::Order;
