//! The simulation: the same cases with the native face of tumult-sim.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tumult_sim::{Sim, disk, net};

use crate::log::Log;
use crate::{Case, Stage};

pub(crate) mod arm {
    pub(crate) use std::time::Duration;
    pub(crate) use tumult_sim::disk as fs;
    pub(crate) use tumult_sim::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
    pub(crate) use tumult_sim::select;
    pub(crate) use tumult_sim::task::{JoinError, spawn, yield_now};
    pub(crate) use tumult_sim::time::{Instant, interval, sleep, sleep_until, timeout};

    /// Longer than any link takes, and than an acknowledgement is delayed.
    pub(crate) const SETTLE: Duration = Duration::from_millis(500);

    pub(crate) fn shut(stream: &TcpStream, how: std::net::Shutdown) -> std::io::Result<()> {
        stream.shut(how)
    }
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

/// Where the peer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    SameProcess,
    OtherProcess,
}

/// What a case observes with this seed; `set` changes the simulation before it runs.
pub(crate) fn run<Rig: Stage>(case: &Case<Rig>, seed: u64, peer: Peer, set: fn(&mut Sim)) -> Result<Log, String> {
    let body = case.body;
    let work = move || {
        let mut sim = Sim::new(seed);
        let mut rig = Rig::new("/dir");
        if peer == Peer::OtherProcess {
            let there = rig.clone();
            let process = sim.process("there", move || there.clone().serve());
            sim.survives_panic(process);
            rig = rig.with_peer_at(net::address(process));
        }
        let here = sim.primary("here", move || {
            let rig = rig.clone();
            async move {
                disk::create_dir("/dir").await.unwrap();
                if peer == Peer::SameProcess {
                    tumult_sim::task::spawn(rig.clone().serve());
                }
                body(rig).await
            }
        });
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
