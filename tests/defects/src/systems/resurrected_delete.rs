//! Three replicas of one key; who reads brings those up to date that are behind, and what is deleted leaves a mark.
//!
//! Marks are thrown away after a time in which everyone should have seen them.

use serde::{Deserialize, Serialize};
use tumult_sim::net::rpc::Server;
use tumult_sim::time::{Instant, sleep};
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, call, call_all, connect_all, ms};
use crate::storm::{CUTS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "resurrected_delete",
    what: "the mark of a deletion is thrown away before all replicas have seen it, and a repair brings the value back",
    invariant: "INV_719",
    roles: &["replica", "client"],
    cause: Cause { plan: "f1 at 1s isolate replica3 for 3s", processes: 4, operations: 3 },
    storm: Storm { kinds: &[CUTS], every_ms: 1_500, lasts_ms: (100, 3_000), horizon_ms: 5_000, spares: &[] },
    system,
};

const REPLICAS: [&str; 3] = ["replica1", "replica2", "replica3"];
/// How long a mark is kept.
const GRACE_MS: u64 = 800;

/// A value with its version; without a value it is the mark of a deletion.
type Cell = Option<(u64, Option<u32>)>;

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Ask {
    Read,
    Write(u64, Option<u32>),
    /// All have seen the mark of that version.
    Forget(u64),
}

/// The newest version that was deleted for sure, and an older one that was read.
#[derive(Default)]
struct Deleted {
    version: u64,
    back: Option<u64>,
}

/// What was deleted is not read again.
#[invariant(id = "INV_719")]
fn deleted_stays_deleted(deleted: &Deleted) -> Verdict {
    deleted
        .back
        .map_or(Verdict::Holds, |v| violated!("version {v} was read after version {} was deleted", deleted.version))
}

fn system(sim: &mut Sim, fixed: bool) {
    let deleted = sim.observe("deleted", Deleted::default());
    sim.always(INV_719, &deleted);
    for name in REPLICAS {
        sim.process(name, move || replica(!fixed));
    }
    sim.primary("client", move || client(deleted.clone(), fixed));
}

async fn replica(forgets_in_time: bool) -> std::io::Result<()> {
    let (mut cell, mut since): (Cell, Instant) = (None, Instant::now());
    let server = Server::<Ask, Cell>::bind(PORT).await?;
    loop {
        let (ask, reply) = server.next().await?;
        if forgets_in_time && matches!(cell, Some((_, None))) && since.elapsed() > ms(GRACE_MS) {
            cell = None;
        }
        match ask {
            Ask::Write(version, value) if cell.is_none_or(|(mine, _)| mine < version) => {
                (cell, since) = (Some((version, value)), Instant::now());
            }
            Ask::Forget(version) if cell == Some((version, None)) => cell = None,
            _ => {}
        }
        reply.send(&cell)?;
    }
}

async fn client(deleted: Observed<Deleted>, forgets_when_all_know: bool) {
    let replicas = connect_all::<Ask, Cell>(&REPLICAS).await;
    let (mut version, mut seen_by_all) = (0, true);
    let mut pace = Pace::start();
    for round in 0..12 {
        pace.rest(100, 700).await;
        match round % 4 {
            0 if seen_by_all => {
                version += 1;
                call_all(&replicas, &Ask::Write(version, Some(7)), 50).await;
            }
            1 if seen_by_all => {
                version += 1;
                if call_all(&replicas, &Ask::Write(version, None), 50).await.len() >= 2 {
                    deleted.update(|deleted| deleted.version = version);
                }
                seen_by_all = !forgets_when_all_know;
            }
            _ => {}
        }
        if !seen_by_all {
            // The mark goes to everyone, until everyone has it.
            seen_by_all = call_all(&replicas, &Ask::Write(version, None), 50).await.len() == REPLICAS.len();
            if seen_by_all {
                call_all(&replicas, &Ask::Forget(version), 50).await;
            }
        }
        sleep(ms(20)).await;
        let cells = call_all(&replicas, &Ask::Read, 50).await;
        let Some(newest) = cells.iter().filter_map(|(_, cell)| *cell).max().filter(|_| cells.len() >= 2) else {
            continue;
        };
        for (at, _) in cells.iter().filter(|(_, cell)| *cell != Some(newest)) {
            call(&replicas[*at], &Ask::Write(newest.0, newest.1), 50).await;
        }
        deleted.update(|deleted| deleted.back = Some(newest.0).filter(|v| newest.1.is_some() && *v < deleted.version));
    }
}
