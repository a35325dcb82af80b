//! Three clients take slots from a list and put them back: the head is changed if it is still what it was.
//!
//! It may be what it was though others have come and gone in between, and the slot behind it is taken.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tumult_sim::net::Latency;
use tumult_sim::net::rpc::Server;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, call, connect, rest};
use crate::storm::{LINKS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "aba_free_list",
    what: "the head of a free list is compared by its value, which others have taken and put back",
    invariant: "INV_706",
    roles: &["list", "client"],
    cause: Cause { plan: "", processes: 4, operations: 4 },
    storm: Storm { kinds: &[LINKS], every_ms: 1_000, lasts_ms: (20, 200), horizon_ms: 1_500, spares: &[] },
    system,
};

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Ask {
    Head,
    Take { head: usize, next: Option<usize>, version: Option<u64> },
    Put(usize),
}

#[derive(Serialize, Deserialize)]
struct Answer {
    head: Option<usize>,
    next: Option<usize>,
    version: u64,
    done: bool,
}

#[derive(Default)]
struct Slots {
    held: BTreeSet<usize>,
    twice: Option<usize>,
}

/// A slot has one holder.
#[invariant(id = "INV_706")]
fn one_holder_a_slot(slots: &Slots) -> Verdict {
    slots.twice.map_or(Verdict::Holds, |slot| violated!("slot {slot} was taken while it was held"))
}

fn system(sim: &mut Sim, fixed: bool) {
    let slots = sim.observe("slots", Slots::default());
    sim.always(INV_706, &slots);
    sim.links().latency(Latency::exponential_ms(0.5, 4.0));
    sim.process("list", list);
    for name in ["client1", "client2", "client3"] {
        let slots = slots.clone();
        sim.primary(name, move || client(slots.clone(), fixed));
    }
}

async fn list() -> std::io::Result<()> {
    let (mut head, mut version, mut next) = (Some(0), 0, [Some(1), Some(2), Some(3), None]);
    let server = Server::<Ask, Answer>::bind(PORT).await?;
    loop {
        let (ask, reply) = server.next().await?;
        let mut done = true;
        match ask {
            Ask::Head => {}
            Ask::Take { head: old, next: new, version: expected } => {
                done = head == Some(old) && expected.is_none_or(|expected| expected == version);
                if done {
                    (head, version) = (new, version + 1);
                }
            }
            Ask::Put(slot) => {
                next[slot] = head;
                (head, version) = (Some(slot), version + 1);
            }
        }
        reply.send(&Answer { head, next: head.and_then(|head| next[head]), version, done })?;
    }
}

async fn client(slots: Observed<Slots>, by_version: bool) {
    let list = connect::<Ask, Answer>("list").await;
    let mut pace = Pace::start();
    for _ in 0..6 {
        pace.rest(1, 30).await;
        // A request whose answer is lost may have been done: a slot is lost then, which is allowed.
        let Some(Answer { head: Some(head), next, version, .. }) = call(&list, &Ask::Head, 100).await else { continue };
        let take = Ask::Take { head, next, version: by_version.then_some(version) };
        let Some(Answer { done: true, .. }) = call(&list, &take, 100).await else { continue };
        slots.update(|slots| {
            if !slots.held.insert(head) {
                slots.twice = Some(head);
            }
        });
        rest(1, 5).await;
        slots.update(|slots| {
            slots.held.remove(&head);
        });
        call(&list, &Ask::Put(head), 100).await;
    }
}
