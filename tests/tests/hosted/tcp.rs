//! std's TCP streams between processes of the simulation, and what only libc's own calls say of them.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

use tumult_sim::body::program;
use tumult_sim::fault::Fault;
use tumult_sim::trace::TraceHash;
use tumult_sim::{Process, Report, Sim};

/// A server that answers each connection on a thread of its own, with what it was sent.
fn echo() {
    let listener = TcpListener::bind("0.0.0.0:80").unwrap();
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        thread::spawn(move || {
            let mut buffer = [0; 1000];
            while let Ok(n @ 1..) = stream.read(&mut buffer) {
                stream.write_all(&buffer[..n]).unwrap();
            }
        });
    }
}

/// A client when the server has begun.
fn connected() -> TcpStream {
    thread::sleep(Duration::from_millis(1));
    TcpStream::connect("server:80").unwrap()
}

/// Runs a server and a client, and gives what the client returned.
fn pair<T: Clone + 'static>(
    seed: u64,
    set: impl FnOnce(&mut Sim, Process, Process),
    server: impl Fn() + 'static,
    client: impl Fn() -> T + 'static,
) -> (T, TraceHash) {
    let mut sim = Sim::new(seed);
    let server = sim.process("server", program(server));
    let client = sim.primary("client", program(client));
    set(&mut sim, server, client);
    let report = sim.run();
    (output(&report, client), report.trace())
}

fn output<T: Clone + 'static>(report: &Report, process: Process) -> T {
    report.output::<T>(process).expect("it has finished").clone()
}

fn nothing(_: &mut Sim, _: Process, _: Process) {}

#[test]
fn an_echo_comes_back_and_addresses_are_the_processes() {
    let ((said, local, peer), _) = pair(1, nothing, echo, || {
        let mut stream = connected();
        stream.set_nodelay(true).unwrap();
        assert!(stream.nodelay().unwrap());
        stream.write_all(b"hello").unwrap();
        let mut said = [0; 5];
        stream.read_exact(&mut said).unwrap();
        (said, stream.local_addr().unwrap(), stream.peer_addr().unwrap())
    });
    assert_eq!(&said, b"hello");
    assert_eq!(local, "10.0.0.2:32768".parse().unwrap());
    assert_eq!(peer, "10.0.0.1:80".parse().unwrap());
}

/// Five threads that each send and check a megabyte, on links that lose and delay.
fn busy(seed: u64) -> (Vec<usize>, TraceHash) {
    let lossy = |sim: &mut Sim, _, _| {
        sim.links().loss(0.05);
    };
    pair(seed, lossy, echo, || {
        let threads: Vec<_> = (0..5_u8)
            .map(|n| {
                thread::spawn(move || {
                    let mut stream = connected();
                    let mut reader = stream.try_clone().unwrap();
                    let writer = thread::spawn(move || {
                        stream.write_all(&vec![n; 300_000]).unwrap();
                        stream.shutdown(Shutdown::Write).unwrap();
                    });
                    let mut all = vec![];
                    reader.read_to_end(&mut all).unwrap();
                    writer.join().unwrap();
                    assert!(all.iter().all(|b| *b == n));
                    all.len()
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    })
}

#[test]
fn a_thread_a_connection_under_loss_is_whole_and_the_same_twice() {
    let (lens, hash) = busy(3);
    assert_eq!(lens, [300_000; 5]);
    assert_eq!(busy(3), (lens, hash));
    assert_ne!(busy(4).1, hash);
}

#[test]
fn a_half_closed_stream_still_answers() {
    let server = || {
        let (mut stream, _) = TcpListener::bind("0.0.0.0:80").unwrap().accept().unwrap();
        let mut all = vec![];
        stream.read_to_end(&mut all).unwrap();
        stream.write_all(format!("{} bytes", all.len()).as_bytes()).unwrap();
    };
    let (said, _) = pair(1, nothing, server, || {
        let mut stream = connected();
        stream.write_all(&[1; 12_345]).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(stream.write(&[1]).unwrap_err().kind(), ErrorKind::BrokenPipe);
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        said
    });
    assert_eq!(said, "12345 bytes");
}

#[test]
fn who_finds_nobody_is_refused_or_told_so() {
    let (kinds, _) = pair(1, nothing, echo, || {
        thread::sleep(Duration::from_millis(1));
        let kind = |to: &str| TcpStream::connect(to).unwrap_err().kind();
        [kind("server:81"), kind("127.0.0.1:80"), kind("10.0.0.77:80"), kind("8.8.8.8:80")]
    });
    let expected = [
        ErrorKind::ConnectionRefused,
        ErrorKind::ConnectionRefused,
        ErrorKind::HostUnreachable,
        ErrorKind::NetworkUnreachable,
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn ports_are_taken_once_and_names_that_are_nobodys_not_found() {
    let (kinds, _) = pair(1, nothing, echo, || {
        let one = TcpListener::bind("0.0.0.0:9").unwrap();
        let kind = |at: &str| TcpListener::bind(at).map(drop).map_err(|e| e.kind());
        let taken = kind("0.0.0.0:9");
        drop(one);
        let unknown = TcpStream::connect("nobody:80").unwrap_err().to_string();
        assert!(unknown.contains("failed to lookup address information"), "{unknown}");
        [taken, kind("0.0.0.0:9"), kind("10.0.0.1:9"), kind("[::]:9")]
    });
    assert_eq!(kinds, [Err(ErrorKind::AddrInUse), Ok(()), Err(ErrorKind::AddrNotAvailable), Ok(())]);
}

#[test]
fn reads_and_accepts_time_out_as_they_were_told() {
    let (took, _) = pair(1, nothing, echo, || {
        let mut stream = connected();
        stream.set_read_timeout(Some(Duration::from_millis(250))).unwrap();
        assert_eq!(stream.read_timeout().unwrap(), Some(Duration::from_millis(250)));
        let begun = Instant::now();
        assert_eq!(stream.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::WouldBlock);
        let read = begun.elapsed();
        // As much as both buffers hold, and no more: nobody reads the answers.
        stream.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
        let begun = Instant::now();
        let mut written = 0;
        let error = loop {
            match stream.write(&vec![0; 65_536]) {
                Ok(n) => written += n,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert!(written > 100_000, "{written}");
        (read.as_millis(), begun.elapsed() >= Duration::from_millis(100))
    });
    assert_eq!(took, (250, true));
}

#[test]
fn what_does_not_block_says_so() {
    pair(1, nothing, echo, || {
        let mut stream = connected();
        stream.set_nonblocking(true).unwrap();
        assert_eq!(stream.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(stream.write(b"ping").unwrap(), 4);
        thread::sleep(Duration::from_millis(50));
        let mut peeked = [0; 9];
        let mut got = stream.peek(&mut peeked).unwrap();
        assert_eq!(&peeked[..got], &b"ping"[..got]);
        while got < 4 {
            thread::sleep(Duration::from_millis(1));
            got = stream.peek(&mut peeked).unwrap();
        }
        assert_eq!(stream.read(&mut [0; 2]).unwrap(), 2);
        assert_eq!(stream.read(&mut peeked).unwrap(), 2);
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        assert_eq!(listener.local_addr().unwrap().port(), 32_769);
        listener.set_nonblocking(true).unwrap();
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        // As much as the buffer takes, in part.
        let n = stream.write(&vec![0; 10_000_000]).unwrap();
        assert!((1..10_000_000).contains(&n));
        assert_eq!(stream.write(&[0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

#[test]
fn a_partition_is_a_time_out() {
    let cut = |sim: &mut Sim, server, client| {
        sim.fault(Fault::partition(&[&[server], &[client]]).at(Duration::from_secs(1)));
    };
    let (kind, _) = pair(1, cut, echo, || {
        let mut stream = connected();
        thread::sleep(Duration::from_secs(2));
        stream.write_all(b"x").unwrap();
        stream.read(&mut [0; 9]).unwrap_err().kind()
    });
    assert_eq!(kind, ErrorKind::TimedOut);
}

#[test]
fn a_peer_that_is_killed_ends_the_stream_and_one_without_power_says_nothing() {
    let client = || {
        let mut stream = connected();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let begun = Instant::now();
        let read = stream.read(&mut [0; 9]).map_err(|e| e.kind());
        (read, begun.elapsed() < Duration::from_secs(5))
    };
    let killed = |sim: &mut Sim, server, _| {
        sim.fault(Fault::kill(server).at(Duration::from_secs(1)));
    };
    assert_eq!(pair(1, killed, echo, client).0, (Ok(0), true));
    let dark = |sim: &mut Sim, server, _| {
        sim.fault(Fault::power_loss(server).at(Duration::from_secs(1)));
    };
    assert_eq!(pair(1, dark, echo, client).0, (Err(ErrorKind::WouldBlock), false));
}

#[test]
fn a_server_that_is_killed_with_something_unread_resets() {
    let server = || {
        let (stream, _) = TcpListener::bind("0.0.0.0:80").unwrap().accept().unwrap();
        thread::sleep(Duration::from_secs(99));
        drop(stream);
    };
    let killed = |sim: &mut Sim, server, _| {
        sim.fault(Fault::kill(server).at(Duration::from_secs(1)));
    };
    let (kind, _) = pair(1, killed, server, || {
        let mut stream = connected();
        stream.write_all(b"unread").unwrap();
        stream.read(&mut [0; 9]).unwrap_err().kind()
    });
    assert_eq!(kind, ErrorKind::ConnectionReset);
}

#[test]
fn a_restarted_server_serves_again() {
    let restarted = |sim: &mut Sim, server, _| {
        sim.fault(Fault::kill(server).at(Duration::from_secs(1)).lasting(Duration::from_secs(1)));
    };
    let (served, _) = pair(1, restarted, echo, || {
        let mut served = 0;
        for _ in 0..40 {
            thread::sleep(Duration::from_millis(100));
            let Ok(mut stream) = TcpStream::connect("server:80") else { continue };
            if stream.write_all(b"x").is_ok() && stream.read_exact(&mut [0]).is_ok() {
                served += 1;
            }
        }
        served
    });
    assert!((25..35).contains(&served), "{served}");
}

// ---- what std does not ask

/// A connect that does not wait: what each step of it says.
#[test]
fn a_connect_that_does_not_wait_is_in_progress_and_then_made() {
    let (steps, _) = pair(1, nothing, echo, || {
        thread::sleep(Duration::from_millis(1));
        let socket = raw_socket(libc::SOCK_STREAM | libc::SOCK_NONBLOCK);
        let first = raw_connect(socket, "10.0.0.1:80");
        let second = raw_connect(socket, "10.0.0.1:80");
        thread::sleep(Duration::from_millis(50));
        let third = raw_connect(socket, "10.0.0.1:80");
        let fourth = raw_connect(socket, "10.0.0.1:80");
        // SAFETY: a descriptor of ours.
        unsafe { libc::close(socket) };
        [first, second, third, fourth]
    });
    assert_eq!(steps, [libc::EINPROGRESS, libc::EALREADY, 0, libc::EISCONN]);
}

#[test]
fn an_attempt_that_failed_is_told_by_so_error_once() {
    let (told, _) = pair(1, nothing, echo, || {
        thread::sleep(Duration::from_millis(1));
        let socket = raw_socket(libc::SOCK_STREAM | libc::SOCK_NONBLOCK);
        let first = raw_connect(socket, "10.0.0.1:81");
        thread::sleep(Duration::from_millis(50));
        let told = [first, raw_option(socket, libc::SO_ERROR), raw_option(socket, libc::SO_ERROR)];
        // SAFETY: a descriptor of ours.
        unsafe { libc::close(socket) };
        told
    });
    assert_eq!(told, [libc::EINPROGRESS, libc::ECONNREFUSED, 0]);
}

#[test]
fn what_is_no_socket_or_closed_is_told_apart() {
    let ((closed, unconnected, sort, accepts), _) = pair(1, nothing, echo, || {
        let listener = TcpListener::bind("0.0.0.0:9").unwrap();
        let accepts = raw_option(listener.as_raw_fd(), libc::SO_ACCEPTCONN);
        let sort = raw_option(listener.as_raw_fd(), libc::SO_TYPE);
        let fd = listener.as_raw_fd();
        drop(listener);
        let closed = raw_connect(fd, "10.0.0.1:80");
        let socket = raw_socket(libc::SOCK_STREAM);
        // SAFETY: one byte.
        let unconnected = unsafe { libc::recv(socket, [0_u8].as_mut_ptr().cast(), 1, 0) };
        assert_eq!(unconnected, -1);
        (closed, std::io::Error::last_os_error().raw_os_error(), sort, accepts)
    });
    assert_eq!((closed, unconnected), (libc::EBADF, Some(libc::ENOTCONN)));
    assert_eq!((sort, accepts), (libc::SOCK_STREAM, 1));
}

#[test]
fn a_linger_of_zero_resets_and_keepalive_finds_a_dark_peer() {
    let dark = |sim: &mut Sim, server, _| {
        sim.fault(Fault::power_loss(server).at(Duration::from_secs(1)));
    };
    let (took, _) = pair(1, dark, echo, || {
        let mut stream = connected();
        let socket = socket2::SockRef::from(&stream);
        let probes = socket2::TcpKeepalive::new().with_time(Duration::from_secs(10));
        let probes = probes.with_interval(Duration::from_secs(5)).with_retries(3);
        socket.set_tcp_keepalive(&probes).unwrap();
        assert!(socket.keepalive().unwrap());
        let begun = Instant::now();
        assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        begun.elapsed().as_secs()
    });
    assert!((20..40).contains(&took), "{took}");
    let server = || {
        let (stream, _) = TcpListener::bind("0.0.0.0:80").unwrap().accept().unwrap();
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    };
    let (kind, _) = pair(1, nothing, server, || connected().read(&mut [0]).unwrap_err().kind());
    assert_eq!(kind, ErrorKind::ConnectionReset);
}

#[test]
fn what_is_not_acknowledged_in_time_ends_the_connection() {
    let took = |patience: Option<Duration>| {
        let cut = |sim: &mut Sim, server, client| {
            sim.fault(Fault::partition(&[&[server], &[client]]).at(Duration::from_secs(1)));
        };
        let client = move || {
            let mut stream = connected();
            let socket = socket2::SockRef::from(&stream);
            socket.set_tcp_user_timeout(patience).unwrap();
            assert_eq!(socket.tcp_user_timeout().unwrap(), patience);
            thread::sleep(Duration::from_secs(2));
            stream.write_all(b"x").unwrap();
            let begun = Instant::now();
            assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
            begun.elapsed().as_millis()
        };
        pair(1, cut, echo, client).0
    };
    assert_eq!(took(Some(Duration::from_secs(30))), 30_000);
    assert!(took(None) > 600_000);
}

#[test]
fn system_calls_by_number_are_the_same() {
    let (sent, _) = pair(1, nothing, echo, || {
        let stream = connected();
        let mut back = [0_u8; 4];
        // SAFETY: as long as said.
        unsafe {
            let fd = i64::from(stream.as_raw_fd());
            let sent = libc::syscall(libc::SYS_sendto, fd, b"ping".as_ptr(), 4, 0, 0, 0);
            let wait = libc::MSG_WAITALL;
            let got = libc::syscall(libc::SYS_recvfrom, fd, back.as_mut_ptr(), 4, wait, 0, 0);
            (sent, got, back)
        }
    });
    assert_eq!(sent, (4, 4, *b"ping"));
}

#[test]
fn sockets_of_the_sixth_version_are_on_the_same_network() {
    let server = || {
        let listener = TcpListener::bind("[::]:80").unwrap();
        let (mut stream, from) = listener.accept().unwrap();
        assert_eq!(from.ip(), "::ffff:10.0.0.2".parse::<std::net::IpAddr>().unwrap());
        stream.write_all(b"6").unwrap();
    };
    let (peers, _) = pair(1, nothing, server, || {
        let mut stream = connected();
        stream.read_exact(&mut [0]).unwrap();
        let inner = TcpListener::bind("[::1]:9").unwrap();
        let mine = TcpStream::connect("[::1]:9").unwrap();
        let (_, from) = inner.accept().unwrap();
        (stream.peer_addr().unwrap(), mine.peer_addr().unwrap(), from.ip())
    });
    let peer = |text: &str| text.parse::<SocketAddr>().unwrap();
    assert_eq!(peers, (peer("10.0.0.1:80"), peer("[::1]:9"), "::1".parse().unwrap()));
}

#[test]
fn a_process_has_no_more_sockets_than_it_may() {
    let (error, _) = pair(1, nothing, echo, || {
        let mut kept = vec![];
        loop {
            match TcpListener::bind("0.0.0.0:0") {
                Ok(one) => kept.push(one),
                Err(error) => {
                    assert!(kept.len() > 900, "{}", kept.len());
                    drop(kept);
                    TcpListener::bind("0.0.0.0:0").unwrap();
                    return error.raw_os_error();
                }
            }
        }
    });
    assert_eq!(error, Some(libc::EMFILE));
}

fn raw_socket(sort: i32) -> i32 {
    // SAFETY: no precondition.
    unsafe { libc::socket(libc::AF_INET, sort, 0) }
}

/// The error number, or 0.
fn raw_connect(socket: i32, to: &str) -> i32 {
    let to: socket2::SockAddr = to.parse::<SocketAddr>().unwrap().into();
    // SAFETY: an address and its length.
    match unsafe { libc::connect(socket, to.as_ptr().cast(), to.len()) } {
        0 => 0,
        _ => std::io::Error::last_os_error().raw_os_error().unwrap(),
    }
}

fn raw_option(socket: i32, name: i32) -> i32 {
    let (mut value, mut len) = (-1_i32, 4);
    // SAFETY: an int and its length.
    let done = unsafe { libc::getsockopt(socket, libc::SOL_SOCKET, name, (&raw mut value).cast(), &raw mut len) };
    assert_eq!((done, len), (0, 4));
    value
}
