//! What few packets meet: overlays, a full queue, a burst of losses, jitter, damage.
//!
//! *May*: lose a packet, delay it, flip bits of its payload, send it to another port. *Must never*: draw what depends on
//! how many packets were treated before, or touch a packet whose link and overlays have none of this. *Why survivable*:
//! networks do all of it, and checksums that miss damage are known from the field (Stone & Partridge 2000, "When the CRC
//! and TCP Checksum Disagree", SIGCOMM).

use std::collections::BTreeMap;

use super::chosen::Luck;
use super::overlay::{Chance, Overlays, either};
use super::packet::{NONE, Packet};
use super::{Drop, LinkConfig};
use crate::base::{Bandwidth, BurstLoss, Bytes, Counter, Probability, ProcessId, Time, nanos, scale_draw};
use crate::kernel::core::Core;
use crate::trace::Kind;

/// What is drawn for what, of the numbers below that of a message (law 2).
mod slot {
    pub(super) const BURST: u64 = 0;
    pub(super) const JITTER: u64 = 1;
    pub(super) const HEADER: u64 = 2;
    pub(super) const HOW_MANY_BITS: u64 = 3;
    pub(super) const FIRST_BIT: u64 = 4;
    pub(super) const MISLED: u64 = 5;
    pub(super) const PORT: u64 = 6;
}

/// A damaged header leads to another port one time in so many; else it is noticed.
const MISLED_OF: u64 = 4;

/// A packet that is sent, as far as its treatment depends on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) from: ProcessId,
    pub(super) to: ProcessId,
    pub(super) at: Time,
    /// The key of its link, and its number on it.
    pub(super) key: Counter,
    pub(super) number: u64,
    /// Which of its decisions are made as drawn.
    pub(super) luck: Luck,
    /// Headers included.
    pub(super) size: u64,
    /// It is a segment that more than makes a connection.
    pub(super) uses_stream: bool,
}

impl Sent {
    /// Draws for what is rare are below the message's own, which has no slots left.
    fn draw(&self, slot: u64) -> u64 {
        self.key.below(self.number).draw(0, slot)
    }
}

/// What is left to be decided of a packet that was not lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Odds {
    pub(super) duplicate: u64,
    pub(super) reorder: u64,
    pub(super) delay_ns: u64,
}

/// The state of a chain of [`BurstLoss`]: a function of the message's number alone, since it steps once for each,
/// also for those that something else has lost meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    bad: bool,
    /// The number of the next step.
    next: u64,
}

impl Chain {
    /// How likely message `number` is lost.
    pub(super) fn loss(&mut self, burst: &BurstLoss, key: Counter, number: u64) -> Probability {
        // Bounded by the messages sent meanwhile.
        while self.next <= number {
            let draw = key.below(self.next).draw(0, slot::BURST) >> 11;
            // One draw, whose meaning is the same in both states: a low one makes bad, a high one good.
            let stays = Probability::ALWAYS.bound() - burst.leave.bound();
            self.bad = draw < if self.bad { stays } else { burst.enter.bound() };
            self.next += 1;
        }
        if self.bad { burst.bad } else { burst.good }
    }
}

/// What is remembered of a link that is not plain.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// When all that waits for its bandwidth has left.
    free_at: Time,
    chain: Chain,
}

/// The links of which something is remembered: beside their records, which stay small.
#[derive(Debug, Default)]
pub(super) struct Roughness(BTreeMap<(ProcessId, ProcessId), State>);

impl Roughness {
    /// Treats a packet whose link is not plain, or over which something is laid.
    #[cold]
    pub(super) fn meet(
        &mut self,
        core: &mut Core,
        overlays: &mut Overlays,
        config: &LinkConfig,
        sent: &Sent,
        packet: &mut Packet,
    ) -> Result<Odds, Drop> {
        let mut loss = config.loss.bound();
        if let Some(burst) = &config.burst_loss {
            let chain = &mut self.0.entry((sent.from, sent.to)).or_default().chain;
            // The chain steps in any case: where it stands is a function of the message's number.
            let burst = chain.loss(burst, sent.key, sent.number);
            loss = if sent.luck.odds { either(loss, burst) } else { loss };
        }
        let weather = overlays.weather(sent, config.bandwidth);
        if weather.cut {
            return Err(Drop::Cut);
        }
        let mut delay_ns = nanos(weather.delay);
        if let Some(bandwidth) = weather.bandwidth {
            let state = self.0.entry((sent.from, sent.to)).or_default();
            delay_ns = delay_ns.saturating_add(state.wait(bandwidth, config.queue, sent).ok_or(Drop::QueueFull)?);
        }
        let mut hit = |of, base: u64, more: Probability, draw: u64| {
            let bound = either(base, more);
            let hit = draw >> 11 < bound && sent.luck.allows(bound);
            if hit && bound != base {
                overlays.blame(sent.from, sent.to, of, base, draw);
            }
            hit
        };
        if hit(Chance::Loss, loss, weather.loss, sent.key.draw(sent.number, super::transit::slot::LOSS)) {
            return Err(Drop::Lost);
        }
        if hit(Chance::CorruptHeader, config.corrupt_header.bound(), weather.corrupt_header, sent.draw(slot::HEADER)) {
            if packet.segment != NONE || scale_draw(sent.draw(slot::MISLED), MISLED_OF) > 0 {
                return Err(Drop::Checksum);
            }
            packet.to_port ^= 1 << scale_draw(sent.draw(slot::PORT), 16);
            note(core, sent, Damage::Port, &packet.to_port.to_le_bytes());
        }
        let is_segment = packet.segment != NONE;
        let payload = sent.key.draw(sent.number, super::transit::slot::CORRUPT);
        if (is_segment || !packet.bytes.is_empty())
            && hit(Chance::Corrupt, config.corrupt.bound(), weather.corrupt, payload)
        {
            if is_segment {
                return Err(Drop::Checksum);
            }
            flip(&mut packet.bytes, sent);
            note(core, sent, Damage::Payload, &packet.bytes);
        }
        delay_ns = delay_ns.saturating_add(match nanos(config.jitter) {
            0 => 0,
            _ if !sent.luck.latency => 0,
            most => scale_draw(sent.draw(slot::JITTER), most),
        });
        Ok(Odds {
            duplicate: either(config.duplicate.bound(), weather.duplicate),
            reorder: either(config.reorder.bound(), weather.reorder),
            delay_ns,
        })
    }
}

impl State {
    /// How long a packet waits and takes until it has left; `None` when there is no room for it. One that finds nothing
    /// before it needs no room.
    fn wait(&mut self, bandwidth: Bandwidth, queue: Bytes, sent: &Sent) -> Option<u64> {
        let waits = self.free_at.as_nanos().saturating_sub(sent.at.as_nanos());
        let before = bandwidth.passes(waits);
        if bandwidth.get() == 0 || (before > 0 && before.saturating_add(sent.size) > queue.0) {
            return None;
        }
        let wait = waits.saturating_add(bandwidth.takes_ns(sent.size));
        self.free_at = Time::from_nanos(sent.at.as_nanos().saturating_add(wait));
        Some(wait)
    }
}

/// What was damaged, as the trace has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Damage {
    Payload = 1,
    Port = 2,
}

fn note(core: &mut Core, sent: &Sent, what: Damage, now: &[u8]) {
    let pair = core.pair(sent.from.0, sent.to.0);
    core.trace.note(core.now, Kind::Corrupt, pair, (what as u64) << 56 | sent.number, now);
}

/// Flips one to three neighbouring bits.
fn flip(bytes: &mut [u8], sent: &Sent) {
    let bits = bytes.len() as u64 * 8;
    let first = scale_draw(sent.draw(slot::FIRST_BIT), bits);
    for n in 0..=scale_draw(sent.draw(slot::HOW_MANY_BITS), 3) {
        let bit = (first + n) % bits;
        bytes[bit as usize / 8] ^= 1 << (bit % 8);
    }
}
