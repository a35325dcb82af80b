//! The network: links, overlays on them, and each process's sockets. State machines without I/O.

mod addr;
pub(crate) mod chosen;
mod datagrams;
mod directory;
mod ephemeral;
mod latency;
mod link;
mod overlay;
mod packet;
mod pipe;
mod rough;
mod rule;
mod stack;
mod streams;
pub(crate) mod tcp;
#[cfg(test)]
mod tests;
mod transit;

pub(crate) use addr::{Scope, address_of, process_at};
pub(crate) use datagrams::LONGEST;
pub use datagrams::UdpConfig;
pub(crate) use directory::{Directory, PATIENCE};
pub use latency::Latency;
pub use link::LinkConfig;
pub(crate) use link::{LinkId, Links};
pub use packet::Drop;
pub(crate) use packet::{Packet, Packets};
pub(crate) use pipe::{PIPE_BUF, PipeEnd, PipeId, PipeStanding, Pipes};
pub(crate) use rule::NamedRules;
pub use rule::{PacketView, Verdict};
pub(crate) use stack::{Peer, SocketId, Stacks};
pub use streams::TcpFlags;
pub use tcp::TcpConfig;
pub(crate) use transit::{Fate, Net};
