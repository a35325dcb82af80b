//! The network of a simulation: its links, and rules on its packets.

use std::rc::Rc;

use super::links::Which;
use super::{LinkSetter, Process, Sim};
use crate::net::{PacketView, Verdict, make_rule};

impl Sim {
    /// The two links between `a` and `b`, to be set.
    pub fn link(&mut self, a: Process, b: Process) -> LinkSetter<'_> {
        LinkSetter::new(&self.run, Which::Pairs(vec![(a, b), (b, a)]))
    }

    /// The link from `from` to `to`, to be set: a route may be slower, or worse, on the way back.
    pub fn link_one_way(&mut self, from: Process, to: Process) -> LinkSetter<'_> {
        LinkSetter::new(&self.run, Which::Pairs(vec![(from, to)]))
    }

    /// All links that are not set on their own.
    pub fn links(&mut self) -> LinkSetter<'_> {
        LinkSetter::new(&self.run, Which::All)
    }

    /// Sets how TCP behaves on all machines, from now on.
    pub fn tcp(&mut self, config: crate::net::TcpConfig) {
        self.run.world.borrow_mut().net.tcp.config = config;
    }

    /// Sets how datagrams behave on all machines, from now on.
    pub fn udp(&mut self, config: crate::net::UdpConfig) {
        self.run.world.borrow_mut().net.udp = config;
    }

    /// A rule on packets that is not asked until a fault wants it: [`Fault::rule`](crate::fault::Fault::rule), or
    /// `rule` and this name in the text of a plan. It is asked while at least one such fault is in force, in its place
    /// among all rules, and what it counts it counts from its first packet on.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tumult_sim::{Sim, fault::Fault, net::{self, Mailbox}};
    /// # use serde::{Deserialize, Serialize};
    /// #[derive(Serialize, Deserialize)]
    /// enum Message { Vote(u64), Ack(u64) }
    ///
    /// let mut sim = Sim::new(1);
    /// sim.rule("drop third ack", net::packets().to_port(9).decoded(|m: &Message| matches!(m, Message::Ack(_))).nth(3).drop());
    /// sim.fault(Fault::rule("drop third ack").at(Duration::ZERO));
    /// # let server = sim.primary("server", || async {
    /// #     let mut inbox = Mailbox::bind(9).await.unwrap();
    /// #     let mut acks = vec![];
    /// #     while acks.len() < 4 {
    /// #         if let (Message::Ack(n), _) = inbox.recv().await.unwrap() { acks.push(n); }
    /// #     }
    /// #     acks
    /// # });
    /// # sim.process("client", || async {
    /// #     let outbox = Mailbox::bind(0).await.unwrap();
    /// #     for n in 1..=5 {
    /// #         outbox.send("server:9", &Message::Vote(n)).unwrap();
    /// #         outbox.send("server:9", &Message::Ack(n)).unwrap();
    /// #     }
    /// # });
    /// # assert_eq!(sim.run().output::<Vec<u64>>(server).unwrap(), &[1, 2, 4, 5]);
    /// ```
    ///
    /// # Panics
    /// When another rule has the name, or none is given.
    #[track_caller]
    pub fn rule(&mut self, name: &str, rule: impl Fn(&PacketView<'_>) -> Verdict + 'static) {
        assert!(!name.is_empty(), "failed to declare a rule: it has no name; write the one that plans use");
        let declared = self.run.world.borrow_mut().net.rules.declare(name);
        let Some(id) = declared else {
            panic!("failed to declare the rule `{name}`: another one has that name; give each its own");
        };
        make_rule(&self.run, Some(id), Rc::new(rule));
    }
}
