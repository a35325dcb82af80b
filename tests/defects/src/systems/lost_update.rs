//! Two clients add to a counter in a store: each reads it, adds, and writes it back.
//!
//! The store can compare the version that was read with the one that it has, and the clients do not ask it to.

use serde::{Deserialize, Serialize};
use tumult_sim::net::rpc::Server;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, call, connect, ms};
use crate::storm::{NETWORK, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "lost_update",
    what: "a counter is read, incremented and written back without comparing versions",
    invariant: "INV_701",
    roles: &["store", "client"],
    cause: Cause { plan: "", processes: 3, operations: 2 },
    storm: Storm { kinds: &[NETWORK], every_ms: 1_000, lasts_ms: (50, 500), horizon_ms: 4_000, spares: &[] },
    system,
};

#[derive(Serialize, Deserialize)]
enum Ask {
    Read,
    Write { value: u64, if_version: Option<u64> },
}

/// The value, its version, and whether the request did what it asked for.
type Answer = (u64, u64, bool);

#[derive(Default)]
struct Counter {
    stored: u64,
    acknowledged: u64,
}

/// An increment that was acknowledged is in the counter.
#[invariant(id = "INV_701")]
fn increments_stay(counter: &Counter) -> Verdict {
    if counter.stored >= counter.acknowledged {
        return Verdict::Holds;
    }
    violated!("{} increments were acknowledged, and the counter is {}", counter.acknowledged, counter.stored)
}

fn system(sim: &mut Sim, fixed: bool) {
    let counter = sim.observe("counter", Counter::default());
    sim.at_end(INV_701, &counter);
    let seen = counter.clone();
    sim.process("store", move || store(seen.clone()));
    for name in ["client1", "client2"] {
        let counter = counter.clone();
        sim.primary(name, move || client(counter.clone(), fixed));
    }
}

async fn store(seen: Observed<Counter>) -> std::io::Result<()> {
    let (mut value, mut version) = (0, 0);
    let server = Server::<Ask, Answer>::bind(PORT).await?;
    loop {
        let (ask, reply) = server.next().await?;
        let mut done = true;
        if let Ask::Write { value: new, if_version } = ask {
            done = if_version.is_none_or(|expected| expected == version);
            if done {
                (value, version) = (new, version + 1);
                seen.update(|counter| counter.stored = value);
            }
        }
        reply.send(&(value, version, done))?;
    }
}

async fn client(counter: Observed<Counter>, fixed: bool) {
    let store = connect::<Ask, Answer>("store").await;
    let mut pace = Pace::start();
    for _ in 0..2 {
        pace.rest(1, 3_000).await;
        loop {
            let Some((value, version, _)) = call(&store, &Ask::Read, 50).await else { continue };
            let write = Ask::Write { value: value + 1, if_version: fixed.then_some(version) };
            if let Some((_, _, true)) = call(&store, &write, 50).await {
                break;
            }
            // Another was faster, or the answer was lost: then it may count twice, which is allowed.
            tumult_sim::time::sleep(ms(10)).await;
        }
        counter.update(|counter| counter.acknowledged += 1);
    }
}
