//! Two proposers want three acceptors to accept something, each with numbers that are higher than those it has heard of.
//!
//! Who is refused waits a little and tries again with a higher number, which refuses the other.

use serde::{Deserialize, Serialize};
use tumult_sim::net::rpc::Server;
use tumult_sim::time::sleep;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, call_all, connect_all, ms, rest};
use crate::storm::{LINKS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "dueling_proposers",
    what: "proposers that refuse each other wait equally long, and refuse each other again",
    invariant: "INV_712",
    roles: &["proposer", "acceptor"],
    cause: Cause { plan: "", processes: 5, operations: 2 },
    storm: Storm { kinds: &[LINKS], every_ms: 2_000, lasts_ms: (20, 200), horizon_ms: 3_000, spares: &[] },
    system,
};

const ACCEPTORS: [&str; 3] = ["acceptor1", "acceptor2", "acceptor3"];
const TRIES: u64 = 40;

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Ask {
    Prepare(u64),
    Accept(u64),
}

#[derive(Default)]
struct GaveUp(Vec<u64>);

/// Every proposal is accepted in the end.
#[invariant(id = "INV_712")]
fn proposals_come_through(gave_up: &GaveUp) -> Verdict {
    if gave_up.0.is_empty() { Verdict::Holds } else { violated!("not accepted in {TRIES} tries: {:?}", gave_up.0) }
}

fn system(sim: &mut Sim, fixed: bool) {
    let gave_up = sim.observe("gave up", GaveUp::default());
    sim.at_end(INV_712, &gave_up);
    sim.links().constant_latency(ms(5));
    for name in ACCEPTORS {
        sim.process(name, acceptor);
    }
    for (me, name) in (0..).zip(["proposer1", "proposer2"]) {
        let gave_up = gave_up.clone();
        sim.primary(name, move || proposer(me, gave_up.clone(), fixed));
    }
}

/// Answers with the highest number that it has promised to keep to.
async fn acceptor() -> std::io::Result<()> {
    let mut promised = 0;
    let server = Server::<Ask, u64>::bind(PORT).await?;
    loop {
        let (ask, reply) = server.next().await?;
        let (Ask::Prepare(number) | Ask::Accept(number)) = ask;
        promised = promised.max(number);
        reply.send(&promised)?;
    }
}

async fn proposer(me: u64, gave_up: Observed<GaveUp>, jitters: bool) {
    let acceptors = connect_all::<Ask, u64>(&ACCEPTORS).await;
    rest(1, 9_000).await;
    let mut number = 2 + me;
    for _ in 0..TRIES {
        let promised = call_all(&acceptors, &Ask::Prepare(number), 50).await;
        let highest = promised.iter().map(|(_, n)| *n).max().unwrap_or_default();
        if promised.iter().filter(|(_, n)| *n == number).count() >= 2 {
            // The proposal is made ready: that takes its time.
            sleep(ms(30)).await;
            let accepted = call_all(&acceptors, &Ask::Accept(number), 50).await;
            if accepted.iter().filter(|(_, n)| *n == number).count() >= 2 {
                return;
            }
        }
        if jitters {
            rest(5, 120).await;
        } else {
            sleep(ms(10)).await;
        }
        // The next one that is ours.
        number = (number.max(highest) / 2 + 1) * 2 + me;
    }
    gave_up.update(|gave_up| gave_up.0.push(me + 1));
}
