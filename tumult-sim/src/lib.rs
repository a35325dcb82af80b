//! Deterministic simulation testing: write a failure mode as one function, reproduce it from a seed.
//!
//! ```
//! use std::time::Duration;
//! use tumult_sim::{Sim, fault::Fault, net::rpc};
//!
//! let mut sim = Sim::new(0x5eed);
//! let server = sim.process("server", || async {
//!     rpc::Server::<u64, u64>::bind(80).await?.serve(|n, _from| async move { 2 * n }).await
//! });
//! let client = sim.primary("client", || async {
//!     let server = rpc::Client::<u64, u64>::connect("server:80").await.unwrap();
//!     while server.call(&21, Duration::from_millis(100)).await.is_err() {} // the server may be down: ask again
//! });
//! sim.link(client, server).loss(0.1);
//! sim.at(Duration::ZERO, Fault::kill(server).lasting(Duration::from_millis(300)));
//! assert!(sim.run().ended_at().as_secs_f64() > 0.3);
//! ```
//!
//! In a crate of one's own a test is `#[tumult_sim::test(seeds = 500)] fn name(sim: &mut Sim)`: it runs once for each
//! seed, and a seed that fails is reported with the line that replays it.
//!
//! | module | what it is for |
//! |---|---|
//! | [`body`], [`process`] | what a process runs; its name, life and randomness, from inside |
//! | [`time`], [`task`] | sleep, timeout, clocks; spawn, join, `select!` |
//! | [`cpu`], [`mem`] | work that takes longer when others load the machine; memory as an account |
//! | [`net`], [`disk`] | datagrams, mailboxes, calls, rules on packets; files that lose what was not synced |
//! | [`fault`] | what goes wrong: faults, plans, profiles that draw them |
//! | [`invariant`](mod@invariant) | what has to hold, over observed state; sites that should be reached |
//! | [`phase`], [`journal`] | experiments in six phases, and their evidence |
//! | [`lab`] | failure modes: one scenario, three tests |
//! | [`search`] | many seeds, replay, the check that a seed runs the same again |
//! | [`trace`] | everything that happened, and its hash |
//! | [`collections`] | maps whose order is the same everywhere |
//!
//! Feature `host` (default): on Linux with glibc, code in a simulation that asks libc for the time or for entropy
//! (`Instant::now()`, `rand`, the keys of `HashMap`) is answered by the simulation. Elsewhere it does nothing.
//!
//! Feature `hosting`: bodies that are unmodified programs, [`body::program`]; feature `tokio` has it too, with bodies on a
//! tokio runtime.
//!
//! Feature `toon`: journals are written as TOON too. Feature `regex`: hypotheses over texts that match a pattern.

#![cfg_attr(
    not(feature = "hosting"),
    allow(dead_code, unused_imports, reason = "some of the machine is there for hosted programs alone")
)]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod base;
pub mod body;
pub mod collections;
mod context;
pub mod cpu;
pub mod disk;
pub mod fault;
mod host;
#[cfg_attr(
    not(all(
        feature = "hosting",
        target_os = "linux",
        target_env = "gnu",
        target_pointer_width = "64",
        any(target_arch = "x86_64", target_arch = "aarch64"),
        not(target_feature = "crt-static"),
        not(miri)
    )),
    path = "hosted/elsewhere.rs"
)]
#[allow(clippy::many_single_char_names, reason = "the arguments of a system call have no other names")]
mod hosted;
pub mod invariant;
pub mod journal;
mod kernel;
pub mod lab;
pub mod mem;
pub mod net;
pub mod phase;
pub mod process;
mod report;
pub mod search;
mod sim;
pub mod task;
pub mod time;
pub mod trace;

pub use base::{
    Bandwidth, BurstLoss, Bytes, Choices, ClockChange, Counter, DiskChange, Effect, Error, Incarnation, Key, Latent,
    LinkChange, NameChange, NameFailure, NameId, OverlayId, Part, Probability, ProcessId, ProcessSet, Reach, RuleId,
    Seed, Site, Stream, Time, Zone,
};
pub use context::{Cause, Failure, TaskRow, ThreadRow};
#[doc(inline)]
pub use invariant::{Invariant, InvariantInfo, Observed, Verdict};
pub use kernel::process::Exit;
pub use kernel::task::Schedule;
pub use lab::FailureMode;
pub use phase::Experiment;
pub use sim::{AliasSetter, LinkSetter, MachineSetter, Process, Report, Sim, SimConfig};
pub use tumult_macros::{experiment, failure_mode, invariant, test};

/// For this project's own tests of isolation; no part of the interface.
#[doc(hidden)]
pub mod __isolation_test {
    /// As declaring a body that needs a process of its own.
    pub fn declare(sim: &mut crate::Sim) {
        sim.isolate();
    }

    /// Whether this process is there for one run.
    pub fn isolated() -> bool {
        crate::context::isolation::isolated()
    }
}

/// For this project's own tests of the libc face from outside the crate; no part of the interface.
#[doc(hidden)]
pub mod __host_test {
    pub use crate::host::{ANSWERED, Guard, Hooks, enter, outside, refuse_sleep, take_panic};
}
