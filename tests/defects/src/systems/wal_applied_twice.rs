//! A counter on a disk: additions go into a log, and now and then into a checkpoint, after which the log begins anew.

use tumult_sim::disk::{self, File};
use tumult_sim::net::rpc::Server;
use tumult_sim::net::{decode, encode};
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, call, connect};
use crate::storm::{POWER, PROCESS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "wal_applied_twice",
    what: "a log is applied to the checkpoint that has it already, when a crash comes before the log is emptied",
    invariant: "INV_725",
    roles: &["counter", "client"],
    cause: Cause { plan: "f1 at 1s kill counter for 50ms", processes: 2, operations: 5 },
    storm: Storm {
        kinds: &[POWER, PROCESS],
        every_ms: 900,
        lasts_ms: (20, 300),
        horizon_ms: 4_000,
        spares: &["client"],
    },
    system,
};

const CHECKPOINT_EVERY: u64 = 12;

/// The sum, and how many additions are in it.
type Checkpoint = (u64, u64);

/// What was added, and what the counter says.
#[derive(Default)]
struct Sums {
    added: u64,
    counted: u64,
}

/// No addition is counted twice.
#[invariant(id = "INV_725")]
fn counted_once(sums: &Sums) -> Verdict {
    if sums.counted <= sums.added {
        Verdict::Holds
    } else {
        violated!("{} was added, {} counted", sums.added, sums.counted)
    }
}

fn system(sim: &mut Sim, fixed: bool) {
    let sums = sim.observe("sums", Sums::default());
    sim.always(INV_725, &sums);
    sim.process("counter", move || counter(sums.clone(), fixed));
    sim.primary("client", async || {
        let counter = connect::<u64, u64>("counter").await;
        let mut pace = Pace::start();
        for _ in 0..45 {
            pace.rest(10, 160).await;
            call(&counter, &3, 50).await;
        }
    });
}

/// Writes a file of this content in place of the old one.
async fn replace(path: &str, content: &[u8]) -> std::io::Result<()> {
    let new = format!("{path}.new");
    let mut file = File::create(&new).await?;
    file.write_all(content).await?;
    file.sync_all().await?;
    disk::rename(&new, path).await?;
    disk::sync_dir("/").await
}

/// Appends an addition and its number: a sector each, so that none tears.
async fn append(number: u64, add: u64, at: u64) -> std::io::Result<()> {
    let file = File::options().write(true).create(true).open("/log").await?;
    let mut entry = encode(&(number, add))?;
    entry.resize(512, 0);
    file.write_all_at(&entry, at * 512).await?;
    file.sync_all().await?;
    disk::sync_dir("/").await
}

async fn counter(sums: Observed<Sums>, by_number: bool) -> std::io::Result<()> {
    let read = disk::read("/checkpoint").await.unwrap_or_default();
    let (mut sum, mut number): Checkpoint = decode(&read).unwrap_or_default();
    let log = disk::read("/log").await.unwrap_or_default();
    let entries = log.chunks_exact(512).map(|entry| {
        // The encoding of two numbers ends where it ends; what is behind it is filling.
        let length = (1..=20).find(|length| decode::<(u64, u64)>(&entry[..*length]).is_some());
        length.and_then(|length| decode::<(u64, u64)>(&entry[..length])).unwrap_or_default()
    });
    for (entry, add) in entries.filter(|(entry, _)| *entry > 0) {
        if !by_number || entry > number {
            (sum, number) = (sum + add, number.max(entry));
        }
    }
    sums.update(|sums| sums.counted = sum);
    let mut in_log = (log.len() / 512) as u64;
    let server = Server::<u64, u64>::bind(PORT).await?;
    loop {
        let (add, reply) = server.next().await?;
        number += 1;
        sums.update(|sums| sums.added += add);
        append(number, add, in_log).await?;
        (sum, in_log) = (sum + add, in_log + 1);
        sums.update(|sums| sums.counted = sum);
        reply.send(&sum)?;
        if in_log >= CHECKPOINT_EVERY {
            replace("/checkpoint", &encode(&(sum, number))?).await?;
            replace("/log", &[]).await?;
            in_log = 0;
        }
    }
}
