//! A client: writes values that nobody writes twice, reads, asks again until it is answered.

use std::time::Duration;

use tumult_sim::net::Mailbox;
use tumult_sim::process::{random_below, random_duration};
use tumult_sim::time::{self, sleep, timeout};
use tumult_sim::{Observed, Time};

use crate::cluster::NODES;
use crate::ledger::Ledger;
use crate::message::{Answer, PORT, Reply, Request, Versioned, What, Wire};

/// How many keys there are: few, so that clients meet.
const KEYS: u8 = 3;
/// How long a client waits before it asks another node.
const PATIENCE: Duration = Duration::from_millis(300);

/// One client of the group.
#[derive(Debug)]
pub(crate) struct Client {
    id: u64,
    mailbox: Mailbox<Wire>,
    ledger: Observed<Ledger>,
    number: u64,
    /// The node that is asked next.
    node: u64,
    /// It asks no more from then on.
    deadline: Time,
}

impl Client {
    /// Works until `quiet`, when the last fault is over; then everything has to succeed once more, by `deadline`.
    pub(crate) async fn run(id: u64, ledger: Observed<Ledger>, quiet: Time, deadline: Time) -> std::io::Result<()> {
        ledger.update(|l| l.starts_work(id));
        let mailbox = Mailbox::bind(0).await?;
        let mut client = Self { id, mailbox, ledger, number: 0, node: id % NODES + 1, deadline };
        while time::now() < quiet {
            let key = random_below(u64::from(KEYS)) as u8;
            if random_below(2) == 0 {
                client.write(key).await
            } else {
                client.read(key).await
            };
            sleep(random_duration(Duration::from_millis(10), Duration::from_millis(200))).await;
        }
        for key in 0..KEYS {
            if !(client.write(key).await && client.read(key).await) {
                return Ok(());
            }
        }
        client.ledger.update(|l| l.finishes_work(id));
        Ok(())
    }

    async fn write(&mut self, key: u8) -> bool {
        let value = self.id * 1_000_000 + self.number + 1;
        let Some(Answer::Written { index }) = self.ask(What::Write { key, value }).await else { return false };
        self.ledger.update(|l| l.acknowledges(key, Versioned { value, index }));
        true
    }

    async fn read(&mut self, key: u8) -> bool {
        // Any node can answer a read: those that do not lead ask the one that does.
        if random_below(2) == 0 {
            self.node = 1 + random_below(NODES);
        }
        let (began, floor) = (time::now(), self.ledger.read(|l| l.acknowledged(key)));
        let Some(Answer::Read(got)) = self.ask(What::Read { key }).await else { return false };
        self.ledger.update(|l| l.reads(self.id, key, floor, began, got));
        true
    }

    /// Asks one node after the other until one answers. A request that was asked twice is done once: it keeps its number.
    async fn ask(&mut self, what: What) -> Option<Answer> {
        self.number += 1;
        let request = Wire::Request(Request { client: self.id, number: self.number, what });
        while time::now() < self.deadline {
            if self.mailbox.send((format!("n{}", self.node).as_str(), PORT), &request).is_err() {
                return None;
            }
            match timeout(PATIENCE, self.answer()).await {
                Ok(Answer::NotLeader { leader: Some(leader) }) if leader != self.node => self.node = leader,
                Ok(Answer::NotLeader { .. }) => {
                    self.node = self.node % NODES + 1;
                    sleep(Duration::from_millis(50)).await;
                }
                Ok(answer) => return Some(answer),
                Err(_) => self.node = self.node % NODES + 1,
            }
        }
        None
    }

    /// The next answer to the request that is under way; those to earlier ones come late.
    async fn answer(&self) -> Answer {
        loop {
            match self.mailbox.recv().await {
                Ok((Wire::Reply(Reply { number, result }), _)) if number == self.number => return result,
                _ => {}
            }
        }
    }
}
