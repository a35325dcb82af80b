//! The queue's inbox: requests that have arrived and are not served yet. It has a lane for work and may have one for
//! control, which is served first; each has so much room, and what does not fit is refused.

use std::cell::RefCell;
use std::collections::VecDeque;

use tumult_sim::net::rpc::Reply;
use tumult_sim::time::now;

use super::super::bell::Bell;
use super::super::messages::{QueueReply, QueueRequest};
use super::super::{Observers, Policy, Refusal};
use super::Control;

/// A request, and where its answer goes.
pub(in super::super) type Asked = (QueueRequest, Reply<QueueReply>);

pub(in super::super) struct Inbox {
    room: Option<usize>,
    lanes: bool,
    work: RefCell<VecDeque<Asked>>,
    control: RefCell<VecDeque<Asked>>,
    bell: Bell,
    seen: Observers,
}

impl Inbox {
    /// An inbox, if the queue needs one: where requests cost nothing, none ever waits.
    pub(in super::super) fn of(policy: &Policy, seen: &Observers) -> Option<Self> {
        let guards = &policy.guards;
        (!policy.surroundings.queue_cost.is_zero()).then(|| Self {
            room: guards.inbox,
            lanes: guards.control == Control::Priority,
            work: RefCell::default(),
            control: RefCell::default(),
            bell: Bell::default(),
            seen: seen.clone(),
        })
    }

    /// A request has arrived.
    pub(in super::super) fn takes(&self, (request, reply): Asked) {
        self.seen.arrives(&request);
        let lane = if self.lanes && request.control().is_some() { &self.control } else { &self.work };
        if self.room.is_some_and(|room| lane.borrow().len() >= room) {
            let told = reply.send(&QueueReply::Refused(Refusal::Overloaded)).is_ok();
            return self.seen.backlog.update(|b| b.refuses("the inbox", told));
        }
        lane.borrow_mut().push_back((request, reply));
        let items = self.work.borrow().len() + self.control.borrow().len();
        let bytes = items * size_of::<Asked>();
        self.seen.backlog.update(|b| b.holds("the inbox", items, bytes));
        self.bell.ring();
    }

    /// The next request to be served.
    pub(in super::super) async fn next(&self) -> Asked {
        loop {
            let first = self.control.borrow_mut().pop_front();
            let first = first.or_else(|| self.work.borrow_mut().pop_front());
            match first {
                Some(asked) => return asked,
                None => self.bell.heard().await,
            }
        }
    }
}

impl Observers {
    /// A request has arrived. Of those that cannot wait anywhere nothing is told.
    pub(in super::super) fn arrives(&self, request: &QueueRequest) {
        if let Some(sender) = request.control() {
            self.control.update(|c| c.arrives(&sender, now()));
        }
    }

    /// A request that has arrived is served.
    pub(in super::super) fn serves(&self, request: &QueueRequest) {
        if let Some(sender) = request.control() {
            self.control.update(|c| c.serves(&sender, now()));
        }
    }
}

impl QueueRequest {
    /// Whether it is control traffic: who sent what.
    pub(in super::super) fn control(&self) -> Option<String> {
        match self {
            Self::Heartbeat { worker } => Some(format!("{worker} (heartbeat)")),
            Self::Lease { worker } => Some(format!("{worker} (lease)")),
            _ => None,
        }
    }
}
