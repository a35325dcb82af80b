//! Admission control: the store takes so many open jobs and says no to the next, at once and clearly.

use std::io;
use std::time::Duration;

use super::super::messages::StoreReply;
use super::super::store::Open;
use super::super::{Event, Refusal, Stamp};

impl Open<'_> {
    /// A job is submitted, to be done `within` so long, if its client says. A job that is known is not refused: it is in.
    pub(in super::super) async fn submit(
        &mut self,
        key: &str,
        payload: &[u8],
        within: Option<Duration>,
    ) -> io::Result<StoreReply> {
        let policy = &self.store.policy;
        let full = policy.guards.admission.is_some_and(|room| self.jobs.open() >= room);
        if full && self.jobs.by_key(key).is_none() {
            self.store.seen.backlog.update(|b| b.refuses("the store", true));
            return Ok(StoreReply::Refused(Refusal::Overloaded));
        }
        let (job, accepted) = self.jobs.submit(key, payload, Stamp::now());
        let within = within.filter(|_| accepted.is_some() && policy.guards.deadlines);
        let due = within.map(|within| Event::Due { job, by: self.time.now() + within });
        let transaction: Vec<Event> = accepted.into_iter().chain(due).collect();
        self.commit(&transaction).await?;
        Ok(StoreReply::Accepted(job))
    }
}
