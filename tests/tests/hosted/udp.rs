//! std's datagrams, and messages of several parts as QUIC sends them.

use std::io::{ErrorKind, IoSlice};
use std::mem::{MaybeUninit, zeroed};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};
use tumult_sim::body::program;
use tumult_sim::trace::TraceHash;
use tumult_sim::{Process, Sim};

use crate::threads::alone;

/// Answers each datagram with itself.
fn echo() {
    let socket = UdpSocket::bind("0.0.0.0:9").unwrap();
    let mut buffer = vec![0; 65_536];
    loop {
        let (n, from) = socket.recv_from(&mut buffer).unwrap();
        socket.send_to(&buffer[..n], from).unwrap();
    }
}

fn pair<T: Clone + 'static>(
    seed: u64,
    set: impl FnOnce(&mut Sim, Process, Process),
    client: impl Fn() -> T + 'static,
) -> (T, TraceHash) {
    let mut sim = Sim::new(seed);
    let server = sim.process("server", program(echo));
    let client = sim.primary(
        "client",
        program(move || {
            thread::sleep(Duration::from_millis(1));
            client()
        }),
    );
    set(&mut sim, server, client);
    let report = sim.run();
    (report.output::<T>(client).expect("it has finished").clone(), report.trace())
}

fn nothing(_: &mut Sim, _: Process, _: Process) {}

#[test]
fn datagrams_come_back_with_their_senders() {
    let ((n, from, local), _) = pair(1, nothing, || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.send_to(b"hello", "server:9").unwrap();
        let (n, from) = socket.recv_from(&mut [0; 100]).unwrap();
        (n, from, socket.local_addr().unwrap())
    });
    assert_eq!((n, from), (5, "10.0.0.1:9".parse().unwrap()));
    assert_eq!(local, "0.0.0.0:32768".parse().unwrap());
}

/// How many of a hundred come back over a link that loses a tenth each way.
fn lossy(seed: u64) -> (usize, TraceHash) {
    let set = |sim: &mut Sim, _, _| {
        sim.links().loss(0.1);
    };
    pair(seed, set, || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.connect("server:9").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        (0..100_u8).filter(|n| socket.send(&[*n]).is_ok() && socket.recv(&mut [0]).is_ok()).count()
    })
}

#[test]
fn some_are_lost_and_the_same_ones_twice() {
    let (came, hash) = lossy(5);
    assert!((60..97).contains(&came), "{came}");
    assert_eq!(lossy(5), (came, hash));
    assert_ne!(lossy(6).1, hash);
}

#[test]
fn what_is_too_long_is_refused_or_cut_off_and_peeks_leave_it() {
    pair(1, nothing, || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        let to = "10.0.0.1:9";
        assert_eq!(socket.send_to(&vec![0; 65_508], to).unwrap_err().raw_os_error(), Some(libc::EMSGSIZE));
        socket.send_to(&[7; 1000], to).unwrap();
        assert_eq!(socket.peek(&mut [0; 10]).unwrap(), 10);
        // SAFETY: ten bytes.
        let whole = unsafe { libc::recv(socket.as_raw_fd(), [0_u8; 10].as_mut_ptr().cast(), 10, libc::MSG_TRUNC) };
        assert_eq!(whole, 1000);
        socket.set_nonblocking(true).unwrap();
        assert_eq!(socket.recv_from(&mut [0; 9]).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

#[test]
fn who_is_connected_hears_of_nobody_and_nothing_of_others() {
    pair(1, nothing, || {
        let socket = UdpSocket::bind("0.0.0.0:7").unwrap();
        assert_eq!(socket.send(b"x").unwrap_err().raw_os_error(), Some(libc::EDESTADDRREQ));
        socket.connect("server:10").unwrap();
        assert_eq!(socket.local_addr().unwrap(), "10.0.0.2:7".parse().unwrap());
        assert_eq!(socket.peer_addr().unwrap(), "10.0.0.1:10".parse().unwrap());
        socket.send(b"x").unwrap();
        assert_eq!(socket.recv(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        socket.send(b"x").unwrap();
        thread::sleep(Duration::from_millis(50));
        assert_eq!(socket.take_error().unwrap().unwrap().kind(), ErrorKind::ConnectionRefused);
        assert!(socket.take_error().unwrap().is_none());
        let other = UdpSocket::bind("0.0.0.0:8").unwrap();
        other.send_to(b"other", "127.0.0.1:7").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        let begun = Instant::now();
        assert_eq!(socket.recv(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(begun.elapsed().as_millis(), 10);
    });
}

#[test]
fn groups_and_broadcasts_reach_those_who_want_them() {
    let group = Ipv4Addr::new(239, 1, 2, 3);
    let mut sim = Sim::new(1);
    let member = sim.primary(
        "member",
        program(move || {
            let socket = UdpSocket::bind("0.0.0.0:5").unwrap();
            socket.join_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED).unwrap();
            assert!(socket.join_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED).is_err());
            let got = [socket.recv(&mut [0; 9]).unwrap(), socket.recv(&mut [0; 9]).unwrap()];
            socket.leave_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED).unwrap();
            got
        }),
    );
    sim.primary(
        "sender",
        program(move || {
            thread::sleep(Duration::from_millis(1));
            let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
            socket.send_to(b"one", (group, 5)).unwrap();
            let all = (Ipv4Addr::BROADCAST, 5);
            assert_eq!(socket.send_to(b"four", all).unwrap_err().kind(), ErrorKind::PermissionDenied);
            socket.set_broadcast(true).unwrap();
            socket.send_to(b"four", all).unwrap();
        }),
    );
    assert_eq!(sim.run().output::<[usize; 2]>(member), Some(&[3, 4]));
}

#[test]
fn options_are_kept_and_unknown_ones_refused() {
    alone(1, || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        assert_eq!(socket.ttl().unwrap(), 64);
        socket.set_ttl(9).unwrap();
        assert_eq!(socket.ttl().unwrap(), 9);
        socket.set_multicast_loop_v4(false).unwrap();
        let socket = socket2::SockRef::from(&socket);
        socket.set_recv_buffer_size(100_000).unwrap();
        assert_eq!(socket.recv_buffer_size().unwrap(), 200_000);
        assert_eq!(socket.r#type().unwrap(), Type::DGRAM);
        assert_eq!(socket.domain().unwrap(), Domain::IPV4);
        // TCP's, on a socket that is not one; and one that nobody knows.
        assert_eq!(socket.set_tcp_nodelay(true).unwrap_err().raw_os_error(), Some(libc::ENOPROTOOPT));
        assert_eq!(set(socket.as_raw_fd(), libc::SOL_UDP, 104, 1), libc::ENOPROTOOPT);
        assert_eq!(set(socket.as_raw_fd(), libc::SOL_SOCKET, 4711, 1), libc::ENOPROTOOPT);
    });
}

fn set(socket: i32, level: i32, name: i32, value: i32) -> i32 {
    // SAFETY: an int and its length.
    match unsafe { libc::setsockopt(socket, level, name, (&raw const value).cast(), 4) } {
        0 => 0,
        _ => std::io::Error::last_os_error().raw_os_error().unwrap(),
    }
}

/// What `recvmsg` says of a datagram: its length, the sender, flags, the address it was sent to, and how long what was
/// said beside it was.
fn received(socket: i32, parts: &mut [&mut [u8]]) -> (isize, i32, Option<Ipv4Addr>, usize) {
    let mut list: Vec<_> =
        parts.iter_mut().map(|p| libc::iovec { iov_base: p.as_mut_ptr().cast(), iov_len: p.len() }).collect();
    let mut control = [0_u64; 16];
    // SAFETY: zeros are a message of nothing, which is filled in.
    unsafe {
        let mut from: libc::sockaddr_in = zeroed();
        let mut message: libc::msghdr = zeroed();
        message.msg_name = (&raw mut from).cast();
        message.msg_namelen = size_of::<libc::sockaddr_in>() as u32;
        message.msg_iov = list.as_mut_ptr();
        message.msg_iovlen = list.len();
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = size_of_val(&control);
        let n = libc::recvmsg(socket, &raw mut message, 0);
        assert_eq!(u16::from_be(from.sin_port), 9);
        let mut at = None;
        let mut header = libc::CMSG_FIRSTHDR(&raw const message);
        while let Some(h) = header.as_ref() {
            if (h.cmsg_level, h.cmsg_type) == (libc::IPPROTO_IP, libc::IP_PKTINFO) {
                let info = libc::CMSG_DATA(h).cast::<libc::in_pktinfo>().read_unaligned();
                at = Some(Ipv4Addr::from(info.ipi_addr.s_addr.to_ne_bytes()));
            }
            header = libc::CMSG_NXTHDR(&raw const message, h);
        }
        (n, message.msg_flags, at, message.msg_controllen)
    }
}

#[test]
fn messages_have_parts_and_something_said_beside_them() {
    pair(1, nothing, || {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).unwrap();
        let fd = socket.as_raw_fd();
        assert_eq!(set(fd, libc::IPPROTO_IP, libc::IP_PKTINFO, 1), 0);
        assert_eq!(set(fd, libc::IPPROTO_IP, libc::IP_RECVTOS, 1), 0);
        let to: SocketAddr = "10.0.0.1:9".parse().unwrap();
        socket.send_to_vectored(&[IoSlice::new(b"hel"), IoSlice::new(b"lo")], &to.into()).unwrap();
        let (mut a, mut b) = ([0; 2], [0; 10]);
        let (n, flags, at, beside) = received(fd, &mut [&mut a, &mut b]);
        assert_eq!((n, flags, at), (5, 0, Some(Ipv4Addr::new(10, 0, 0, 2))));
        assert_eq!((&a, &b[..3]), (b"he", &b"llo"[..]));
        assert_eq!(beside, 32 + 24);
        // Cut off, and said to be.
        socket.send_to(b"hello", &to.into()).unwrap();
        let (n, flags, ..) = received(fd, &mut [&mut a]);
        assert_eq!((n, flags), (2, libc::MSG_TRUNC));
    });
}

#[test]
fn one_call_sends_and_receives_many_and_one_message_may_be_many() {
    pair(1, nothing, || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.connect("server:9").unwrap();
        let fd = socket.as_raw_fd();
        // One of 25 bytes as three: of 10, 10 and 5.
        assert_eq!(set(fd, libc::SOL_UDP, libc::UDP_SEGMENT, 10), 0);
        assert_eq!(socket.send(&[1; 25]).unwrap(), 25);
        assert_eq!(set(fd, libc::SOL_UDP, libc::UDP_SEGMENT, 0), 0);
        let data = [2_u8; 7];
        let mut part = libc::iovec { iov_base: data.as_ptr().cast_mut().cast(), iov_len: 7 };
        // SAFETY: zeros are messages of nothing, which are filled in.
        unsafe {
            let mut messages: [libc::mmsghdr; 2] = zeroed();
            for m in &mut messages {
                (m.msg_hdr.msg_iov, m.msg_hdr.msg_iovlen) = (&raw mut part, 1);
            }
            assert_eq!(libc::sendmmsg(fd, messages.as_mut_ptr(), 2, 0), 2);
            assert_eq!(messages.map(|m| m.msg_len), [7, 7]);
        }
        thread::sleep(Duration::from_millis(100));
        let mut buffers = [[0_u8; 100]; 9];
        let mut parts: Vec<_> =
            buffers.iter_mut().map(|b| libc::iovec { iov_base: b.as_mut_ptr().cast(), iov_len: 100 }).collect();
        // SAFETY: as above.
        let lens = unsafe {
            let mut messages: [libc::mmsghdr; 9] = zeroed();
            for (m, part) in messages.iter_mut().zip(&mut parts) {
                (m.msg_hdr.msg_iov, m.msg_hdr.msg_iovlen) = (part, 1);
            }
            let n = libc::recvmmsg(fd, messages.as_mut_ptr(), 9, libc::MSG_WAITFORONE, std::ptr::null_mut());
            messages[..usize::try_from(n).unwrap()].iter().map(|m| m.msg_len).collect::<Vec<_>>()
        };
        assert_eq!(lens, [10, 10, 5, 7, 7]);
    });
}

#[test]
fn the_sixth_version_hears_the_fourth_as_mapped() {
    pair(1, nothing, || {
        let socket = UdpSocket::bind("[::]:0").unwrap();
        socket.send_to(b"six", "[::ffff:10.0.0.1]:9").unwrap();
        let mut buffer = [MaybeUninit::uninit(); 9];
        let (n, from) = socket2::SockRef::from(&socket).recv_from(&mut buffer).unwrap();
        assert_eq!((n, from.as_socket()), (3, Some("[::ffff:10.0.0.1]:9".parse().unwrap())));
        let none = UdpSocket::bind("[2001:db8::1]:0").unwrap_err();
        assert_eq!(none.kind(), ErrorKind::AddrNotAvailable);
        let error = socket.send_to(b"x", "[2001:db8::1]:9").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ENETUNREACH));
    });
}
