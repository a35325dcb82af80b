//! A server that does one request after the other, and clients that ask again when they have waited too long.
//!
//! When its queue is longer than the clients' patience, all that it does is for nothing, and asked for again.

use serde::{Deserialize, Serialize};
use tumult_sim::net::rpc::{Client, Server};
use tumult_sim::task::spawn;
use tumult_sim::time::{SystemTime, UNIX_EPOCH, sleep};
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, call, connect, ms};
use crate::storm::{SLOW, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "retry_storm",
    what: "a queue keeps requests that their clients have given up and asked for again",
    invariant: "INV_714",
    roles: &["server", "client"],
    cause: Cause { plan: "f1 at 1s pause server for 2s", processes: 2, operations: 20 },
    storm: Storm { kinds: &[SLOW], every_ms: 4_000, lasts_ms: (50, 700), horizon_ms: 4_000, spares: &["client"] },
    system,
};

const SERVICE_MS: u64 = 40;
const EVERY_MS: u64 = 75;
const PATIENCE_MS: u64 = 250;
const TRIES: usize = 4;
const REQUESTS: u64 = 120;
/// The requests from then on are long after the last fault.
const LATE: u64 = REQUESTS - 25;

/// When it is no longer of use.
#[derive(Serialize, Deserialize)]
struct Request {
    until_ms: u128,
}

/// How many of the late requests were answered in time.
#[derive(Default)]
struct Served(u64);

/// When the faults are over, most requests are served.
#[invariant(id = "INV_714")]
fn it_recovers(served: &Served) -> Verdict {
    let late = REQUESTS - LATE;
    if served.0 * 2 >= late {
        Verdict::Holds
    } else {
        violated!("{} of the last {late} requests were served", served.0)
    }
}

fn system(sim: &mut Sim, fixed: bool) {
    let served = sim.observe("served", Served::default());
    sim.at_end(INV_714, &served);
    sim.process("server", move || server(fixed));
    sim.primary("client", move || client(served.clone()));
}

fn now_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis())
}

async fn server(drops_what_is_late: bool) -> std::io::Result<()> {
    let server = Server::<Request, ()>::bind(PORT).await?;
    loop {
        let (request, reply) = server.next().await?;
        if drops_what_is_late && now_ms() + u128::from(SERVICE_MS) >= request.until_ms {
            continue;
        }
        sleep(ms(SERVICE_MS)).await;
        reply.send(&())?;
    }
}

async fn client(served: Observed<Served>) {
    let server: Client<Request, ()> = connect("server").await;
    let server = std::rc::Rc::new(server);
    let mut last = None;
    for n in 0..REQUESTS {
        let (server, served) = (std::rc::Rc::clone(&server), served.clone());
        last = Some(spawn(async move {
            for _ in 0..TRIES {
                let request = Request { until_ms: now_ms() + u128::from(PATIENCE_MS) };
                if call(&server, &request, PATIENCE_MS).await.is_some() {
                    served.update(|served| served.0 += u64::from(n >= LATE));
                    return;
                }
            }
        }));
        sleep(ms(EVERY_MS)).await;
    }
    if let Some(last) = last {
        last.await.ok();
    }
}
