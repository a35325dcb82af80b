//! A cache beside a database: who misses reads the database and fills the cache, who writes the database empties it.

use serde::{Deserialize, Serialize};
use tumult_sim::net::Latency;
use tumult_sim::net::rpc::Server;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, call, connect, insist};
use crate::storm::{SLOW, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "cache_fill",
    what: "a cache is filled with what was read before the write that emptied it",
    invariant: "INV_720",
    roles: &["database", "cache", "reader", "writer"],
    cause: Cause { plan: "", processes: 4, operations: 2 },
    storm: Storm { kinds: &[SLOW], every_ms: 1_500, lasts_ms: (20, 100), horizon_ms: 4_000, spares: &[] },
    system,
};

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Ask {
    /// Gives what is there, and with what it may be filled if nothing is.
    Get,
    Fill {
        value: u64,
        permit: Option<u64>,
    },
    Empty,
}

/// What the database and the cache have.
#[derive(Default)]
struct Copies {
    stored: u64,
    cached: Option<u64>,
}

/// When nobody writes any more, the cache has what the database has, or nothing.
#[invariant(id = "INV_720")]
fn the_cache_is_fresh(copies: &Copies) -> Verdict {
    match copies.cached {
        Some(cached) if cached != copies.stored => violated!("{cached} is cached, and {} stored", copies.stored),
        _ => Verdict::Holds,
    }
}

fn system(sim: &mut Sim, fixed: bool) {
    let copies = sim.observe("copies", Copies::default());
    sim.at_end(INV_720, &copies);
    sim.links().latency(Latency::exponential_ms(0.5, 2.0));
    let (stored, cached) = (copies.clone(), copies);
    sim.process("database", move || database(stored.clone()));
    sim.process("cache", move || cache(cached.clone()));
    sim.primary("reader", move || reader(fixed));
    sim.primary("writer", writer);
}

async fn database(copies: Observed<Copies>) -> std::io::Result<()> {
    let mut value = 0;
    let server = Server::<Option<u64>, u64>::bind(PORT).await?;
    loop {
        let (write, reply) = server.next().await?;
        value = value.max(write.unwrap_or_default());
        copies.update(|copies| copies.stored = value);
        reply.send(&value)?;
    }
}

async fn cache(copies: Observed<Copies>) -> std::io::Result<()> {
    let (mut cached, mut emptied) = (None, 0);
    let server = Server::<Ask, (Option<u64>, u64)>::bind(PORT).await?;
    loop {
        let (ask, reply) = server.next().await?;
        match ask {
            Ask::Fill { value, permit } if permit.is_none_or(|permit| permit == emptied) => cached = Some(value),
            Ask::Get | Ask::Fill { .. } => {}
            Ask::Empty => (cached, emptied) = (None, emptied + 1),
        }
        copies.update(|copies| copies.cached = cached);
        reply.send(&(cached, emptied))?;
    }
}

async fn reader(asks_for_permits: bool) {
    let database = connect::<Option<u64>, u64>("database").await;
    let cache = connect::<Ask, (Option<u64>, u64)>("cache").await;
    let mut pace = Pace::start();
    for _ in 0..25 {
        pace.rest(5, 80).await;
        let Some((None, permit)) = call(&cache, &Ask::Get, 200).await else { continue };
        let Some(value) = call(&database, &None, 200).await else { continue };
        call(&cache, &Ask::Fill { value, permit: asks_for_permits.then_some(permit) }, 200).await;
    }
}

async fn writer() {
    let database = connect::<Option<u64>, u64>("database").await;
    let cache = connect::<Ask, (Option<u64>, u64)>("cache").await;
    let mut pace = Pace::start();
    for value in 1..=10 {
        pace.rest(10, 200).await;
        insist(&database, &Some(value), 200).await;
        insist(&cache, &Ask::Empty, 200).await;
    }
}
