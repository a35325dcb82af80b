//! The simulation: the same cases with the native face of tumult-sim.

use std::net::Ipv4Addr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tumult_sim::{Sim, disk, net};

use crate::log::Log;
use rig::{Case, Place, Rig};

pub(crate) mod arm {
    pub(crate) use std::time::Duration;
    pub(crate) use tumult_sim::disk as fs;
    pub(crate) use tumult_sim::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
    pub(crate) use tumult_sim::select;
    pub(crate) use tumult_sim::task::{JoinError, spawn, yield_now};
    pub(crate) use tumult_sim::time::{Instant, interval, sleep, timeout};

    /// Longer than any link takes, and than an acknowledgement is delayed.
    pub(crate) const SETTLE: Duration = Duration::from_millis(500);

    pub(crate) fn shut(stream: &TcpStream, how: std::net::Shutdown) -> std::io::Result<()> {
        stream.shut(how)
    }
}

#[path = "cases/files.rs"]
pub(crate) mod files;
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

/// Where the peer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    SameProcess,
    OtherProcess,
}

/// What a case observes with this seed; `set` changes the simulation before it runs.
pub(crate) fn run(case: &Case, seed: u64, peer: Peer, set: fn(&mut Sim)) -> Result<Log, String> {
    let body = case.body;
    let work = move || {
        let mut sim = Sim::new(seed);
        let there = Place::default();
        let mut ip = Ipv4Addr::LOCALHOST;
        if peer == Peer::OtherProcess {
            let there = there.clone();
            let process = sim.process("there", move || there.clone().serve());
            sim.survives_panic(process);
            ip = net::address(process);
        }
        let here = sim.primary("here", move || {
            let rig = Rig { there: there.clone(), ip, dir: "/dir".into() };
            async move {
                disk::create_dir("/dir").await.unwrap();
                if peer == Peer::SameProcess {
                    tumult_sim::task::spawn(rig.there.clone().serve());
                }
                body(rig).await
            }
        });
        sim.survives_panic(here);
        set(&mut sim);
        sim.run().output::<Log>(here).cloned()
    };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Some(log)) => Ok(log),
        Ok(None) => Err("it ended without a result".into()),
        Err(_) => Err("it panicked".into()),
    }
}
