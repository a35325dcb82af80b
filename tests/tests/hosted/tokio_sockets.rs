//! Stock tokio's sockets inside the simulation: what epoll says of each.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpListener, TcpStream, UdpSocket, UnixListener, UnixStream};
use tokio::time::{Instant, sleep, timeout};
use tumult_sim::fault::Fault;
use tumult_sim::trace::TraceHash;
use tumult_sim::{Process, Sim, body};

async fn echo() {
    let listener = TcpListener::bind("0.0.0.0:80").await.unwrap();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let (mut reader, mut writer) = stream.split();
            let _ = tokio::io::copy(&mut reader, &mut writer).await;
        });
    }
}

async fn connected() -> TcpStream {
    sleep(Duration::from_millis(1)).await;
    TcpStream::connect("server:80").await.unwrap()
}

fn pair<T: Clone + 'static>(
    seed: u64,
    set: impl FnOnce(&mut Sim, Process, Process),
    server: impl AsyncFn() + 'static,
    client: impl AsyncFn() -> T + 'static,
) -> (T, TraceHash) {
    let mut sim = Sim::new(seed);
    let server = sim.process("server", body::tokio(server));
    let client = sim.primary("client", body::tokio(client));
    set(&mut sim, server, client);
    let report = sim.run();
    (report.output::<T>(client).expect("it has finished").clone(), report.trace())
}

fn nothing(_: &mut Sim, _: Process, _: Process) {}

/// Twenty connections at once, each with more than the buffers hold, both ways.
fn busy(seed: u64) -> (Vec<usize>, TraceHash) {
    let lossy = |sim: &mut Sim, _, _| {
        sim.links().loss(0.02);
    };
    pair(seed, lossy, echo, async || {
        let tasks: Vec<_> = (0..20_u8)
            .map(|n| {
                tokio::spawn(async move {
                    let (mut reader, mut writer) = connected().await.into_split();
                    let write = tokio::spawn(async move {
                        writer.write_all(&vec![n; 400_000]).await.unwrap();
                        writer.shutdown().await.unwrap();
                    });
                    let mut all = vec![];
                    reader.read_to_end(&mut all).await.unwrap();
                    write.await.unwrap();
                    assert!(all.iter().all(|b| *b == n));
                    all.len()
                })
            })
            .collect();
        let mut lens = vec![];
        for task in tasks {
            lens.push(task.await.unwrap());
        }
        lens
    })
}

#[test]
fn twenty_connections_under_loss_are_whole_and_the_same_twice() {
    let (lens, hash) = busy(1);
    assert_eq!(lens, [400_000; 20]);
    assert_eq!(busy(1), (lens, hash));
    assert_ne!(busy(2).1, hash);
}

#[test]
fn a_refused_connection_and_one_to_nobody_fail() {
    let (kinds, _) = pair(1, nothing, echo, async || {
        sleep(Duration::from_millis(1)).await;
        let refused = TcpStream::connect("server:81").await.unwrap_err().kind();
        (refused, TcpStream::connect("10.0.0.99:80").await.unwrap_err().kind())
    });
    assert_eq!(kinds, (ErrorKind::ConnectionRefused, ErrorKind::HostUnreachable));
}

#[test]
fn a_peer_that_is_killed_or_reset_wakes_who_reads() {
    let killed = |sim: &mut Sim, server, _| sim.fault(Fault::kill(server).at(Duration::from_secs(1)));
    let (read, _) = pair(1, killed, echo, async || [connected().await.read(&mut [0]).await.map_err(|e| e.kind())]);
    assert_eq!(read, [Ok(0)]);
    let reset = |sim: &mut Sim, server, _| sim.fault(Fault::reset(server).at(Duration::from_secs(1)));
    let (read, _) = pair(1, reset, echo, async || [connected().await.read(&mut [0]).await.map_err(|e| e.kind())]);
    assert_eq!(read, [Err(ErrorKind::ConnectionReset)]);
}

#[test]
fn a_partition_ends_in_a_time_out_for_who_writes() {
    let cut = |sim: &mut Sim, server, client| {
        sim.fault(Fault::partition(&[&[server], &[client]]).at(Duration::from_secs(1)));
    };
    let (kind, _) = pair(1, cut, echo, async || {
        let mut stream = connected().await;
        sleep(Duration::from_secs(2)).await;
        stream.write_all(b"x").await.unwrap();
        stream.read(&mut [0]).await.unwrap_err().kind()
    });
    assert_eq!(kind, ErrorKind::TimedOut);
}

#[test]
fn a_half_closed_peer_is_read_closed_and_still_written_to() {
    let server = async || {
        let (mut stream, _) = TcpListener::bind("0.0.0.0:80").await.unwrap().accept().await.unwrap();
        let ready = stream.ready(Interest::READABLE).await.unwrap();
        assert!(ready.is_readable());
        let mut all = String::new();
        stream.read_to_string(&mut all).await.unwrap();
        assert!(stream.ready(Interest::READABLE).await.unwrap().is_read_closed());
        stream.write_all(all.as_bytes()).await.unwrap();
    };
    let (said, _) = pair(1, nothing, server, async || {
        let mut stream = connected().await;
        stream.write_all(b"hello").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        said
    });
    assert_eq!(said, "hello");
}

#[test]
fn a_writer_waits_for_room_and_goes_on_when_there_is() {
    let slow = async || {
        let (mut stream, _) = TcpListener::bind("0.0.0.0:80").await.unwrap().accept().await.unwrap();
        sleep(Duration::from_secs(5)).await;
        let mut buffer = vec![0; 10_000];
        while let Ok(1..) = stream.read(&mut buffer).await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let (took, _) = pair(1, nothing, slow, async || {
        let mut stream = connected().await;
        let begun = Instant::now();
        stream.write_all(&vec![0; 1_000_000]).await.unwrap();
        begun.elapsed()
    });
    assert!(took > Duration::from_secs(5) && took < Duration::from_secs(9), "{took:?}");
}

#[test]
fn datagrams_wake_who_receives() {
    let server = async || {
        let socket = UdpSocket::bind("0.0.0.0:9").await.unwrap();
        let mut buffer = [0; 100];
        loop {
            let (n, from) = socket.recv_from(&mut buffer).await.unwrap();
            socket.send_to(&buffer[..n], from).await.unwrap();
        }
    };
    let (got, _) = pair(1, nothing, server, async || {
        sleep(Duration::from_millis(1)).await;
        let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
        socket.connect("server:9").await.unwrap();
        let mut got = 0;
        for n in 0..50 {
            socket.send(&[n]).await.unwrap();
            got += socket.recv(&mut [0]).await.unwrap();
        }
        assert!(timeout(Duration::from_secs(1), socket.recv(&mut [0])).await.is_err());
        got
    });
    assert_eq!(got, 50);
}

#[test]
fn unix_streams_listen_and_pair() {
    let (said, _) = pair(1, nothing, echo, async || {
        let listener = UnixListener::bind("/run/s").unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut all = vec![];
            stream.read_to_end(&mut all).await.unwrap();
            all.len()
        });
        let mut stream = UnixStream::connect("/run/s").await.unwrap();
        stream.write_all(&vec![0; 300_000]).await.unwrap();
        drop(stream);
        let (mut a, mut b) = UnixStream::pair().unwrap();
        let (wrote, read) = tokio::join!(a.write_all(b"pair"), async { b.read_exact(&mut [0; 4]).await });
        (server.await.unwrap(), wrote.is_ok(), read.unwrap())
    });
    assert_eq!(said, (300_000, true, 4));
}
