//! A register on four replicas: a write and a read each need the answers of a quorum, so that they have one in common.

use serde::{Deserialize, Serialize};
use tumult_sim::net::rpc::Server;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, call_all, connect_all};
use crate::storm::{CUTS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "half_quorum",
    what: "the quorum of an even number of replicas is half of them, not one more",
    invariant: "INV_717",
    roles: &["replica", "client"],
    cause: Cause {
        plan: "f1 at 0ms partition {client,replica1,replica2} | {replica3,replica4} for 1.500s\nf2 at 1.500s partition {client,replica3,replica4} | {replica1,replica2} for 1.500s",
        processes: 5,
        operations: 2,
    },
    storm: Storm { kinds: &[CUTS], every_ms: 500, lasts_ms: (100, 1_500), horizon_ms: 5_000, spares: &[] },
    system,
};

const REPLICAS: [&str; 4] = ["replica1", "replica2", "replica3", "replica4"];

#[derive(Serialize, Deserialize)]
enum Ask {
    Read,
    Write(u64),
}

/// The last write that was acknowledged, and an older one that was read.
#[derive(Default)]
struct Register {
    acknowledged: u64,
    stale: Option<u64>,
}

/// A read gives the last write that was acknowledged before it began, or a later one.
#[invariant(id = "INV_717")]
fn reads_see_writes(register: &Register) -> Verdict {
    register.stale.map_or(Verdict::Holds, |read| violated!("read {read} after write {}", register.acknowledged))
}

fn system(sim: &mut Sim, fixed: bool) {
    let register = sim.observe("register", Register::default());
    sim.always(INV_717, &register);
    for name in REPLICAS {
        sim.process(name, replica);
    }
    let quorum = REPLICAS.len() / 2 + usize::from(fixed);
    sim.primary("client", move || client(register.clone(), quorum));
}

async fn replica() -> std::io::Result<()> {
    let mut value = 0;
    let server = Server::<Ask, u64>::bind(PORT).await?;
    loop {
        let (ask, reply) = server.next().await?;
        if let Ask::Write(new) = ask {
            value = new.max(value);
        }
        reply.send(&value)?;
    }
}

async fn client(register: Observed<Register>, quorum: usize) {
    let replicas = connect_all::<Ask, u64>(&REPLICAS).await;
    let mut pace = Pace::start();
    for n in 1..=7 {
        pace.rest(50, 500).await;
        if call_all(&replicas, &Ask::Write(n), 40).await.len() >= quorum {
            register.update(|register| register.acknowledged = n);
        }
        pace.rest(50, 500).await;
        let answers = call_all(&replicas, &Ask::Read, 40).await;
        if answers.len() >= quorum {
            let read = answers.into_iter().map(|(_, value)| value).max();
            register.update(|register| register.stale = read.filter(|read| *read < register.acknowledged));
        }
    }
}
