//! Embedded databases behind a small service: whatever ends the server, a commit that was acknowledged is there after it,
//! none is there by half, and they are there in their order.
//!
//! The client knows the history: it numbers the commits, asks for one after the other, and for how many there are
//! whenever it begins anew. The server looks through all of them at each start.

mod fjall;
mod redb;
mod sqlite;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use tumult_sim::body::program;
use tumult_sim::fault::{Fault, FaultKind, Profile};
use tumult_sim::net::Latency;
use tumult_sim::{Sim, sometimes};

use crate::common::{Lines, PATIENCE, until_answered_blocking};

pub(crate) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Each commit writes so many rows into the first table, and their sum into the second.
const ROWS: u64 = 5;
/// How many commits the client asks for.
const COMMITS: u64 = 60;

/// What the rows of commit n hold.
pub(crate) fn rows(n: u64) -> impl Iterator<Item = (u64, u64)> {
    (0..ROWS).map(move |k| (n * ROWS + k, n * n + k))
}

/// The sum of them.
pub(crate) fn sum(n: u64) -> u64 {
    rows(n).map(|(_, value)| value).sum()
}

/// A database of two tables: rows by key, and sums by commit.
pub(crate) trait Store: Sized {
    /// Opens it, or makes it.
    fn open(folder: &Path) -> Result<Self, Failed>;

    /// Writes the rows and the sum of commit n, all or nothing, and for good when it returns.
    fn commit(&mut self, n: u64) -> Result<(), Failed>;

    /// All sums and all rows, by their keys.
    #[expect(clippy::type_complexity, reason = "two tables")]
    fn all(&self) -> Result<(Vec<(u64, u64)>, Vec<(u64, u64)>), Failed>;
}

/// How many commits there are. They are whole, and none before the last is missing.
fn history(store: &impl Store) -> Result<u64, Failed> {
    let (sums, values) = store.all()?;
    let commits = sums.len() as u64;
    assert!(sums.into_iter().eq((0..commits).map(|n| (n, sum(n)))), "a commit is missing among {commits}");
    assert!(values.into_iter().eq((0..commits).flat_map(rows)), "a commit is half done among {commits}");
    Ok(commits)
}

fn connection<S: Store>(stream: TcpStream, store: &mut S) -> Result<(), Failed> {
    let mut write = stream.try_clone()?;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        if let Some(n) = line.strip_prefix("commit ") {
            store.commit(n.parse()?)?;
            writeln!(write, "done {n}")?;
        } else {
            writeln!(write, "{}", history(store)?)?;
        }
    }
    Ok(())
}

/// One connection after the other. A client that is silent for long is gone.
fn serve<S: Store>() -> Result<(), Failed> {
    std::fs::create_dir_all("/var/lib/store")?;
    let mut store = S::open(Path::new("/var/lib/store"))?;
    history(&store)?;
    // That the folders and the files are there is for the program to make sure; that their content is, for the store.
    for folder in Path::new("/var/lib/store").ancestors() {
        File::open(folder)?.sync_all()?;
    }
    for stream in TcpListener::bind("0.0.0.0:7000")?.incoming() {
        let stream = stream?;
        stream.set_read_timeout(Some(PATIENCE))?;
        if let Err(why) = connection(stream, &mut store) {
            println!("a connection ended: {why}");
        }
    }
    Ok(())
}

/// Commits all, and asks after each failure what became of the last.
fn ask() -> u64 {
    let (mut client, mut done, mut felt) = (Lines::default(), 0, 0);
    while done < COMMITS {
        match client.say(&format!("commit {done}")) {
            Ok(answer) => {
                assert_eq!(answer, format!("done {done}"));
                done += 1;
            }
            Err(why) => {
                println!("commit {done}: {why}");
                felt += 1;
                let (there, failed) = until_answered_blocking(|| client.say("how many?"));
                let there: u64 = there.parse().expect("a number");
                assert!((done..=done + 1).contains(&there), "{done} were acknowledged, and there are {there}");
                sometimes!("stores: a commit was done and its answer lost", there == done + 1);
                sometimes!("stores: a commit was lost that nobody had acknowledged", there == done);
                done = there;
                felt += failed;
            }
        }
        std::thread::sleep(PATIENCE / 8);
    }
    felt
}

fn under_faults<S: Store + 'static>(sim: &mut Sim) {
    let server = sim.process("server", program(serve::<S>));
    let client = sim.primary("client", program(ask));
    sim.links().latency(Latency::uniform_ms(0.5, 2.0)).loss(0.01);
    let kinds = [FaultKind::Kill, FaultKind::PowerLoss, FaultKind::Restart, FaultKind::Partition, FaultKind::Loss];
    let profile = Profile::none().lasting(PATIENCE / 20, PATIENCE / 2).every(PATIENCE).spare("client");
    let profile = kinds.into_iter().fold(profile, |p, kind| p.weight(kind, 1)).weight(FaultKind::PowerLoss, 4);
    sim.draw_faults(profile, PATIENCE * 15);
    sim.at(PATIENCE, Fault::kill(server).lasting(PATIENCE / 4));
    sim.at(PATIENCE * 3, Fault::power_loss(server).lasting(PATIENCE / 4));
    crate::common::run(sim, client);
}
