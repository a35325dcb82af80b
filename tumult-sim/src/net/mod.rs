//! The network as a process sees it: [`UdpSocket`], names and addresses, rules on packets.
//!
//! A process is reached by its name (`"server:9000"`) or its address; unspecified and loopback addresses mean the
//! process itself. Each directed link has a [`LinkConfig`]: latency, loss, duplication, reordering.

mod addr;
mod rule;
mod udp;

pub use crate::kernel::net::{Drop, Latency, LinkConfig, PacketView, Verdict};
pub use addr::{Target, address, lookup};
pub use rule::{RuleGuard, rule};
pub use udp::UdpSocket;
