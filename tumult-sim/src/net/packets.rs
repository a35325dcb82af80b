//! Rules without a closure: which packets, which of them, and what becomes of those.

use std::cell::Cell;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{decode, encode};
use crate::base::ProcessId;
use crate::kernel::net::{PacketView, TcpFlags, Verdict};

type Matcher = Box<dyn Fn(&PacketView<'_>) -> bool>;

/// The packets that a rule is about: all of them, until something narrows them. What it is asked last makes the rule,
/// for [`net::rule`](super::rule) or [`Sim::rule`](crate::Sim::rule).
///
/// ```
/// # use tumult_sim::{Sim, net};
/// # let sim = Sim::new(1);
/// // The second packet to port 9 that begins with "vote" takes half a second longer.
/// let second_vote = net::packets().to_port(9).bytes(|b| b.starts_with(b"vote")).nth(2);
/// net::rule(second_vote.delay(std::time::Duration::from_millis(500))).forever();
/// ```
#[must_use = "packets are no rule yet; say what becomes of them, such as `.drop()`"]
pub struct Packets {
    matchers: Vec<Matcher>,
}

/// All packets, to be narrowed to those that a rule is about.
pub fn packets() -> Packets {
    Packets { matchers: vec![] }
}

impl Packets {
    /// Of those, the ones for which this is true. Conditions are asked in the order in which they were given, and no
    /// more after the first that is not met; so each counts what the ones before it let through.
    pub fn matching(mut self, condition: impl Fn(&PacketView<'_>) -> bool + 'static) -> Self {
        self.matchers.push(Box::new(condition));
        self
    }

    /// Those that this process sends.
    pub fn from(self, process: ProcessId) -> Self {
        self.matching(move |p| p.from == process)
    }

    /// Those that are sent to this process.
    pub fn to(self, process: ProcessId) -> Self {
        self.matching(move |p| p.to == process)
    }

    /// Those between these two, both ways.
    pub fn between(self, a: ProcessId, b: ProcessId) -> Self {
        self.matching(move |p| (p.from, p.to) == (a, b) || (p.from, p.to) == (b, a))
    }

    /// Those that are sent from this port.
    pub fn from_port(self, port: u16) -> Self {
        self.matching(move |p| p.from_port == port)
    }

    /// Those that are sent to this port.
    pub fn to_port(self, port: u16) -> Self {
        self.matching(move |p| p.to_port == port)
    }

    /// Those that are datagrams.
    pub fn datagrams(self) -> Self {
        self.matching(|p| p.tcp.is_none())
    }

    /// Those that are segments of streams with such flags.
    pub fn segments(self, condition: impl Fn(TcpFlags) -> bool + 'static) -> Self {
        self.matching(move |p| p.tcp.is_some_and(&condition))
    }

    /// Those whose payload is such.
    pub fn bytes(self, condition: impl Fn(&[u8]) -> bool + 'static) -> Self {
        self.matching(move |p| condition(p.bytes))
    }

    /// Those whose payload holds these bytes somewhere.
    pub fn containing(self, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        self.bytes(move |payload| bytes.is_empty() || payload.windows(bytes.len()).any(|w| w == bytes))
    }

    /// Those whose payload is a message of this type, as a [`Mailbox`](super::Mailbox) sends it, and such.
    pub fn decoded<M: DeserializeOwned>(self, condition: impl Fn(&M) -> bool + 'static) -> Self {
        self.matching(move |p| decode::<M>(p.bytes).is_some_and(|message| condition(&message)))
    }

    /// Of those, the `n`th alone, from 1.
    ///
    /// # Panics
    /// When `n` is 0.
    #[track_caller]
    pub fn nth(self, n: u64) -> Self {
        assert!(n > 0, "failed to wait for packet 0: the first one is 1");
        self.counted(move |seen| seen == n)
    }

    /// Of those, the first `n`.
    pub fn first(self, n: u64) -> Self {
        self.counted(move |seen| seen <= n)
    }

    /// Of those, all but the first `n`.
    pub fn after(self, n: u64) -> Self {
        self.counted(move |seen| seen > n)
    }

    /// Of those, each `n`th.
    ///
    /// # Panics
    /// When `n` is 0.
    #[track_caller]
    pub fn every(self, n: u64) -> Self {
        assert!(n > 0, "failed to take every packet of 0: write 1 for each, 2 for each second one");
        self.counted(move |seen| seen.is_multiple_of(n))
    }

    fn counted(self, condition: impl Fn(u64) -> bool + 'static) -> Self {
        let seen = Cell::new(0);
        self.matching(move |_| {
            seen.set(seen.get() + 1);
            condition(seen.get())
        })
    }

    // ---- what becomes of them

    /// This decides about them.
    pub fn decide(
        self,
        verdict: impl Fn(&PacketView<'_>) -> Verdict + 'static,
    ) -> impl Fn(&PacketView<'_>) -> Verdict + 'static {
        move |packet| if self.matchers.iter().all(|m| m(packet)) { verdict(packet) } else { Verdict::Pass }
    }

    /// They are lost.
    pub fn drop(self) -> impl Fn(&PacketView<'_>) -> Verdict + 'static {
        self.decide(|_| Verdict::Drop)
    }

    /// They take this much longer. The link keeps its order, so what is sent behind them waits for them.
    pub fn delay(self, by: Duration) -> impl Fn(&PacketView<'_>) -> Verdict + 'static {
        self.decide(move |_| Verdict::Delay(by))
    }

    /// So many copies of each follow it.
    pub fn duplicate(self, copies: u32) -> impl Fn(&PacketView<'_>) -> Verdict + 'static {
        self.decide(move |_| Verdict::Duplicate(copies))
    }

    /// They carry what this makes of their payload.
    pub fn rewrite(self, make: impl Fn(&[u8]) -> Vec<u8> + 'static) -> impl Fn(&PacketView<'_>) -> Verdict + 'static {
        self.decide(move |packet| Verdict::Rewrite(make(packet.bytes)))
    }

    /// Those that are messages of this type carry what this makes of them; the others pass.
    ///
    /// # Panics
    /// The rule does, when what is made cannot be encoded.
    pub fn rewrite_decoded<M: DeserializeOwned + Serialize>(
        self,
        change: impl Fn(&mut M) + 'static,
    ) -> impl Fn(&PacketView<'_>) -> Verdict + 'static {
        self.decide(move |packet| match decode::<M>(packet.bytes) {
            Some(mut message) => {
                change(&mut message);
                Verdict::Rewrite(encode(&message).unwrap_or_else(|error| panic!("failed to rewrite a packet: {error}")))
            }
            None => Verdict::Pass,
        })
    }
}

impl fmt::Debug for Packets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packets").field("conditions", &self.matchers.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;

    const A: ProcessId = ProcessId(0);
    const B: ProcessId = ProcessId(1);

    fn packet(from: ProcessId, to: ProcessId, to_port: u16, bytes: &[u8]) -> PacketView<'_> {
        PacketView { from, from_port: 7, to, to_port, bytes, tcp: None, at: Time::ZERO }
    }

    /// How many of these the rule drops, by place.
    fn dropped(of: Packets, packets: &[PacketView<'_>]) -> Vec<usize> {
        let rule = of.drop();
        (0..packets.len()).filter(|n| rule(&packets[*n]) == Verdict::Drop).collect()
    }

    #[test]
    fn packets_are_told_apart_by_ends_ports_and_bytes() {
        let (seven, eight) = (encode(&(7_u32, "x")).unwrap(), encode(&(8_u32, "y")).unwrap());
        let all =
            [packet(A, B, 9, &seven), packet(B, A, 9, &eight), packet(A, B, 8, b"raw bytes"), packet(A, A, 9, &[])];
        assert_eq!(dropped(packets(), &all), [0, 1, 2, 3]);
        assert_eq!(dropped(packets().from(A), &all), [0, 2, 3]);
        assert_eq!(dropped(packets().to(A), &all), [1, 3]);
        assert_eq!(dropped(packets().between(B, A), &all), [0, 1, 2]);
        assert_eq!(dropped(packets().to_port(8), &all), [2]);
        assert_eq!(dropped(packets().from_port(8), &all), [0; 0]);
        assert_eq!(dropped(packets().containing("bytes"), &all), [2]);
        assert_eq!(dropped(packets().bytes(<[u8]>::is_empty), &all), [3]);
        assert_eq!(dropped(packets().decoded(|m: &(u32, String)| m.0 > 7), &all), [1]);
        assert_eq!(dropped(packets().from(A).to_port(9), &all), [0, 3]);
        let flags = TcpFlags { syn: true, ack: false, fin: false, rst: false, probe: false };
        let mixed = [all[0], PacketView { tcp: Some(flags), ..all[0] }];
        assert_eq!(dropped(packets().datagrams(), &mixed), [0]);
        assert_eq!(dropped(packets().segments(|f| f.syn), &mixed), [1]);
        assert_eq!(dropped(packets().segments(|f| f.fin), &mixed), [0; 0]);
    }

    #[test]
    fn a_count_is_of_what_passed_the_conditions_before_it() {
        let all: Vec<PacketView<'_>> = (0..8).map(|n| packet(A, B, if n % 2 == 0 { 9 } else { 8 }, b"")).collect();
        assert_eq!(dropped(packets().to_port(9).nth(3), &all), [4]);
        assert_eq!(dropped(packets().nth(3).to_port(9), &all), [2]);
        assert_eq!(dropped(packets().to_port(8).first(2), &all), [1, 3]);
        assert_eq!(dropped(packets().to_port(8).after(2), &all), [5, 7]);
        assert_eq!(dropped(packets().every(3), &all), [2, 5]);
    }

    #[test]
    fn each_verdict_is_given_and_the_rest_pass() {
        let seven = encode(&7_u32).unwrap();
        let number = packet(A, B, 9, &seven);
        let ms = Duration::from_millis(1);
        assert_eq!(packets().delay(ms)(&number), Verdict::Delay(ms));
        assert_eq!(packets().duplicate(2)(&number), Verdict::Duplicate(2));
        assert_eq!(
            packets().rewrite(<[u8]>::to_ascii_uppercase)(&packet(A, B, 9, b"x")),
            Verdict::Rewrite(b"X".into())
        );
        let one_more = packets().rewrite_decoded(|n: &mut u32| *n += 1);
        assert_eq!(one_more(&number), Verdict::Rewrite(encode(&8_u32).unwrap()));
        assert_eq!(one_more(&packet(A, B, 9, b"")), Verdict::Pass);
        assert_eq!(packets().to_port(1).delay(ms)(&number), Verdict::Pass);
    }
}
