//! What the store sends to its replicas: every operation, once it is durable.

use std::io;

use tumult_sim::net::Mailbox;

use super::Event;
use super::messages::{Operation, PORT};
use super::replica::BATCH;

/// All operations, and to whom they are sent. Without replicas it keeps none.
pub(super) struct Shipping {
    mailbox: Mailbox<Operation>,
    replicas: Vec<String>,
    operations: Vec<Event>,
}

impl Shipping {
    /// For replicas of these names.
    pub(super) async fn start(replicas: &[String]) -> io::Result<Self> {
        let replicas = replicas.iter().map(|name| format!("{name}:{PORT}")).collect();
        Ok(Self { mailbox: Mailbox::bind(0).await?, replicas, operations: vec![] })
    }

    /// The log was read, and holds these.
    pub(super) fn recovers(&mut self, operations: Vec<Event>) -> &mut Self {
        self.operations = operations;
        self
    }

    /// An operation is durable.
    pub(super) fn ships(&mut self, event: &Event) -> io::Result<()> {
        let operation = Operation { number: self.operations.len() as u64, event: event.clone() };
        for replica in &self.replicas {
            self.mailbox.send(replica.as_str(), &operation)?;
        }
        self.operations.push(operation.event);
        Ok(())
    }

    /// Some of those from this number on.
    pub(super) fn from(&self, number: u64) -> Vec<Event> {
        let skip = usize::try_from(number).unwrap_or(usize::MAX);
        self.operations.iter().skip(skip).take(BATCH).cloned().collect()
    }
}
