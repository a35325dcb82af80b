//! std's Unix sockets, within a process.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::thread;
use std::time::Duration;

use crate::threads::alone;

#[test]
fn a_pair_speaks_both_ways_and_ends_in_order() {
    let (said, _) = alone(1, || {
        let (mut here, mut there) = UnixStream::pair().unwrap();
        let t = thread::spawn(move || {
            let mut all = vec![];
            there.read_to_end(&mut all).unwrap();
            there.write_all(&all[all.len() - 3..]).unwrap();
            all.len()
        });
        // More than the pipe holds: it waits.
        here.write_all(&vec![1; 200_000]).unwrap();
        here.write_all(b"end").unwrap();
        here.shutdown(Shutdown::Write).unwrap();
        let mut said = String::new();
        here.read_to_string(&mut said).unwrap();
        assert_eq!(here.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
        (said, t.join().unwrap())
    });
    assert_eq!(said, ("end".to_string(), 200_003));
}

#[test]
fn what_was_left_unread_is_a_reset_and_what_does_not_block_says_so() {
    alone(1, || {
        let (mut here, mut there) = UnixStream::pair().unwrap();
        here.set_nonblocking(true).unwrap();
        assert_eq!(here.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(here.write(&vec![0; 100_000]).unwrap(), 65_536);
        assert_eq!(here.write(&[0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        there.write_all(b"abc").unwrap();
        let mut unread = 0;
        // SAFETY: an int.
        assert_eq!(unsafe { libc::ioctl(here.as_raw_fd(), libc::FIONREAD, &raw mut unread) }, 0);
        assert_eq!(unread, 3);
        // SAFETY: three bytes.
        let peeked = unsafe { libc::recv(here.as_raw_fd(), [0_u8; 3].as_mut_ptr().cast(), 3, libc::MSG_PEEK) };
        assert_eq!((peeked, here.read(&mut [0; 9]).unwrap()), (3, 3));
        drop(there);
        assert_eq!(here.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(here.read(&mut [0]).unwrap(), 0);
        let (mut one, _other) = UnixStream::pair().unwrap();
        one.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        assert_eq!(one.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

#[test]
fn listeners_have_paths_or_names_of_their_process() {
    let (served, _) = alone(1, || {
        assert_eq!(UnixStream::connect("/run/x").unwrap_err().kind(), ErrorKind::NotFound);
        let listener = UnixListener::bind("/run/x").unwrap();
        assert_eq!(UnixListener::bind("/run/x").unwrap_err().kind(), ErrorKind::AddrInUse);
        let server = thread::spawn(move || {
            let mut served = vec![];
            for _ in 0..3 {
                let (mut stream, _) = listener.accept().unwrap();
                let mut all = String::new();
                stream.read_to_string(&mut all).unwrap();
                served.push(all);
            }
            served
        });
        for n in 0..3 {
            let mut stream = UnixStream::connect("/run/x").unwrap();
            assert_eq!(stream.peer_addr().unwrap().as_pathname().unwrap().to_str(), Some("/run/x"));
            write!(stream, "client {n}").unwrap();
        }
        let served = server.join().unwrap();
        let name = SocketAddr::from_abstract_name(b"hidden").unwrap();
        let listener = UnixListener::bind_addr(&name).unwrap();
        let mut stream = UnixStream::connect_addr(&name).unwrap();
        stream.write_all(b"x").unwrap();
        listener.set_nonblocking(true).unwrap();
        listener.accept().unwrap();
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        drop(listener);
        assert_eq!(UnixStream::connect_addr(&name).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        served
    });
    assert_eq!(served, ["client 0", "client 1", "client 2"]);
}

#[test]
fn datagrams_are_whole_and_none_is_lost() {
    alone(1, || {
        let server = UnixDatagram::bind("/run/d").unwrap();
        let t = thread::spawn(move || {
            let mut sum = 0;
            for _ in 0..2000 {
                sum += server.recv(&mut [0; 9]).unwrap();
            }
            sum
        });
        let client = UnixDatagram::unbound().unwrap();
        client.connect("/run/d").unwrap();
        for n in 0..2000 {
            client.send(&[0; 9][..n % 9]).unwrap();
        }
        assert_eq!(t.join().unwrap(), (0..2000).map(|n| n % 9).sum::<usize>());
        assert_eq!(client.send(b"x").unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let (a, b) = UnixDatagram::pair().unwrap();
        a.send(b"one").unwrap();
        a.send(b"two").unwrap();
        assert_eq!(b.recv(&mut [0; 2]).unwrap(), 2);
        assert_eq!(b.recv(&mut [0; 9]).unwrap(), 3);
        b.set_nonblocking(true).unwrap();
        assert_eq!(b.recv(&mut [0; 9]).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}
