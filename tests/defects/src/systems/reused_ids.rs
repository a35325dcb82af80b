//! A server gives out numbers by blocks: the end of the block is on its disk, so that the next life begins behind it.

use std::collections::BTreeSet;

use tumult_sim::disk;
use tumult_sim::net::rpc::Server;
use tumult_sim::task::spawn;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, call, connect};
use crate::storm::{PROCESS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "reused_ids",
    what: "numbers of a new block are given out while its end is still being written",
    invariant: "INV_724",
    roles: &["numbers", "client"],
    cause: Cause { plan: "f1 at 1s kill numbers for 50ms", processes: 2, operations: 2 },
    storm: Storm { kinds: &[PROCESS], every_ms: 700, lasts_ms: (20, 300), horizon_ms: 4_000, spares: &["client"] },
    system,
};

const BLOCK: u64 = 8;

#[derive(Default)]
struct Given {
    numbers: BTreeSet<u64>,
    twice: Option<u64>,
}

/// A number is given out once.
#[invariant(id = "INV_724")]
fn numbers_are_unique(given: &Given) -> Verdict {
    given.twice.map_or(Verdict::Holds, |number| violated!("{number} was given out twice"))
}

fn system(sim: &mut Sim, fixed: bool) {
    let given = sim.observe("given", Given::default());
    sim.always(INV_724, &given);
    let server = sim.process("numbers", move || numbers(given.clone(), fixed));
    sim.disk(
        server,
        disk::DiskConfig::default().sync(std::time::Duration::from_millis(3)..std::time::Duration::from_millis(9)),
    );
    sim.primary("client", async || {
        let numbers = connect::<(), u64>("numbers").await;
        let mut pace = Pace::start();
        for _ in 0..60 {
            pace.rest(1, 120).await;
            call(&numbers, &(), 50).await;
        }
    });
}

/// Makes it durable that all numbers below are used.
async fn reserve(end: u64) -> std::io::Result<()> {
    let mut file = disk::File::create("/end.new").await?;
    file.write_all(end.to_string().as_bytes()).await?;
    file.sync_all().await?;
    disk::rename("/end.new", "/end").await?;
    disk::sync_dir("/").await
}

async fn numbers(given: Observed<Given>, reserves_first: bool) -> std::io::Result<()> {
    let end = disk::read_to_string("/end").await.unwrap_or_default();
    let mut next: u64 = end.parse().unwrap_or_default();
    let mut end = next;
    let server = Server::<(), u64>::bind(PORT).await?;
    loop {
        let ((), reply) = server.next().await?;
        if next == end {
            end += BLOCK;
            let reserved = spawn(reserve(end));
            if reserves_first {
                reserved.await.map_err(std::io::Error::other)??;
            }
        }
        given.update(|given| {
            if !given.numbers.insert(next) {
                given.twice = Some(next);
            }
        });
        reply.send(&next)?;
        next += 1;
    }
}
