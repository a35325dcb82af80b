//! Two clients need two locks, which two services give out; both take them in one order, as long as nothing goes wrong.

use serde::{Deserialize, Serialize};
use tumult_sim::net::rpc::{Client, Server};
use tumult_sim::time::{sleep, timeout};
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, call, connect_all, insist, ms, rest};
use crate::storm::{LINKS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "lock_order",
    what: "a client whose first lock service cannot be reached begins with the second, against the order of the others",
    invariant: "INV_711",
    roles: &["lock", "client"],
    cause: Cause { plan: "f1 at 0ms cut client1 -> lock1 for 3s", processes: 4, operations: 2 },
    storm: Storm { kinds: &[LINKS], every_ms: 1_500, lasts_ms: (50, 600), horizon_ms: 4_000, spares: &[] },
    system,
};

/// What a client asks of a lock service, by its number; asked twice it does the same.
#[derive(Serialize, Deserialize)]
enum Ask {
    Take(usize),
    Free(usize),
}

#[derive(Default)]
struct Waiting(Vec<usize>);

/// Every client has done its work in the end.
#[invariant(id = "INV_711")]
fn nobody_waits(waiting: &Waiting) -> Verdict {
    if waiting.0.is_empty() { Verdict::Holds } else { violated!("the clients {:?} still wait", waiting.0) }
}

fn system(sim: &mut Sim, fixed: bool) {
    let waiting = sim.observe("waiting", Waiting::default());
    sim.at_end(INV_711, &waiting);
    for name in ["lock1", "lock2"] {
        sim.process(name, lock);
    }
    for (me, name) in ["client1", "client2"].into_iter().enumerate() {
        let waiting = waiting.clone();
        sim.primary(name, move || client(me, waiting.clone(), fixed));
    }
}

async fn lock() -> std::io::Result<()> {
    let mut holder = None;
    let server = Server::<Ask, bool>::bind(PORT).await?;
    loop {
        let (ask, reply) = server.next().await?;
        let (Ask::Take(who) | Ask::Free(who)) = ask;
        match ask {
            Ask::Take(_) => holder = holder.or(Some(who)),
            Ask::Free(_) => holder = holder.filter(|holder| *holder != who),
        }
        reply.send(&(holder == Some(who)))?;
    }
}

async fn client(me: usize, waiting: Observed<Waiting>, keeps_order: bool) {
    let locks = connect_all::<Ask, bool>(&["lock1", "lock2"]).await;
    let work = async {
        let mut pace = Pace::start();
        for _ in 0..3 {
            pace.rest(50, 1_500).await;
            take_both(me, &locks, keeps_order).await;
            rest(10, 40).await;
            for lock in &locks {
                insist(lock, &Ask::Free(me), 50).await;
            }
        }
    };
    if timeout(ms(10_000), work).await.is_err() {
        waiting.update(|waiting| waiting.0.push(me + 1));
    }
}

async fn take_both(me: usize, locks: &[Client<Ask, bool>], keeps_order: bool) {
    let (mut order, mut held) = ([0, 1], 0);
    while let Some(next) = order.get(held) {
        match call(&locks[*next], &Ask::Take(me), 50).await {
            Some(true) => held += 1,
            Some(false) => sleep(ms(20)).await,
            // That service is down: the time until it is back is better used.
            None if held == 0 && !keeps_order => order.swap(0, 1),
            None => {}
        }
    }
}
