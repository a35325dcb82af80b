//! A primary acknowledges a write and ships it to the backup a little later; who cannot reach the primary reads there.

use std::cell::RefCell;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tumult_sim::net::rpc::Server;
use tumult_sim::task::spawn;
use tumult_sim::time::sleep;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, call, connect, insist, ms};
use crate::storm::{LINKS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "stale_failover",
    what: "a primary acknowledges writes before the backup has them, and clients fail over to the backup",
    invariant: "INV_702",
    roles: &["primary", "backup", "client"],
    cause: Cause { plan: "f1 at 1s isolate primary for 1s", processes: 3, operations: 2 },
    storm: Storm { kinds: &[LINKS], every_ms: 1_500, lasts_ms: (50, 1_000), horizon_ms: 5_000, spares: &[] },
    system,
};

#[derive(Serialize, Deserialize)]
enum Ask {
    Read,
    Write(u64),
}

/// What was written is acknowledged, and what was read.
#[derive(Default)]
struct Register {
    acknowledged: u64,
    stale: Option<u64>,
}

/// A read gives the last write that was acknowledged before it began, or a later one.
#[invariant(id = "INV_702")]
fn reads_are_fresh(register: &Register) -> Verdict {
    match register.stale {
        None => Verdict::Holds,
        Some(read) => violated!("read {read} after {} was acknowledged", register.acknowledged),
    }
}

fn system(sim: &mut Sim, fixed: bool) {
    let register = sim.observe("register", Register::default());
    sim.always(INV_702, &register);
    sim.process("primary", move || primary(fixed));
    sim.process("backup", backup);
    sim.primary("client", move || client(register.clone()));
}

async fn primary(ships_first: bool) -> std::io::Result<()> {
    let value = Rc::new(RefCell::new(0));
    if !ships_first {
        let value = Rc::clone(&value);
        spawn(async move {
            let backup = connect::<u64, u64>("backup").await;
            let mut shipped = 0;
            loop {
                sleep(ms(10)).await;
                let latest = *value.borrow();
                if latest > shipped && call(&backup, &latest, 50).await.is_some() {
                    shipped = latest;
                }
            }
        });
    }
    let backup = connect::<u64, u64>("backup").await;
    let server = Server::<Ask, u64>::bind(PORT).await?;
    loop {
        let (ask, reply) = server.next().await?;
        if let Ask::Write(new) = ask {
            // A write that was given up may come late.
            let latest = new.max(*value.borrow());
            value.replace(latest);
            if ships_first {
                insist(&backup, &latest, 50).await;
            }
        }
        reply.send(&value.borrow())?;
    }
}

async fn backup() -> std::io::Result<()> {
    let value = Rc::new(RefCell::new(0));
    let copies = Server::<u64, u64>::bind(PORT).await?;
    let reads = Server::<Ask, u64>::bind(PORT + 1).await?;
    let shipped = Rc::clone(&value);
    spawn(async move {
        while let Ok((new, reply)) = copies.next().await {
            let latest = new.max(*shipped.borrow());
            shipped.replace(latest);
            reply.send(&latest).ok();
        }
    });
    loop {
        let (_, reply) = reads.next().await?;
        reply.send(&value.borrow())?;
    }
}

async fn client(register: Observed<Register>) {
    let primary = connect::<Ask, u64>("primary").await;
    let backup = tumult_sim::net::rpc::Client::<Ask, u64>::connect(("backup", PORT + 1)).await.expect("it is declared");
    let mut pace = Pace::start();
    for n in 1..=12 {
        pace.rest(100, 800).await;
        if call(&primary, &Ask::Write(n), 100).await.is_some() {
            register.update(|register| register.acknowledged = n);
        }
        pace.rest(1, 30).await;
        let read = match call(&primary, &Ask::Read, 100).await {
            Some(read) => Some(read),
            None => call(&backup, &Ask::Read, 100).await,
        };
        register.update(|register| register.stale = read.filter(|read| *read < register.acknowledged));
    }
}
