//! Threads outside a simulation are untouched by one that runs beside them: real sockets, files, threads, clocks and
//! randomness, with the same results as without.

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use crate::threads::{alone, order};

/// What a program observes of the real machine: everything that would differ if a call were answered by a simulation.
fn real_work() -> Vec<String> {
    let mut seen = vec![];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, peer) = listener.accept().unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        stream.write_all(text.to_uppercase().as_bytes()).unwrap();
        peer.ip().to_string()
    });
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"over a real socket").unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    seen.extend([answer, server.join().unwrap()]);

    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    let begun = Instant::now();
    let late = socket.recv(&mut [0; 8]).unwrap_err();
    seen.push(format!("{:?} {}", late.kind(), begun.elapsed() >= Duration::from_millis(4)));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "on a real disk").unwrap();
    fs::rename(&file, folder.path().join("renamed")).unwrap();
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    seen.push(format!("{names:?} {}", fs::read_to_string(folder.path().join("renamed")).unwrap()));

    let begun = Instant::now();
    thread::sleep(Duration::from_millis(3));
    seen.push(format!("slept {}", (3..2_000).contains(&begun.elapsed().as_millis())));
    let (sender, receiver) = channel();
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let sender = sender.clone();
            thread::spawn(move || sender.send(n).unwrap())
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
    seen.push(format!("{:?}", receiver.try_iter().collect::<HashSet<u32>>().len()));
    seen.push(format!("{} {}", std::process::id(), thread::available_parallelism().unwrap()));
    seen.push(std::env::current_dir().unwrap().display().to_string());
    seen
}

#[test]
fn real_work_beside_a_simulation_is_what_it_is_without() {
    let without = real_work();
    let done = AtomicBool::new(false);
    let (with, simulated) = thread::scope(|scope| {
        let beside = scope.spawn(|| {
            let seen: Vec<_> = (0..20).map(|_| real_work()).collect();
            done.store(true, Ordering::Release);
            seen
        });
        let mut runs = vec![];
        while runs.is_empty() || !done.load(Ordering::Acquire) {
            runs.push(alone(7, order));
        }
        (beside.join().unwrap(), runs)
    });
    assert!(with.iter().all(|seen| *seen == without), "{with:?}\n{without:?}");
    assert!(simulated.iter().all(|run| *run == simulated[0]), "and the simulation is untouched by it");
}
