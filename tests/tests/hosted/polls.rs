//! `poll`, `select` and pipes, on both arms.

use std::ffi::c_int;
use std::io::{PipeWriter, Read, Write};
use std::ptr::{null, null_mut};
use std::thread;
use std::time::Duration;

use libc::{POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLRDNORM, pollfd};

use super::os::{add, both, close, eventfd, pipe, read, result, timed, write};

/// What is so of each, within so many milliseconds.
fn poll(fds: &[(c_int, i16)], millis: c_int) -> (Result<c_int, c_int>, Vec<i16>) {
    let mut fds: Vec<_> = fds.iter().map(|(fd, events)| pollfd { fd: *fd, events: *events, revents: 99 }).collect();
    // SAFETY: so many can be written.
    let found = result(unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as _, millis) });
    (found, fds.iter().map(|fd| fd.revents).collect())
}

#[test]
fn poll_tells_what_is_so_of_each() {
    let seen = both(|| {
        let ([reader, writer], fd) = (pipe(0), eventfd(1, 0));
        let all = [(reader, POLLIN), (writer, POLLOUT), (fd, POLLIN | POLLOUT), (-1, POLLIN), (1 << 29, POLLIN)];
        let mut seen = vec![poll(&all, 0)];
        write(writer, b"x").unwrap();
        seen.push(poll(&all, 0));
        seen.push(poll(&[(reader, POLLRDNORM), (fd, 0)], -1));
        close(writer);
        seen.push(poll(&[(reader, 0)], 0));
        read(reader, 1).unwrap();
        seen.push(poll(&[(reader, POLLIN)], 0));
        seen
    });
    assert_eq!(seen[0].1, [0, POLLOUT, POLLIN | POLLOUT, 0, POLLNVAL]);
    assert_eq!((seen[3].1[0] & POLLHUP, seen[3].1[0] & POLLERR), (POLLHUP, 0));
}

#[test]
fn poll_waits_for_the_first_of_several() {
    both(|| {
        let fds: Vec<_> = (0..4).map(|_| eventfd(0, 0)).collect();
        let all: Vec<_> = fds.iter().map(|fd| (*fd, POLLIN)).collect();
        let (late, took) = timed(|| poll(&all, 30));
        let (third, fourth) = (fds[2], fds[3]);
        let other = thread::spawn(move || {
            for fd in [third, fourth] {
                thread::sleep(Duration::from_millis(20));
                add(fd, 1).unwrap();
            }
        });
        let first = poll(&all, -1);
        other.join().unwrap();
        (late, took >= Duration::from_millis(30), first, poll(&all, -1))
    });
}

#[test]
fn select_sleeps() {
    both(|| {
        let mut span = libc::timeval { tv_sec: 0, tv_usec: 20_000 };
        // SAFETY: there are no sets; times can be read and written.
        let (n, took) = timed(|| unsafe { libc::select(0, null_mut(), null_mut(), null_mut(), &raw mut span) });
        let exact = libc::timespec { tv_sec: 0, tv_nsec: 10_000_000 };
        // SAFETY: as above.
        let (m, took2) =
            timed(|| unsafe { libc::pselect(0, null_mut(), null_mut(), null_mut(), &raw const exact, null()) });
        let long_enough = (took >= Duration::from_millis(20), took2 >= Duration::from_millis(10));
        (n, m, long_enough, span.tv_sec, span.tv_usec)
    });
}

#[test]
fn by_number_they_are_the_same() {
    both(|| {
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: 6 };
        // SAFETY: each gets what it asks for.
        unsafe {
            let epoll = libc::syscall(libc::SYS_epoll_create1, 0);
            let fd = libc::syscall(libc::SYS_eventfd2, 1, 0);
            let mut fds = [0; 2];
            let piped = libc::syscall(libc::SYS_pipe2, fds.as_mut_ptr(), 0);
            let added = libc::syscall(libc::SYS_epoll_ctl, epoll, libc::EPOLL_CTL_ADD, fd, &raw mut event);
            event.u64 = 0;
            let found = libc::syscall(libc::SYS_epoll_pwait, epoll, &raw mut event, 1, -1, null::<u8>(), 8_usize);
            let mut one = pollfd { fd: fd as c_int, events: POLLIN, revents: 0 };
            let polled = libc::syscall(libc::SYS_ppoll, &raw mut one, 1, null::<u8>(), null::<u8>(), 8_usize);
            let data = event.u64;
            (epoll >= 0, fd >= 0, piped, added, found, data, polled, one.revents)
        }
    });
}

#[test]
fn a_pipe_carries_all_in_order_and_blocks() {
    both(|| {
        let (mut reader, mut writer) = std::io::pipe().unwrap();
        let other = thread::spawn(move || {
            let all: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
            writer.write_all(&all).unwrap();
        });
        let mut all = vec![];
        reader.read_to_end(&mut all).unwrap();
        other.join().unwrap();
        (all.len(), all.iter().zip(0_u32..).all(|(byte, n)| *byte == n as u8))
    });
}

#[test]
fn a_pipe_without_a_reader_is_broken_and_a_full_one_would_block() {
    both(|| {
        let [reader, writer] = pipe(libc::O_NONBLOCK);
        let empty = read(reader, 1);
        let mut taken = 0;
        let full = loop {
            match write(writer, &[7; 4096]) {
                Ok(n) => taken += n,
                Err(number) => break number,
            }
        };
        let wrong = (read(writer, 1), write(reader, b"x"));
        close(reader);
        (empty, taken, full, write(writer, b"x"), wrong)
    });
}

#[test]
fn what_a_call_still_uses_is_closed_when_it_returns() {
    both(|| {
        let ([reader, writer], [told, tell]) = (pipe(0), pipe(0));
        // SAFETY: nobody else has the descriptor.
        let mut tell: PipeWriter = unsafe { std::os::fd::FromRawFd::from_raw_fd(tell) };
        let waits = thread::spawn(move || {
            let got = read(reader, 4);
            tell.write_all(b"!").unwrap();
            got
        });
        thread::sleep(Duration::from_millis(20));
        close(reader);
        write(writer, b"late").unwrap();
        let got = waits.join().unwrap();
        read(told, 1).unwrap();
        (got, write(writer, b"x"))
    });
}
