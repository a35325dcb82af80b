//! `std::net` with a thread a connection, blocking all over.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _};
use std::sync::{Arc, RwLock};
use std::thread;

use tumult_sim::body::program;
use tumult_sim::{Sim, sometimes};

use crate::common::{ASKED, PATIENCE, PAUSE, between, until_answered_blocking};

fn connection(stream: TcpStream, words: &RwLock<Vec<String>>) -> io::Result<()> {
    let mut write = stream.try_clone()?;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        words.write().expect("nobody panics").push(line.clone());
        let known = words.read().expect("nobody panics").iter().filter(|w| **w == line).count();
        writeln!(write, "{known} {line}")?;
    }
    Ok(())
}

fn serve() -> io::Result<()> {
    let words = Arc::new(RwLock::new(vec![]));
    for stream in TcpListener::bind("0.0.0.0:7000")?.incoming() {
        let (stream, words) = (stream?, Arc::clone(&words));
        thread::Builder::new().name("connection".into()).spawn(move || connection(stream, &words))?;
    }
    Ok(())
}

fn connect() -> io::Result<BufReader<TcpStream>> {
    let at = "server:7000".to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
    let stream = TcpStream::connect_timeout(&at, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(BufReader::new(stream))
}

fn talk(worker: u64) -> u64 {
    let (mut stream, mut felt) = (None, 0);
    for n in 0..ASKED {
        let (answer, failed) = until_answered_blocking(|| {
            let mut open = match stream.take() {
                Some(open) => open,
                None => connect()?,
            };
            writeln!(open.get_mut(), "{worker} says {n}")?;
            let mut line = String::new();
            if open.read_line(&mut line)? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            stream = Some(open);
            Ok(line)
        });
        let (known, said) = answer.trim().split_once(' ').expect("a number and what was said");
        assert_eq!(said, format!("{worker} says {n}"), "an answer is right, or there is none");
        assert!(known.parse::<u64>().expect("a number") <= failed + 1, "known {known} times, after {failed} failures");
        sometimes!("threads: a word was said again", failed > 0);
        felt += failed;
        thread::sleep(PAUSE);
    }
    felt
}

fn ask() -> u64 {
    let workers: Vec<_> = (0..3).map(|worker| thread::spawn(move || talk(worker))).collect();
    workers.into_iter().map(|w| w.join().expect("it does not panic")).sum()
}

#[tumult_sim::test(seeds = 10, checked)]
fn a_thread_for_each_connection(sim: &mut Sim) {
    between(sim, program(serve), program(ask));
}
