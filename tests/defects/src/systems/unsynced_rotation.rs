//! A log in segments: each record is synced before it is acknowledged, in the segment that is open then.
//!
//! The record that fills a segment opens the next one, so what is synced is not where it was written.

use serde::{Deserialize, Serialize};
use tumult_sim::disk::{self, File};
use tumult_sim::net::rpc::Server;
use tumult_sim::task::spawn;
use tumult_sim::time::sleep;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, call, connect, ms};
use crate::storm::{POWER, PROCESS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "unsynced_rotation",
    what: "the last record of a segment is acknowledged when the next segment was synced",
    invariant: "INV_709",
    roles: &["log", "client"],
    cause: Cause { plan: "f1 at 1s power-loss log for 100ms", processes: 2, operations: 1 },
    storm: Storm {
        kinds: &[POWER, PROCESS],
        every_ms: 1_500,
        lasts_ms: (20, 500),
        horizon_ms: 4_000,
        spares: &["client"],
    },
    system,
};

/// A record has a sector of its own, so that no other's sync helps it.
const RECORD: usize = 512;
const RECORDS_A_SEGMENT: u64 = 5;

/// What the log has acknowledged, and what it had when it was opened.
#[derive(Default)]
struct Records {
    acknowledged: u64,
    missing: Option<u64>,
}

/// A record that was acknowledged is there.
#[invariant(id = "INV_709")]
fn acknowledged_is_durable(records: &Records) -> Verdict {
    records.missing.map_or(Verdict::Holds, |n| violated!("record {n} of {} is gone", records.acknowledged))
}

#[derive(Serialize, Deserialize)]
struct Append;

fn system(sim: &mut Sim, fixed: bool) {
    let records = sim.observe("records", Records::default());
    sim.always(INV_709, &records);
    sim.process("log", move || log(records.clone(), fixed));
    sim.primary("client", async || {
        let log = connect::<Append, u64>("log").await;
        let mut pace = Pace::start();
        for _ in 0..24 {
            pace.rest(50, 250).await;
            call(&log, &Append, 50).await;
        }
    });
}

fn path(segment: u64) -> String {
    format!("/{segment}")
}

async fn open(segment: u64) -> std::io::Result<File> {
    let file = File::options().read(true).write(true).create(true).open(path(segment)).await?;
    disk::sync_dir("/").await?;
    Ok(file)
}

/// How many records there are, up to the first that is missing.
async fn recover() -> std::io::Result<u64> {
    for segment in 0.. {
        if !disk::try_exists(path(segment)).await? {
            return Ok(segment * RECORDS_A_SEGMENT);
        }
        // What a life before this one wrote and did not sync can be read, and is not durable yet.
        File::options().write(true).open(path(segment)).await?.sync_all().await?;
        let bytes = disk::read(path(segment)).await?;
        let there = bytes.chunks_exact(RECORD).take_while(|record| record[0] == 1).count() as u64;
        if there < RECORDS_A_SEGMENT {
            return Ok(segment * RECORDS_A_SEGMENT + there);
        }
    }
    unreachable!("no disk has all segments")
}

async fn log(records: Observed<Records>, syncs_where_it_wrote: bool) -> std::io::Result<()> {
    let mut next = recover().await?;
    records.update(|records| records.missing = (next < records.acknowledged).then_some(next));
    let mut file = open(next / RECORDS_A_SEGMENT).await?;
    let server = Server::<Append, u64>::bind(PORT).await?;
    loop {
        let (Append, reply) = server.next().await?;
        file.write_all_at(&[1; RECORD], next % RECORDS_A_SEGMENT * RECORD as u64).await?;
        next += 1;
        if syncs_where_it_wrote {
            file.sync_data().await?;
        }
        if next.is_multiple_of(RECORDS_A_SEGMENT) {
            let full = std::mem::replace(&mut file, open(next / RECORDS_A_SEGMENT).await?);
            // Full segments are made durable in the background, to be archived.
            spawn(async move {
                sleep(ms(40)).await;
                full.sync_all().await.ok();
            });
        }
        file.sync_data().await?;
        records.update(|records| records.acknowledged = next);
        reply.send(&next)?;
    }
}
