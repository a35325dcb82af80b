//! The network as a process sees it: [`TcpStream`], [`UdpSocket`], [`Mailbox`], [`rpc`], names and addresses, rules on packets.
//!
//! A process is reached by its name (`"server:9000"`) or its address; unspecified and loopback addresses mean the
//! process itself. Each directed link has a [`LinkConfig`]: latency, jitter, bandwidth and queue, loss, bursts of loss,
//! duplication, reordering, damage. A [`rule`] decides about packets by what they say; [`packets`] makes one.

mod addr;
mod bytes;
mod mailbox;
pub mod names;
mod packets;
mod pipe;
pub mod rpc;
mod rule;
mod stub;
mod tcp;
#[cfg(test)]
mod tests;
mod topology;
mod udp;
#[cfg(test)]
mod udp_tests;
mod wire;

pub use crate::kernel::net::{Drop, Latency, LinkConfig, PacketView, TcpConfig, TcpFlags, UdpConfig, Verdict};
#[doc(hidden)]
pub use addr::Names;
pub use addr::{Target, address, lookup};
pub(crate) use addr::{bindable, ip_of, is_own, process_for};
pub use mailbox::Mailbox;
pub use names::lookup_host;
pub use packets::{Packets, packets};
pub use pipe::{PipeReader, PipeWriter, UnixStream, pipe};
pub(crate) use rule::make as make_rule;
pub use rule::{RuleGuard, rule};
pub use stub::{Answer, Stub};
pub use tcp::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, TcpListener, TcpSocket, TcpStream, WriteHalf};
pub use topology::{Region, Topology};
pub(crate) use udp::Sender;
pub use udp::UdpSocket;
pub use wire::{decode, encode};

/// The process that acts; `NotConnected` when it has ended.
#[track_caller]
fn acting() -> std::io::Result<crate::base::ProcessId> {
    let (actor, acts) = crate::context::with(|w| (w.actor, w.acts()));
    let Some(actor) = actor else {
        panic!("failed to use a socket outside any process: do it in the body of one");
    };
    if acts { Ok(actor.process) } else { Err(std::io::ErrorKind::NotConnected.into()) }
}
