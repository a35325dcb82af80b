//! A follower applies the entries of a leader's log; when it is far behind, it gets a snapshot instead.
//!
//! While the snapshot is being written to its disk, entries go on coming, and then the snapshot takes their place.

use std::cell::RefCell;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tumult_sim::disk;
use tumult_sim::net::rpc::Server;
use tumult_sim::task::spawn;
use tumult_sim::time::sleep;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, call, connect, ends_after, ms, rest};
use crate::storm::{LINKS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "snapshot_over_log",
    what: "a snapshot that is ready replaces entries that were applied while it was being written",
    invariant: "INV_721",
    roles: &["leader", "follower", "watch"],
    cause: Cause { plan: "f1 at 1s cut leader -> follower for 1s", processes: 2, operations: 6 },
    storm: Storm { kinds: &[LINKS], every_ms: 1_200, lasts_ms: (50, 900), horizon_ms: 4_000, spares: &["watch"] },
    system,
};

/// So many entries the leader keeps.
const KEPT: u64 = 4;

/// What a follower is sent, and answers with how many entries it has.
#[derive(Serialize, Deserialize)]
enum Ask {
    Entry { number: u64, adds: u64 },
    Snapshot { entries: u64, sum: u64 },
}

/// By number of entries: what they add up to.
#[derive(Default)]
struct Sums {
    right: Vec<u64>,
    wrong: Option<(u64, u64)>,
}

/// A follower that has applied n entries has their sum.
#[invariant(id = "INV_721")]
fn followers_agree(sums: &Sums) -> Verdict {
    match sums.wrong {
        None => Verdict::Holds,
        Some((entries, sum)) => violated!("{entries} entries add up to {sum}, not {}", sums.right[entries as usize]),
    }
}

fn system(sim: &mut Sim, fixed: bool) {
    let sums = sim.observe("sums", Sums { right: vec![0], wrong: None });
    sim.always(INV_721, &sums);
    let right = sums.clone();
    sim.process("leader", move || leader(right.clone()));
    let follower = sim.process("follower", move || follower(sums.clone(), fixed));
    sim.disk(follower, disk::DiskConfig::default().sync(ms(1)..ms(12)));
    ends_after(sim, 5_000);
}

async fn leader(sums: Observed<Sums>) -> std::io::Result<()> {
    let log = Rc::new(RefCell::new(vec![]));
    let writes = Rc::clone(&log);
    spawn(async move {
        for n in 1.. {
            rest(40, 240).await;
            writes.borrow_mut().push(n * n);
            sums.update(|sums| sums.right.push(sums.right.last().unwrap_or(&0) + n * n));
        }
    });
    let follower = connect::<Ask, u64>("follower").await;
    let (mut has, mut snapshot_sent) = (0, 0);
    loop {
        let there = log.borrow().len() as u64;
        // What is on its way in a snapshot need not be sent.
        let next = has.max(snapshot_sent);
        let ask = match next {
            next if next == there => {
                sleep(ms(10)).await;
                continue;
            }
            next if there - next > KEPT => Ask::Snapshot { entries: there, sum: log.borrow().iter().sum() },
            next => Ask::Entry { number: next, adds: log.borrow()[next as usize] },
        };
        let answer = call(&follower, &ask, 60).await;
        match (&ask, answer) {
            (Ask::Snapshot { entries, .. }, Some(_)) => snapshot_sent = *entries,
            (Ask::Entry { .. }, Some(now)) if now >= has => (has, snapshot_sent) = (now, snapshot_sent.min(now)),
            _ => {}
        }
    }
}

async fn follower(sums: Observed<Sums>, keeps_newer: bool) -> std::io::Result<()> {
    // How many entries were applied, and what they add up to.
    let state = Rc::new(RefCell::new((0, 0)));
    let server = Server::<Ask, u64>::bind(PORT).await?;
    loop {
        let (ask, reply) = server.next().await?;
        match ask {
            Ask::Entry { number, adds } => {
                let (applied, sum) = *state.borrow();
                if number == applied {
                    state.replace((applied + 1, sum + adds));
                }
            }
            Ask::Snapshot { entries, sum } => {
                let state = Rc::clone(&state);
                spawn(async move {
                    let mut file = disk::File::create("/snapshot").await?;
                    file.write_all(&sum.to_le_bytes()).await?;
                    file.sync_all().await?;
                    let applied = state.borrow().0;
                    if !keeps_newer || entries > applied {
                        state.replace((applied.max(entries), sum));
                    }
                    Ok::<(), std::io::Error>(())
                });
            }
        }
        let (entries, sum) = *state.borrow();
        sums.update(|sums| sums.wrong = Some((entries, sum)).filter(|_| sums.right[entries as usize] != sum));
        reply.send(&entries)?;
    }
}
