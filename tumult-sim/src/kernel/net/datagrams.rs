//! Datagrams: how long they may be, and what becomes of those that nobody takes.

use super::packet::{NONE, REFUSAL};
use super::transit::LOOPBACK;
use super::{Drop, Net};
use crate::base::{Bytes, ProcessId, Time};
use crate::kernel::core::Core;
use crate::kernel::time::Pending;
use crate::trace::Kind;

/// The longest datagram: what a packet of 65,535 bytes has left beside the headers of IPv4 and UDP.
pub(crate) const LONGEST: usize = 65_507;

/// What is drawn for the answer of a machine where nobody took a message: a number of the counter below the message's
/// own, and its slots.
const REFUSALS: u64 = 1;
const REFUSAL_LOSS: u64 = 0;
const REFUSAL_LATENCY: u64 = 1;

/// How datagrams behave on all machines of a run.
///
/// ```
/// use tumult_sim::{Bytes, Sim, net::UdpConfig};
/// let mut sim = Sim::new(1);
/// // As over the Internet, where many a router drops fragments: what is longer than 1,472 bytes does not arrive.
/// sim.udp(UdpConfig::default().longest(Bytes(1472)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpConfig {
    pub(crate) longest: usize,
}

impl Default for UdpConfig {
    /// Whatever may be sent, may arrive.
    fn default() -> Self {
        Self { longest: LONGEST }
    }
}

impl UdpConfig {
    /// The longest payload that a network carries from one process to another: longer datagrams are lost without a
    /// word. With an MTU of 1,500 it is 1,472 bytes: IPv4 and UDP take 28. The loopback carries all.
    pub fn longest(self, bytes: Bytes) -> Self {
        Self { longest: usize::try_from(bytes.0).unwrap_or(usize::MAX) }
    }
}

impl Net {
    /// A datagram leaves a process for another that may be too long for the network between them.
    #[cold]
    pub(super) fn too_long(&mut self, core: &mut Core, from: ProcessId, to: ProcessId, bytes: &[u8]) {
        self.count_sent();
        let pair = core.pair(from.0, to.0);
        core.trace.note(core.now, Kind::Drop, pair, (Drop::TooLong as u64) << 56, bytes);
    }

    /// A datagram on the loopback of a process.
    pub(crate) fn send_within(&mut self, core: &mut Core, process: ProcessId, ports: (u16, u16), bytes: &[u8]) {
        let packet = self.packets.put((process, ports.0), (process, ports.1), bytes);
        self.packets.get_mut(packet).loopback = true;
        self.offer(core, packet);
    }

    /// Nobody took a packet that arrived: who sent it is told, if it wants to know. The answer takes the way back, and
    /// what is drawn for it is drawn for the packet that it answers: no message of that link has another fate.
    #[cold]
    pub(super) fn refuse(&mut self, core: &mut Core, slot: u32) {
        let p = self.packets.get(slot);
        if p.segment != NONE || !self.stacks.wants_refusal(p) {
            return self.packets.remove(slot);
        }
        let (from, to, number) = (p.from, p.to, p.number);
        let mut at = core.now + LOOPBACK;
        if from != to {
            let there = self.link(from, to);
            let key = self.links.get_mut(there).0.key.below(number);
            let back = self.link(to, from);
            let treatment = &self.links.get_mut(back).1.treatment;
            if key.draw(REFUSALS, REFUSAL_LOSS) >> 11 < treatment.loss {
                return self.packets.remove(slot);
            }
            let takes = treatment.latency.sample(key.draw(REFUSALS, REFUSAL_LATENCY));
            at = Time::from_nanos(core.now.as_nanos().saturating_add(takes));
        }
        let p = self.packets.get_mut(slot);
        std::mem::swap(&mut p.from, &mut p.to);
        std::mem::swap(&mut p.from_port, &mut p.to_port);
        p.bytes.clear();
        p.segment = REFUSAL;
        // It follows from that nobody took it.
        p.cause = core.trace.step();
        core.queue.push(at, Pending::Deliver(slot));
    }

    /// Such an answer has arrived.
    #[cold]
    pub(super) fn deliver_refusal(&mut self, core: &mut Core, slot: u32) {
        let p = self.packets.get(slot);
        let arrives = (Kind::Deliver, core.pair(p.from.0, p.to.0), p.number);
        core.trace.note_after(p.cause, core.now, arrives, &[]);
        self.stacks.refused(p, |w| core.out.wake(&mut core.tasks, w));
        self.packets.remove(slot);
    }
}
