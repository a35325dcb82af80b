//! A service on tokio's multi-thread runtime, with shared state, channels and blocking work.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinSet, LocalSet};
use tumult_sim::body::{program, tokio};
use tumult_sim::{Sim, sometimes};

use crate::common::{ASKED, PAUSE, between, until_answered};

type Job = (u64, oneshot::Sender<u64>);

/// Adds up to n, on a thread for such work, and remembers what it has done.
async fn work(mut jobs: mpsc::Receiver<Job>) {
    let known = Arc::new(Mutex::new(HashMap::<u64, u64>::new()));
    while let Some((n, answer)) = jobs.recv().await {
        let known = Arc::clone(&known);
        ::tokio::spawn(async move {
            let found = known.lock().expect("nobody panics").get(&n).copied();
            let sum = match found {
                Some(sum) => sum,
                None => ::tokio::task::spawn_blocking(move || (1..=n).sum()).await.expect("it does not panic"),
            };
            known.lock().expect("nobody panics").insert(n, sum);
            // Whoever asked may be gone.
            let _ = answer.send(sum);
        });
    }
}

async fn connection(stream: TcpStream, jobs: mpsc::Sender<Job>) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await? {
        let (sender, answer) = oneshot::channel();
        let n = line.parse().map_err(io::Error::other)?;
        jobs.send((n, sender)).await.map_err(io::Error::other)?;
        let sum = answer.await.map_err(io::Error::other)?;
        write.write_all(format!("{sum}\n").as_bytes()).await?;
    }
    Ok(())
}

fn serve() -> io::Result<()> {
    let runtime = ::tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build()?;
    runtime.block_on(async {
        let (sender, jobs) = mpsc::channel(8);
        ::tokio::spawn(work(jobs));
        let listener = TcpListener::bind("0.0.0.0:7000").await?;
        loop {
            let (stream, _) = listener.accept().await?;
            ::tokio::spawn(connection(stream, sender.clone()));
        }
    })
}

async fn sum(stream: &mut Option<BufReader<TcpStream>>, n: u64) -> io::Result<u64> {
    let mut open = match stream.take() {
        Some(open) => open,
        None => BufReader::new(TcpStream::connect("server:7000").await?),
    };
    open.write_all(format!("{n}\n").as_bytes()).await?;
    let mut line = String::new();
    if open.read_line(&mut line).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    *stream = Some(open);
    line.trim().parse().map_err(io::Error::other)
}

async fn ask() -> u64 {
    let (local, mut workers) = (LocalSet::new(), JoinSet::new());
    for worker in 0..4 {
        let asks = async move {
            let (mut stream, mut felt) = (None, 0);
            for n in 0..ASKED {
                let n = n * 3 + worker;
                let (answer, failed) = until_answered(async || sum(&mut stream, n).await).await;
                assert_eq!(answer, n * (n + 1) / 2, "an answer is right, or there is none");
                sometimes!("multi-thread: a sum was asked again", failed > 0);
                felt += failed;
                ::tokio::time::sleep(PAUSE).await;
            }
            felt
        };
        workers.spawn_local_on(asks, &local);
    }
    local.run_until(workers.join_all()).await.into_iter().sum()
}

#[tumult_sim::test(seeds = 10, checked)]
fn a_service_on_many_threads(sim: &mut Sim) {
    between(sim, program(serve), tokio(ask));
}
