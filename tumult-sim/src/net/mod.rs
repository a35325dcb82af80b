//! The network as a process sees it: [`TcpStream`], [`UdpSocket`], [`Mailbox`], [`rpc`], names and addresses, rules on packets.
//!
//! A process is reached by its name (`"server:9000"`) or its address; unspecified and loopback addresses mean the
//! process itself. Each directed link has a [`LinkConfig`]: latency, jitter, bandwidth and queue, loss, bursts of loss,
//! duplication, reordering, damage. A [`rule`] decides about packets by what they say; [`packets`] makes one.

mod addr;
mod mailbox;
mod packets;
pub mod rpc;
mod rule;
mod tcp;
mod topology;
mod udp;
#[cfg(test)]
mod udp_tests;
mod wire;

pub use crate::kernel::net::{Drop, Latency, LinkConfig, PacketView, TcpConfig, TcpFlags, UdpConfig, Verdict};
#[doc(hidden)]
pub use addr::Names;
pub use addr::{Target, address, lookup};
pub use mailbox::Mailbox;
pub use packets::{Packets, packets};
pub(crate) use rule::make as make_rule;
pub use rule::{RuleGuard, rule};
pub use tcp::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, TcpListener, TcpSocket, TcpStream, WriteHalf};
pub use topology::{Region, Topology};
pub use udp::UdpSocket;
pub use wire::{decode, encode};
