//! Streams between native processes.

use std::io::ErrorKind;
use std::net::Shutdown;
use std::time::Duration;

use super::{TcpListener, TcpSocket, TcpStream};
use crate::Sim;
use crate::fault::Fault;
use crate::net::TcpConfig;
use crate::time::{Instant, sleep, timeout};

const MS: Duration = Duration::from_millis(1);

/// A server that sends back what it reads, on each connection.
async fn echo() {
    let listener = TcpListener::bind(80).await.unwrap();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        crate::task::spawn(async move {
            let mut buffer = [0; 1024];
            while let Ok(n @ 1..) = stream.read(&mut buffer).await {
                if stream.write_all(&buffer[..n]).await.is_err() {
                    return;
                }
            }
        });
    }
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// Sends `len` bytes from one process to another and checks them; gives the virtual milliseconds it took.
fn transfer(seed: u64, len: usize, set: impl FnOnce(&mut Sim)) -> u128 {
    let mut sim = Sim::new(seed);
    let server = sim.primary("server", move || async move {
        let listener = TcpListener::bind(80).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut got = vec![];
        stream.read_to_end(&mut got).await.unwrap();
        assert!(got == pattern(len), "{} bytes of {len}", got.len());
    });
    let client = sim.primary("client", move || async move {
        sleep(MS).await;
        let begin = Instant::now();
        let mut stream = TcpStream::connect("server:80").await.unwrap();
        stream.write_all(&pattern(len)).await.unwrap();
        stream.shutdown().await.unwrap();
        assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0);
        begin.elapsed().as_millis()
    });
    let _ = server;
    set(&mut sim);
    *sim.run().output::<u128>(client).unwrap()
}

#[test]
fn bytes_arrive_whole_and_in_order() {
    for len in [0, 1, 1000, 70_000, 3_000_000] {
        transfer(1, len, |_| {});
    }
    let took = transfer(2, 3_000_000, |_| {});
    assert!((10..200).contains(&took), "{took} ms");
}

#[test]
fn loss_costs_time_and_nothing_else() {
    let calm = transfer(3, 500_000, |_| {});
    for seed in 0..40 {
        let took = transfer(seed, 500_000, |sim| {
            sim.links().loss(0.2).duplicate(0.1).reorder(0.2);
            sim.tcp(TcpConfig::default().segment(crate::Bytes(1460)).split(0.3));
        });
        assert!(took > calm, "{took} {calm}");
    }
}

#[test]
fn nobody_there_is_refused_and_nowhere_is_unreachable() {
    use ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable, NotFound, TimedOut};
    let mut sim = Sim::new(1);
    let server = sim.process("server", std::future::pending::<()>);
    let client = sim.primary("client", || async {
        let refused = TcpStream::connect("server:81").await.unwrap_err().kind();
        let nobody = TcpStream::connect("10.1.1.1:80").await.unwrap_err().kind();
        let nowhere = TcpStream::connect("8.8.8.8:80").await.unwrap_err().kind();
        let unknown = TcpStream::connect("ghost:80").await.unwrap_err().kind();
        sleep(Duration::from_secs(10)).await;
        let begin = Instant::now();
        let off = TcpStream::connect("server:80").await.unwrap_err().kind();
        ([refused, nobody, nowhere, unknown, off], begin.elapsed().as_secs())
    });
    sim.at(Duration::from_secs(5), Fault::power_loss(server));
    let report = sim.run();
    let (kinds, waited) = report.output::<([ErrorKind; 5], u64)>(client).unwrap();
    assert_eq!(*kinds, [ConnectionRefused, HostUnreachable, NetworkUnreachable, NotFound, TimedOut]);
    assert_eq!(*waited, 1 + 2 + 4 + 8 + 16 + 32 + 64, "six retransmissions, each after twice the time");
}

#[test]
fn a_partition_is_ridden_out_or_ends_in_a_timeout() {
    let run = |lasts: Duration| {
        let mut sim = Sim::new(7);
        let server = sim.process("server", echo);
        let client = sim.primary("client", || async {
            sleep(MS).await;
            let mut stream = TcpStream::connect("server:80").await.unwrap();
            sleep(Duration::from_secs(1)).await;
            stream.write_all(b"hello").await.unwrap();
            let mut buffer = [0; 5];
            Some(stream.read_exact(&mut buffer).await.map(drop).map_err(|e| e.kind()))
        });
        sim.at(Duration::from_millis(500), Fault::partition(&[&[server], &[client]]).lasting(lasts));
        *sim.run().output::<Option<Result<(), ErrorKind>>>(client).unwrap()
    };
    assert_eq!(run(Duration::from_secs(30)), Some(Ok(())));
    assert_eq!(run(Duration::from_secs(3600)), Some(Err(ErrorKind::TimedOut)));
}

#[test]
fn a_killed_peer_ends_or_resets_and_one_without_power_is_silent_until_it_is_back() {
    let run = |fault: fn(crate::Process) -> Fault, unread: bool| {
        let mut sim = Sim::new(7);
        let server = sim.process("server", move || async move {
            let listener = TcpListener::bind(80).await.unwrap();
            let (mut stream, _) = listener.accept().await.unwrap();
            if !unread {
                stream.read(&mut [0; 9]).await.unwrap();
            }
            std::future::pending::<()>().await;
        });
        let client = sim.primary("client", || async {
            sleep(MS).await;
            let mut stream = TcpStream::connect("server:80").await.unwrap();
            stream.write_all(b"hello").await.unwrap();
            sleep(Duration::from_secs(2)).await;
            let silent = timeout(Duration::from_secs(60), stream.read(&mut [0; 9])).await;
            let silent = silent.map(|r| r.map_err(|e| e.kind())).ok();
            let _ = stream.write_all(b"still there?").await;
            (silent, stream.read(&mut [0; 9]).await.map_err(|e| e.kind()))
        });
        sim.at(Duration::from_secs(1), fault(server).lasting(Duration::from_secs(70)));
        *sim.run().output::<(Option<Result<usize, ErrorKind>>, Result<usize, ErrorKind>)>(client).unwrap()
    };
    assert_eq!(run(Fault::kill, false).0, Some(Ok(0)), "the machine ends the stream");
    assert_eq!(run(Fault::kill, true).0, Some(Err(ErrorKind::ConnectionReset)), "it had not read everything");
    assert_eq!(run(Fault::power_loss, false), (None, Err(ErrorKind::ConnectionReset)), "silent, until it is back");
}

#[test]
fn a_peer_that_does_not_read_stops_the_writer() {
    let mut sim = Sim::new(5);
    sim.process("server", || async {
        let listener = TcpListener::bind(80).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        sleep(Duration::from_secs(600)).await;
        let mut got = vec![];
        stream.read_to_end(&mut got).await.unwrap();
        assert_eq!(got.len(), 1_000_000);
        stream.write_all(b"k").await.unwrap();
    });
    let client = sim.primary("client", || async {
        sleep(MS).await;
        let mut stream = TcpStream::connect("server:80").await.unwrap();
        let data = vec![1; 1_000_000];
        let mut taken = 0;
        while let Ok(Ok(n)) = timeout(Duration::from_secs(5), stream.write(&data[taken..])).await {
            taken += n;
        }
        stream.write_all(&data[taken..]).await.unwrap();
        stream.shutdown().await.unwrap();
        stream.read_exact(&mut [0; 1]).await.unwrap();
        taken
    });
    // The update of the window may be lost, too: the sender asks.
    sim.links().loss(0.2);
    assert_eq!(sim.run().output::<usize>(client), Some(&(256 << 10)), "both buffers, and no more");
}

#[test]
fn a_port_of_an_earlier_life_is_held_unless_it_is_reused() {
    let run = |reuse: bool| {
        let mut sim = Sim::new(1);
        let server = sim.process("server", move || async move {
            let again = crate::process::incarnation().0 > 0;
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_reuseaddr(reuse).unwrap();
            let listener = match socket.bind(80).and_then(|()| socket.listen(8)) {
                Ok(listener) => listener,
                Err(e) => return assert!(again && !reuse && e.kind() == ErrorKind::AddrInUse, "{e}"),
            };
            assert!(!again || reuse);
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                std::mem::forget(stream);
            }
        });
        sim.primary("client", || async {
            sleep(MS).await;
            let mut stream = TcpStream::connect("server:80").await.unwrap();
            assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0);
            sleep(Duration::from_secs(5)).await;
        });
        sim.at(Duration::from_secs(1), Fault::restart(server));
        sim.run();
    };
    run(false);
    run(true);
}

#[test]
fn keepalive_finds_a_peer_that_is_gone() {
    let mut sim = Sim::new(1);
    let server = sim.process("server", echo);
    let client = sim.primary("client", || async {
        sleep(MS).await;
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_keepalive(Some((Duration::from_secs(10), Duration::from_secs(5), 3))).unwrap();
        let mut stream = socket.connect("server:80").await.unwrap();
        let begin = Instant::now();
        let error = stream.read(&mut [0; 1]).await.unwrap_err();
        (error.kind(), begin.elapsed().as_secs())
    });
    sim.at(Duration::from_secs(60), Fault::power_loss(server));
    let report = sim.run();
    let (kind, after) = report.output::<(ErrorKind, u64)>(client).unwrap();
    assert_eq!(*kind, ErrorKind::TimedOut);
    assert!((65..=85).contains(after), "{after} s: alive while it answers, then given up");
}

#[test]
fn halves_end_their_own_direction() {
    let mut sim = Sim::new(1);
    sim.process("server", echo);
    let client = sim.primary("client", || async {
        sleep(MS).await;
        let (mut reads, mut writes) = TcpStream::connect("server:80").await.unwrap().into_split();
        writes.write_all(b"last").await.unwrap();
        drop(writes);
        let mut buffer = [0; 4];
        reads.read_exact(&mut buffer).await.unwrap();
        assert_eq!(&buffer, b"last");
        assert_eq!(reads.read(&mut buffer).await.unwrap(), 0);
        let mut stream = TcpStream::connect("server:80").await.unwrap();
        stream.shut(Shutdown::Both).unwrap();
        (stream.write(b"x").await.unwrap_err().kind(), stream.read(&mut buffer).await.unwrap())
    });
    assert_eq!(*sim.run().output::<(ErrorKind, usize)>(client).unwrap(), (ErrorKind::BrokenPipe, 0));
}

#[test]
fn nothing_is_left_of_connections_that_ended() {
    let mut sim = Sim::new(1);
    let server = sim.process("server", echo);
    let client = sim.primary("client", || async {
        sleep(MS).await;
        for n in 0..200_u32 {
            let mut stream = TcpStream::connect("server:80").await.unwrap();
            if n % 3 > 0 {
                stream.write_all(b"hello").await.unwrap();
            }
            if n % 3 > 1 {
                stream.read_exact(&mut [0; 5]).await.unwrap();
            }
        }
        sleep(Duration::from_secs(300)).await;
        crate::context::with(|w| assert_eq!((w.net.tcp.connections(), w.net.tcp.segments.in_use()), (0, 0)));
    });
    sim.links().loss(0.1).duplicate(0.1).reorder(0.1);
    let partition = Fault::partition(&[&[server], &[client]]).lasting(Duration::from_secs(2));
    sim.at(Duration::from_millis(500), partition);
    sim.run();
}

#[test]
fn one_seed_one_trace() {
    let run = || {
        let mut sim = Sim::new(9);
        sim.process("server", echo);
        sim.primary("client", || async {
            sleep(MS).await;
            let mut stream = TcpStream::connect("server:80").await.unwrap();
            for _ in 0..50 {
                stream.write_all(&[7; 3000]).await.unwrap();
                stream.read_exact(&mut [0; 3000]).await.unwrap();
            }
        });
        sim.links().loss(0.05);
        sim.run().trace()
    };
    assert_eq!(run(), run());
}

/// What a client sees that asks an echo server each 100 ms and connects anew after a failure: when it was served, and
/// when and how it failed.
fn asked_under(fault: impl FnOnce(crate::Process, crate::Process) -> Fault) -> (Vec<Result<u64, ErrorKind>>, bool) {
    let mut sim = Sim::new(3);
    let server = sim.process("server", echo);
    let client = sim.primary("client", || async {
        let (begun, mut seen, mut stream) = (Instant::now(), vec![], None);
        while begun.elapsed() < Duration::from_secs(20) {
            sleep(MS * 100).await;
            let mut ask = async || {
                if stream.is_none() {
                    stream = Some(TcpStream::connect("server:80").await?);
                }
                let stream = stream.as_mut().expect("just made");
                stream.write_all(b"hello").await?;
                stream.read_exact(&mut [0; 5]).await
            };
            let second = begun.elapsed().as_secs();
            seen.push(ask().await.map(|_| second).map_err(|e| e.kind()));
            if seen.last().is_some_and(Result::is_err) {
                stream = None;
            }
        }
        seen
    });
    sim.tcp(TcpConfig::default().retries(2));
    sim.at(Duration::from_secs(5), fault(server, client));
    let seen = sim.run().output::<Vec<Result<u64, ErrorKind>>>(client).unwrap().clone();
    (seen, sim.fault_outcomes()[0].is_met())
}

#[test]
fn a_black_hole_takes_connections_and_answers_nothing() {
    let (seen, met) = asked_under(|s, c| Fault::black_hole(s, c).lasting(Duration::from_secs(10)));
    assert!(met);
    let failed: Vec<_> = seen.iter().filter_map(|r| r.err()).collect();
    assert!(failed.len() >= 3 && failed.iter().all(|k| *k == ErrorKind::TimedOut), "{failed:?}: never refused");
    assert!(seen.iter().filter(|r| matches!(r, Ok(16..))).count() > 20, "after it all goes on");
}

#[test]
fn a_black_hole_never_touches_datagrams() {
    let mut sim = Sim::new(3);
    let server = sim.process("server", || async {
        let socket = crate::net::UdpSocket::bind(9).await.unwrap();
        loop {
            let (bytes, from) = socket.recv_datagram().await.unwrap();
            socket.send_to(&bytes, from).await.unwrap();
        }
    });
    let client = sim.primary("client", || async {
        sleep(MS).await;
        let socket = crate::net::UdpSocket::bind(9).await.unwrap();
        for _ in 0..100 {
            socket.send_to(b"x", "server:9").await.unwrap();
            socket.recv_datagram().await.unwrap();
        }
    });
    sim.fault(Fault::black_hole(server, client));
    sim.run();
    assert!(!sim.fault_outcomes()[0].is_met(), "there was no stream to swallow");
}

#[test]
fn a_reset_ends_all_connections_of_a_process() {
    let (seen, met) = asked_under(|s, _| Fault::reset(s));
    assert!(met);
    let failed: Vec<_> = seen.iter().filter_map(|r| r.err()).collect();
    assert_eq!(failed, [ErrorKind::ConnectionReset], "once, and the next connection is made");
}

#[test]
fn a_reset_never_touches_listeners_or_the_connections_of_others() {
    let mut sim = Sim::new(3);
    let other = sim.process("other", std::future::pending::<()>);
    let server = sim.process("server", echo);
    let client = sim.primary("client", || async {
        sleep(MS).await;
        let mut stream = TcpStream::connect("server:80").await.unwrap();
        sleep(Duration::from_secs(2)).await;
        stream.write_all(b"still here").await.unwrap();
        stream.read_exact(&mut [0; 10]).await.unwrap();
        TcpStream::connect("server:80").await.is_ok()
    });
    sim.at(Duration::from_secs(1), Fault::reset(other));
    let _ = server;
    assert_eq!(sim.run().output::<bool>(client), Some(&true));
    assert!(!sim.fault_outcomes()[0].is_met(), "it had none");
}
