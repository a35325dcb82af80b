//! The real arm inside the simulation: the same tokio and std, unmodified, as hosted programs.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tumult_sim::Sim;
use tumult_sim::body::program;

use crate::log::Log;
use crate::simulated::Peer;
use crate::{Case, Stage};

pub(crate) mod arm {
    pub(crate) use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    pub(crate) use super::super::real::arm::{
        Duration, Instant, JoinError, TcpListener, TcpSocket, TcpStream, UdpSocket, fs, interval, select, shut, sleep,
        spawn, timeout, yield_now,
    };

    /// Longer than any link takes, and than an acknowledgement is delayed.
    pub(crate) const SETTLE: Duration = Duration::from_millis(500);
}

#[path = "cases/files.rs"]
pub(crate) mod files;
#[path = "cases/hard_links.rs"]
pub(crate) mod hard_links;
#[path = "cases/names.rs"]
pub(crate) mod names;
#[path = "rig.rs"]
pub(crate) mod rig;
#[path = "cases/tasks.rs"]
pub(crate) mod tasks;
#[path = "cases/tcp.rs"]
pub(crate) mod tcp;
#[path = "cases/tcp_addresses.rs"]
pub(crate) mod tcp_addresses;
#[path = "cases/tcp_ends.rs"]
pub(crate) mod tcp_ends;
#[path = "cases/tcp_resets.rs"]
pub(crate) mod tcp_resets;
#[path = "cases/timers.rs"]
pub(crate) mod timers;
#[path = "cases/traits.rs"]
pub(crate) mod traits;
#[path = "cases/udp.rs"]
pub(crate) mod udp;

/// Runs tasks of one thread to the end of `work`, as the real arm does.
fn block_on<R>(work: impl Future<Output = R>) -> R {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, work)
}

/// What a case observes with this seed; `set` changes the simulation before it runs.
pub(crate) fn run<Rig: Stage>(case: &Case<Rig>, seed: u64, peer: Peer, set: fn(&mut Sim)) -> Result<Log, String> {
    let body = case.body;
    let work = move || {
        let mut sim = Sim::new(seed);
        let rig = Rig::new("/dir");
        assert_eq!(peer, Peer::SameProcess);
        let here = sim.primary(
            "here",
            program(move || {
                let rig = rig.clone();
                std::fs::create_dir("/dir").unwrap();
                block_on(async move {
                    tokio::task::spawn_local(rig.clone().serve());
                    body(rig).await
                })
            }),
        );
        sim.survives_panic(here);
        sim.time_limit(arm::Duration::from_secs(120));
        set(&mut sim);
        sim.run().output::<Log>(here).cloned()
    };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Some(log)) => Ok(log),
        Ok(None) => Err("it ended without a result".into()),
        Err(_) => Err("it panicked".into()),
    }
}
