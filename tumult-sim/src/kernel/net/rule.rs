//! Rules: what code outside the kernel decides about a packet before its link does.

use std::time::Duration;

use super::{Fate, TcpFlags};
use crate::base::{ProcessId, Time, nanos};

/// A packet as a rule sees it.
#[derive(Clone, Copy, Debug)]
pub struct PacketView<'a> {
    /// Who sends it.
    pub from: ProcessId,
    /// The port it is sent from.
    pub from_port: u16,
    /// Who is to get it.
    pub to: ProcessId,
    /// The port it is sent to.
    pub to_port: u16,
    /// Its payload; of a segment the part of the stream that it carries, if any.
    pub bytes: &'a [u8],
    /// What a segment of a stream is there for; `None` for a datagram.
    pub tcp: Option<TcpFlags>,
    /// When it is sent.
    pub at: Time,
}

/// What a rule decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: the next rule decides, in the end the link.
    #[default]
    Pass,
    /// It is lost.
    Drop,
    /// It takes this much longer.
    Delay(Duration),
    /// So many copies follow it.
    Duplicate(u32),
    /// It carries these bytes instead.
    Rewrite(Vec<u8>),
}

impl Fate {
    /// Takes a verdict in; gives the new payload, if there is one.
    pub(crate) fn decide(&mut self, verdict: Verdict) -> Option<Vec<u8>> {
        match verdict {
            Verdict::Pass => {}
            Verdict::Drop => self.dropped = true,
            Verdict::Delay(d) => self.delay_ns = self.delay_ns.saturating_add(nanos(d)),
            Verdict::Duplicate(n) => self.copies = self.copies.saturating_add(n),
            Verdict::Rewrite(bytes) => return Some(bytes),
        }
        None
    }
}
