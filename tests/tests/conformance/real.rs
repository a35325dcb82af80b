//! The real thing: tokio on the loopback of this machine, files in a temporary directory.

use std::net::Ipv4Addr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::log::Log;
use rig::{Case, Place, Rig};

pub(crate) mod arm {
    pub(crate) use std::time::Duration;
    pub(crate) use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    pub(crate) use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
    pub(crate) use tokio::select;
    pub(crate) use tokio::task::{JoinError, spawn_local as spawn, yield_now};
    pub(crate) use tokio::time::{Instant, interval, sleep, timeout};

    /// The loopback of Linux delivers within the call that sends.
    pub(crate) const SETTLE: Duration = Duration::from_millis(15);
    pub(crate) use super::super::real_fs as fs;

    /// std's shutdown, which tokio does not give.
    pub(crate) fn shut(stream: &TcpStream, how: std::net::Shutdown) -> std::io::Result<()> {
        socket2::SockRef::from(stream).shutdown(how)
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

/// What a case observes.
pub(crate) fn run(case: &Case) -> Result<Log, String> {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig { there: Place::default(), ip: Ipv4Addr::LOCALHOST, dir: dir.path().to_str().unwrap().into() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let work = async {
        tokio::task::spawn_local(rig.there.clone().serve());
        (case.body)(rig).await
    };
    catch_unwind(AssertUnwindSafe(|| local.block_on(&runtime, work))).map_err(|_| "it panicked".into())
}
