//! Two workers take turns by leases: the service says until when, by its wall clock, and the worker looks at its own.

use serde::{Deserialize, Serialize};
use tumult_sim::net::rpc::Server;
use tumult_sim::time::{Instant, SystemTime, UNIX_EPOCH};
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, call, connect, ends_after, ms};
use crate::storm::{CLOCK, LINKS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "clock_lease",
    what: "a lease says until when it holds by one wall clock, and its holder looks at another",
    invariant: "INV_704",
    roles: &["locks", "worker", "watch"],
    cause: Cause {
        plan: "f1 at 0ms clock worker1 -3s for 3s
f2 at 1s cut worker1 -> locks for 1.500s",
        processes: 3,
        operations: 2,
    },
    storm: Storm {
        kinds: &[CLOCK, LINKS],
        every_ms: 800,
        lasts_ms: (50, 2_000),
        horizon_ms: 5_000,
        spares: &["locks", "watch"],
    },
    system,
};

/// How long a lease holds.
const LEASE_MS: u64 = 800;

/// A lease is asked for by number of the worker.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Lease {
    token: u64,
    until_wall_ms: u128,
}

/// With which token work was done last, and whether an older one came later.
#[derive(Default)]
struct Work {
    newest: u64,
    late: Option<u64>,
}

/// When a later lease has been used, an earlier one is not.
#[invariant(id = "INV_704")]
fn leases_do_not_overlap(work: &Work) -> Verdict {
    match work.late {
        None => Verdict::Holds,
        Some(token) => violated!("lease {token} was used after lease {}", work.newest),
    }
}

fn system(sim: &mut Sim, fixed: bool) {
    let work = sim.observe("work", Work::default());
    sim.always(INV_704, &work);
    sim.process("locks", locks);
    for (me, name) in ["worker1", "worker2"].into_iter().enumerate() {
        let work = work.clone();
        sim.process(name, move || worker(me, work.clone(), fixed));
    }
    ends_after(sim, 5_500);
}

fn wall_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis())
}

async fn locks() -> std::io::Result<()> {
    let (mut holder, mut token, mut until) = (usize::MAX, 0, Instant::now());
    let server = Server::<usize, Option<Lease>>::bind(PORT).await?;
    loop {
        let (who, reply) = server.next().await?;
        let now = Instant::now();
        if who != holder && now >= until {
            (holder, token) = (who, token + 1);
        }
        let granted = who == holder;
        if granted {
            until = now + ms(LEASE_MS);
        }
        reply.send(&granted.then(|| Lease { token, until_wall_ms: wall_ms() + u128::from(LEASE_MS) }))?;
    }
}

async fn worker(me: usize, work: Observed<Work>, by_own_time: bool) {
    let locks = connect::<usize, Option<Lease>>("locks").await;
    let mut lease: Option<(Lease, Instant)> = None;
    let mut asks_at = Instant::now();
    let mut pace = Pace::start();
    loop {
        pace.tick(40).await;
        let asked = Instant::now();
        if asked >= asks_at {
            // The time counts from the request on: the lease began later than that.
            if let Some(answer) = call(&locks, &me, 30).await {
                lease = answer.map(|lease| (lease, asked + ms(LEASE_MS)));
            }
            asks_at = asked + ms(200);
        }
        let valid = lease.filter(
            |(lease, until)| {
                if by_own_time { Instant::now() < *until } else { wall_ms() < lease.until_wall_ms }
            },
        );
        if let Some((lease, _)) = valid {
            work.update(|work| {
                work.late = (lease.token < work.newest).then_some(lease.token);
                work.newest = work.newest.max(lease.token);
            });
        }
    }
}
