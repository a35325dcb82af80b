//! The real thing: tokio on the loopback of this machine, files in a temporary directory.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::Stage as _;
use crate::log::Log;
use rig::{Case, Rig};

pub(crate) mod arm {
    pub(crate) use std::time::Duration;
    pub(crate) use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    pub(crate) use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
    pub(crate) use tokio::select;
    pub(crate) use tokio::task::{JoinError, spawn_local as spawn, yield_now};
    pub(crate) use tokio::time::{Instant, interval, sleep, sleep_until, timeout};

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

/// No case takes so long.
const PATIENCE: arm::Duration = arm::Duration::from_secs(30);

/// What a case observes.
pub(crate) fn run(case: &Case) -> Result<Log, String> {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig::new(dir.path().to_str().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let work = async {
        tokio::task::spawn_local(rig.clone().serve());
        tokio::time::timeout(PATIENCE, (case.body)(rig)).await.expect("it hangs")
    };
    catch_unwind(AssertUnwindSafe(|| local.block_on(&runtime, work))).map_err(|_| "it panicked".into())
}
