//! The real arm inside the simulation: the same tokio and std, unmodified, as hosted programs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use tumult_sim::Sim;
use tumult_sim::body::program;

use crate::log::Log;
use crate::{Stage as _, difference, real};

pub(crate) mod arm {
    pub(crate) use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    pub(crate) use super::super::real::arm::{
        Duration, Instant, JoinError, TcpListener, TcpSocket, TcpStream, UdpSocket, fs, interval, select, shut, sleep,
        sleep_until, spawn, timeout, yield_now,
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

/// Names the group of cases that a child is to run, and the file for what they observed.
const GROUP: &str = "TUMULT_CONFORMANCE_GROUP";
const ANSWER: &str = "TUMULT_CONFORMANCE_ANSWER";

/// How each case of a group differs from the real arm's, over the seeds.
pub(crate) fn compare(group: &str, real: &[real::rig::Case]) -> Vec<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "unmodified::in_a_process_of_its_own", "--ignored", "--nocapture", "--test-threads=1"])
        .envs([(GROUP, group.as_ref()), (ANSWER, file.path().as_os_str())])
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    let observed: Vec<Vec<Result<Log, String>>> = serde_json::from_reader(file.reopen().unwrap()).unwrap();
    assert_eq!(observed.len(), real.len());
    let differs = |(case, seeds): (&real::rig::Case, &Vec<_>)| {
        let expected = real::run(case);
        assert!(expected.is_ok() && seeds.len() == SEEDS as usize, "{}: {expected:?}", case.name);
        let found = seeds.iter().enumerate().find_map(|(n, log)| Some((n, difference(&expected, log)?)));
        found.map(|(seed, difference)| format!("  {} (seed {seed})\n{difference}", case.name))
    };
    real.iter().zip(&observed).filter_map(differs).collect()
}

/// In the child: runs the cases, if theirs is the group, and writes what they observed.
pub(crate) fn answer(group: &str, cases: &[rig::Case]) {
    if std::env::var(GROUP).is_ok_and(|asked| asked == group) {
        let observed: Vec<Vec<_>> = cases.iter().map(|case| (0..SEEDS).map(|seed| run(case, seed)).collect()).collect();
        std::fs::write(std::env::var_os(ANSWER).unwrap(), serde_json::to_vec(&observed).unwrap()).unwrap();
    }
}

/// The seeds of this arm.
const SEEDS: u64 = 3;

/// What a case observes with this seed.
fn run(case: &rig::Case, seed: u64) -> Result<Log, String> {
    let body = case.body;
    let work = move || {
        let mut sim = Sim::new(seed);
        let rig = rig::Rig::new("/dir");
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
        sim.run().output::<Log>(here).cloned()
    };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Some(log)) => Ok(log),
        Ok(None) => Err("it ended without a result".into()),
        Err(_) => Err("it panicked".into()),
    }
}
