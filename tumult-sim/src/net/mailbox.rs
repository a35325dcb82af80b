//! Typed datagrams.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::wire::{Scratch, Undecodable, decode};
use super::{Target, UdpSocket};

/// A datagram socket whose datagrams are values of `M`, as bytes on the way.
///
/// As with any datagrams, messages may be lost, come twice, or out of order. What arrives and is no `M` is counted,
/// noted in the trace and skipped, as a receiver on a real network has to do.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tumult_sim::{Sim, net::Mailbox};
///
/// #[derive(Serialize, Deserialize)]
/// enum Message {
///     Add(u64),
///     Sum(u64),
/// }
///
/// let mut sim = Sim::new(1);
/// sim.process("adder", || async {
///     let mailbox = Mailbox::<Message>::bind(9).await?;
///     let mut sum = 0;
///     loop {
///         if let (Message::Add(n), from) = mailbox.recv().await? {
///             sum += n;
///             mailbox.send(from, &Message::Sum(sum))?;
///         }
///     }
///     # #[allow(unreachable_code)]
///     Ok::<_, std::io::Error>(())
/// });
/// let client = sim.primary("client", || async {
///     let mailbox = Mailbox::bind(0).await.unwrap();
///     mailbox.send("adder:9", &Message::Add(2)).unwrap();
///     mailbox.send("adder:9", &Message::Add(3)).unwrap();
///     loop {
///         if let (Message::Sum(sum @ 5), _) = mailbox.recv().await.unwrap() {
///             return sum;
///         }
///     }
/// });
/// assert_eq!(sim.run().output::<u64>(client), Some(&5));
/// ```
pub struct Mailbox<M> {
    socket: UdpSocket,
    scratch: Scratch,
    undecodable: Undecodable,
    messages: PhantomData<fn(M) -> M>,
}

impl<M: Serialize + DeserializeOwned> Mailbox<M> {
    /// Binds a port of the calling process: `9`, `"0.0.0.0:9"`; port 0 takes a free one.
    ///
    /// # Errors
    /// As [`UdpSocket::bind`].
    ///
    /// # Panics
    /// Outside a process.
    pub async fn bind(address: impl Target) -> io::Result<Self> {
        Ok(Self::over(UdpSocket::bind(address).await?))
    }

    /// A mailbox over a socket that is bound already.
    pub fn over(socket: UdpSocket) -> Self {
        Self { socket, scratch: Scratch::default(), undecodable: Undecodable::default(), messages: PhantomData }
    }

    /// Sends one message. It never waits, so there is nothing to await; messages to nobody are lost.
    ///
    /// # Errors
    /// `NotFound` when the name is unknown, `InvalidInput` when the message cannot be encoded, `NotConnected` when the
    /// process has ended.
    pub fn send(&self, to: impl Target, message: &M) -> io::Result<()> {
        self.scratch.with(message, |bytes| self.socket.try_send_to(bytes, to)).map(drop)
    }

    /// Waits for the next message; gives it and who sent it. Cancel-safe.
    ///
    /// # Errors
    /// When the mailbox was closed with its process.
    pub async fn recv(&self) -> io::Result<(M, SocketAddr)> {
        loop {
            let (bytes, from) = self.socket.recv_datagram().await?;
            match decode(&bytes) {
                Some(message) => return Ok((message, from)),
                None => self.undecodable.count("mailbox", &bytes, from),
            }
        }
    }
}

impl<M> Mailbox<M> {
    /// The address at which others reach it.
    pub fn local_addr(&self) -> SocketAddr {
        self.socket.address()
    }

    /// How many datagrams arrived that were no `M`.
    pub fn undecodable(&self) -> u64 {
        self.undecodable.get()
    }
}

impl<M> fmt::Debug for Mailbox<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mailbox").field(&self.local_addr()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sim;
    use crate::net::{Verdict, decode, encode, rule};
    use crate::time::sleep;
    use std::time::Duration;

    /// `b` sends 100 numbers to `a`, which gives those that it got.
    fn numbers(sim: &mut Sim) -> crate::Process {
        let a = sim.primary("a", || async {
            let mailbox = Mailbox::<u64>::bind("0.0.0.0:9").await.unwrap();
            let mut got = vec![];
            while let Ok(received) = crate::time::timeout(Duration::from_secs(1), mailbox.recv()).await {
                got.push(received.unwrap().0);
            }
            got
        });
        sim.process("b", || async {
            let mailbox = Mailbox::<u64>::bind(0).await.unwrap();
            for n in 0..100 {
                mailbox.send("a:9", &n).unwrap();
                sleep(Duration::from_millis(1)).await;
            }
        });
        a
    }

    fn received(sim: &mut Sim, a: crate::Process) -> Vec<u64> {
        sim.run().output::<Vec<u64>>(a).unwrap().clone()
    }

    #[test]
    fn messages_arrive_and_a_bad_link_shows() {
        let mut sim = Sim::new(1);
        let a = numbers(&mut sim);
        assert_eq!(received(&mut sim, a), (0..100).collect::<Vec<_>>());

        let mut sim = Sim::new(1);
        let a = numbers(&mut sim);
        sim.links().loss(0.2).duplicate(0.2).reorder(0.2);
        let got = received(&mut sim, a);
        assert!((0..100).any(|n| !got.contains(&n)), "some are lost");
        assert!((0..100).any(|n| got.iter().filter(|g| **g == n).count() == 2), "some come twice");
        assert!(!got.is_sorted(), "some come late");
    }

    #[test]
    fn a_rule_reads_and_rewrites_what_a_message_says() {
        let mut sim = Sim::new(1);
        let a = numbers(&mut sim);
        rule(|packet| match decode::<u64>(packet.bytes) {
            Some(7) => Verdict::Drop,
            Some(8) => Verdict::Rewrite(encode(&800_u64).unwrap()),
            _ => Verdict::Pass,
        })
        .forever();
        let got = received(&mut sim, a);
        assert_eq!(got[6..9], [6, 800, 9]);
    }

    #[test]
    fn what_does_not_decode_is_counted_and_skipped() {
        let mut sim = Sim::with_config(crate::SimConfig { record: true, ..Default::default() });
        let a = sim.primary("a", || async {
            let mailbox = Mailbox::<(u32, String)>::bind(9).await.unwrap();
            let got = mailbox.recv().await.unwrap().0;
            (got, mailbox.undecodable())
        });
        sim.process("b", || async {
            let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
            socket.try_send_to(&[0xff; 3], "a:9").unwrap();
            socket.try_send_to(&encode(&(1_u32, "one", 0_u8)).unwrap(), "a:9").unwrap();
            socket.try_send_to(&encode(&(1_u32, "one")).unwrap(), "a:9").unwrap();
        });
        assert_eq!(sim.run().output(a), Some(&((1_u32, "one".to_string()), 2_u64)));
        let recording = sim.recording().unwrap();
        let notes = recording.iter().filter(|r| r.kind == crate::trace::Kind::Note).count();
        assert_eq!(notes, 2);
    }

    #[test]
    fn payloads_are_in_the_trace_hash() {
        let trace = |n: u64| {
            let mut sim = Sim::new(1);
            sim.process("b", || async {});
            sim.primary("a", move || async move { Mailbox::bind(0).await.unwrap().send("b:9", &n).unwrap() });
            sim.run().trace()
        };
        assert_eq!(trace(1), trace(1));
        assert_ne!(trace(1), trace(2));
    }

    #[test]
    fn a_port_of_its_own_is_reached_by_number() {
        let mut sim = Sim::new(1);
        let a = sim.primary("a", || async {
            let mailbox = Mailbox::<u8>::bind(9).await.unwrap();
            mailbox.send(9, &5).unwrap();
            mailbox.recv().await.unwrap().0
        });
        assert_eq!(sim.run().output::<u8>(a), Some(&5));
    }
}
