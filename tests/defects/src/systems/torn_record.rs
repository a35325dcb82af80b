//! A node keeps a record of three sectors in one place of its disk, and writes it anew when it changes.

use tumult_sim::disk::{self, DiskConfig, File};
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{Pace, ends_after, ms};
use crate::storm::{POWER, PROCESS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "torn_record",
    what: "a record of several sectors is written over the old one, and read back without a checksum",
    invariant: "INV_708",
    roles: &["node", "watch"],
    cause: Cause { plan: "f1 at 1.050s power-loss node for 100ms", processes: 1, operations: 1 },
    storm: Storm {
        kinds: &[POWER, PROCESS],
        every_ms: 900,
        lasts_ms: (20, 500),
        horizon_ms: 4_000,
        spares: &["watch"],
    },
    system,
};

const SECTOR: usize = 512;
const RECORD: usize = 3 * SECTOR;

/// What was read back that was never written.
#[derive(Default)]
struct ReadBack(Option<Vec<u8>>);

/// What is read back is what was written, in full.
#[invariant(id = "INV_708")]
fn records_are_whole(back: &ReadBack) -> Verdict {
    back.0.as_ref().map_or(Verdict::Holds, |sectors| violated!("a record of the versions {sectors:?}"))
}

fn system(sim: &mut Sim, fixed: bool) {
    let back = sim.observe("read back", ReadBack::default());
    sim.always(INV_708, &back);
    let node = sim.process("node", move || node(back.clone(), fixed));
    sim.disk(node, DiskConfig::default().sync(ms(1)..ms(3)));
    ends_after(sim, 4_500);
}

/// A record of this version: all of its bytes say so, but for the checksum at the end.
fn record(version: u8) -> Vec<u8> {
    let mut bytes = vec![version; RECORD];
    let sum = checksum(&bytes);
    bytes[RECORD - 4..].copy_from_slice(&sum);
    bytes
}

/// Fletcher's, over all but the last four bytes.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    let (a, b) = bytes[..RECORD - 4].iter().fold((1_u32, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    ((b << 16) | a).to_le_bytes()
}

async fn node(back: Observed<ReadBack>, two_slots: bool) -> std::io::Result<()> {
    let file = File::options().read(true).write(true).create(true).open("/record").await?;
    disk::sync_dir("/").await?;
    let stored = disk::read("/record").await?;
    let mut version = 0;
    for slot in stored.chunks_exact(RECORD) {
        if two_slots && slot[RECORD - 4..] != checksum(slot) {
            continue;
        }
        let sectors: Vec<u8> = slot.chunks_exact(SECTOR).map(|sector| sector[0]).collect();
        if sectors.iter().any(|s| *s != sectors[0]) {
            back.update(|back| back.0 = Some(sectors.clone()));
        }
        version = version.max(sectors[0]);
    }
    let mut pace = Pace::start();
    loop {
        version += 1;
        // The slot of the version before this one stays as it is.
        let slot = if two_slots { u64::from(version % 2) } else { 0 };
        file.write_all_at(&record(version), slot * RECORD as u64).await?;
        file.sync_data().await?;
        pace.rest(100, 400).await;
    }
}
