//! raft-rs, as five processes with disks, under everything that goes wrong: an example to copy.
//!
//! raft-rs does no I/O and reads no clock, so it needs no change to run here. What is tested is it *and* what every user
//! of it has to write: a log on a disk, the order of writing and sending, retries, sessions, reads. `cargo test -p
//! tumult-raft` runs it; the defects in [`Plant`] show that the tests would notice.
//!
//! | file | what it is | in a system of your own |
//! |---|---|---|
//! | `node.rs`, `wal.rs`, `storage.rs`, `machine.rs` | a node: mailbox, clock, log, state machine around raft-rs | your server |
//! | `client.rs`, `message.rs` | clients that write, read and ask again | your client, or a workload |
//! | [`ledger`] | what an observer who sees everything knows | the history that your promises are about |
//! | [`invariants`] | the promises: each a function of the ledger | your promises |
//! | [`cluster`] | processes, links and drawn faults of one simulation | your set-up |
//! | `tests/` | each class of faults; planted defects; one trace in every process | your tests |
//!
//! # How it is made
//!
//! **A node is one task.** It waits for a message or a tick, tells raft-rs, and does what the `Ready` asks for: send what
//! may go at once, apply, append to the log and sync it, send the rest. Nodes see nothing but their mailbox, their clock
//! and their disk: everything that a [`Sim`](tumult_sim::Sim) can break.
//!
//! **Nothing is believed of a disk that has failed.** An operation that fails ends the node's life, and `supervise`
//! starts the next one from what can be read back. A kill and a power loss are faults of the simulation: they end the
//! process, and its factory is called again.
//!
//! **The ledger tells, the invariants judge.** A node reports what it logs, applies and leads, a client what it was told.
//! Each report is compared with all before it at once, so an invariant only looks whether a flaw was found, and a run is
//! stopped at the event that broke it. A life of a node is told apart from its other lives: a node that forgot its vote
//! and wins its own term again is two leaders.
//!
//! **Safety, then liveness.** Faults are drawn until [`QUIET`](cluster::QUIET); after that every client has to write and
//! read each key once more.
//!
//! **Faults hit where it hurts.** Drawn faults come at any time; in [`hit_leaders`] they wait for a point in the code
//! ([`ELECTED`], [`COMMITTED`]), so that an entry is lost in the three milliseconds in which that matters. The defect of
//! figure 8 of the Raft paper is found in one seed of twenty that way; without, in none of a thousand.
//!
//! # Determinism
//!
//! raft-rs draws its election timeouts from `rand::thread_rng`, which asks libc for its seed and is answered by the
//! simulation, on Linux with glibc. The five nodes share one thread, and so that one generator: a fault that is taken
//! out of a run changes the timeouts that come later, which what is drawn by [`tumult_sim::process`] would not do.

mod client;
pub mod cluster;
pub mod invariants;
pub mod ledger;
mod machine;
pub mod message;
mod node;
mod plant;
mod storage;
mod wal;

pub use cluster::{Cluster, hit_leaders, install, install_checking, swarm_of};
pub use node::{COMMITTED, ELECTED};
pub use plant::Plant;
