//! raft-rs, five nodes with disks, under everything that can go wrong.

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

pub use cluster::{Cluster, hit_leaders, install, swarm_of};
pub use node::{COMMITTED, ELECTED};
pub use plant::Plant;
