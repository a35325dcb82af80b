//! The holder of a lease looks whether it still has it, makes a write ready, and sends it to the store.
//!
//! A pause between the look and the write is as long as it likes, and another has the lease then.

use serde::{Deserialize, Serialize};
use tumult_sim::net::rpc::Server;
use tumult_sim::time::{Instant, sleep};
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, call, connect, ends_after, ms};
use crate::storm::{LINKS, PAUSE, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "paused_leader",
    what: "a lease is looked at before a write is made ready, and the store does not ask for it",
    invariant: "INV_722",
    roles: &["locks", "store", "leader", "watch"],
    cause: Cause { plan: "f1 at 963ms pause leader1 for 1.200s", processes: 4, operations: 2 },
    storm: Storm {
        kinds: &[PAUSE, LINKS],
        every_ms: 900,
        lasts_ms: (50, 1_500),
        horizon_ms: 5_000,
        spares: &["locks", "store", "watch"],
    },
    system,
};

const LEASE_MS: u64 = 600;

#[derive(Serialize, Deserialize)]
struct Write {
    token: u64,
}

/// The newest lease by which something was written, and an older one that came later.
#[derive(Default)]
struct Written {
    newest: u64,
    late: Option<u64>,
}

/// When something was written by a later lease, nothing is written by an earlier one.
#[invariant(id = "INV_722")]
fn writes_are_in_order(written: &Written) -> Verdict {
    written.late.map_or(Verdict::Holds, |token| violated!("lease {token} wrote after lease {}", written.newest))
}

fn system(sim: &mut Sim, fixed: bool) {
    let written = sim.observe("written", Written::default());
    sim.always(INV_722, &written);
    sim.process("locks", locks);
    sim.process("store", move || store(written.clone(), fixed));
    for (me, name) in ["leader1", "leader2"].into_iter().enumerate() {
        sim.process(name, move || leader(me));
    }
    ends_after(sim, 5_500);
}

async fn locks() -> std::io::Result<()> {
    let (mut holder, mut token, mut until) = (usize::MAX, 0, Instant::now());
    let server = Server::<usize, Option<u64>>::bind(PORT).await?;
    loop {
        let (who, reply) = server.next().await?;
        let now = Instant::now();
        if who != holder && now >= until {
            (holder, token) = (who, token + 1);
        }
        if who == holder {
            until = now + ms(LEASE_MS);
        }
        reply.send(&(who == holder).then_some(token))?;
    }
}

async fn store(written: Observed<Written>, asks_for_leases: bool) -> std::io::Result<()> {
    let mut newest = 0;
    let server = Server::<Write, bool>::bind(PORT).await?;
    loop {
        let (write, reply) = server.next().await?;
        let accepts = !asks_for_leases || write.token >= newest;
        if accepts {
            newest = newest.max(write.token);
            written.update(|written| {
                written.late = (write.token < written.newest).then_some(write.token);
                written.newest = written.newest.max(write.token);
            });
        }
        reply.send(&accepts)?;
    }
}

async fn leader(me: usize) {
    let locks = connect::<usize, Option<u64>>("locks").await;
    let store = connect::<Write, bool>("store").await;
    let mut lease: Option<(u64, Instant)> = None;
    let mut pace = Pace::start();
    loop {
        pace.tick(80).await;
        let asked = Instant::now();
        if let Some(answer) = call(&locks, &me, 30).await {
            lease = answer.map(|token| (token, asked + ms(LEASE_MS)));
        }
        // A write may be on its way for some time: what is almost over is over.
        if let Some((token, _)) = lease.filter(|(_, until)| Instant::now() + ms(200) < *until) {
            sleep(ms(4)).await;
            call(&store, &Write { token }, 30).await;
        }
    }
}
