//! Three monitors watch a server; when two of them have not heard of it for a time, its session is over.
//!
//! They take that time from their wall clocks.

use std::cell::Cell;
use std::rc::Rc;

use tumult_sim::net::Mailbox;
use tumult_sim::net::rpc::Server;
use tumult_sim::task::spawn;
use tumult_sim::time::{Instant, SystemTime, sleep};
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, call_all, connect_all, ends_after, ms};
use crate::storm::{CLOCK, SLOW, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "wall_clock_session",
    what: "the time since the last sign of life is taken from a clock that may be set",
    invariant: "INV_723",
    roles: &["monitor", "server", "judge", "watch"],
    cause: Cause {
        plan: "f1 at 1.750s clock monitor1 +30s for 1s\nf2 at 1.750s clock monitor2 +30s for 1s",
        processes: 4,
        operations: 1,
    },
    storm: Storm {
        kinds: &[CLOCK, SLOW],
        every_ms: 300,
        lasts_ms: (50, 1_000),
        horizon_ms: 6_000,
        spares: &["server", "judge", "watch"],
    },
    system,
};

const MONITORS: [&str; 3] = ["monitor1", "monitor2", "monitor3"];
const SIGNS_EVERY_MS: u64 = 1_000;
const SESSION_MS: u64 = 10_000;

/// By how many monitors the server, which lives, was given up.
#[derive(Default)]
struct GivenUp(usize);

/// A server that gives signs of life keeps its session.
#[invariant(id = "INV_723")]
fn the_living_keep_their_sessions(given_up: &GivenUp) -> Verdict {
    if given_up.0 < 2 { Verdict::Holds } else { violated!("{} monitors have given up a server that lives", given_up.0) }
}

fn system(sim: &mut Sim, fixed: bool) {
    let given_up = sim.observe("given up", GivenUp::default());
    sim.always(INV_723, &given_up);
    for name in MONITORS {
        sim.process(name, move || monitor(fixed));
    }
    sim.process("server", async || {
        let mailbox = Mailbox::<()>::bind(0).await?;
        loop {
            for monitor in MONITORS {
                mailbox.send((monitor, PORT + 1), &())?;
            }
            sleep(ms(SIGNS_EVERY_MS)).await;
        }
        #[allow(unreachable_code, reason = "it says what the body gives")]
        Ok::<(), std::io::Error>(())
    });
    sim.process("judge", move || judge(given_up.clone()));
    ends_after(sim, 6_500);
}

async fn monitor(by_own_time: bool) -> std::io::Result<()> {
    let heard = Rc::new(Cell::new((Instant::now(), SystemTime::now())));
    let signs = Mailbox::<()>::bind(PORT + 1).await?;
    let last = Rc::clone(&heard);
    spawn(async move {
        while signs.recv().await.is_ok() {
            last.set((Instant::now(), SystemTime::now()));
        }
    });
    let server = Server::<(), bool>::bind(PORT).await?;
    loop {
        let ((), reply) = server.next().await?;
        let (instant, wall) = heard.get();
        let silent = if by_own_time { instant.elapsed() } else { wall.elapsed().unwrap_or_default() };
        reply.send(&(silent > ms(SESSION_MS)))?;
    }
}

async fn judge(given_up: Observed<GivenUp>) {
    let monitors = connect_all::<(), bool>(&MONITORS).await;
    loop {
        let answers = call_all(&monitors, &(), 50).await;
        given_up.update(|given_up| given_up.0 = answers.iter().filter(|(_, silent)| *silent).count());
        sleep(ms(200)).await;
    }
}
