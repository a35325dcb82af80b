//! epoll, mode by mode, on both arms.

use std::thread;
use std::time::Duration;

use libc::{EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLONESHOT, EPOLLOUT};

use super::os::{Epoll, add, both, close, count, dup, eventfd, pipe, read, result, timed, write};

#[test]
fn level_stays_while_it_holds() {
    both(|| {
        let (epoll, [reader, writer]) = (Epoll::new(), pipe(libc::O_NONBLOCK));
        epoll.add(reader, EPOLLIN, 5);
        let mut seen = vec![epoll.now()];
        write(writer, b"ab").unwrap();
        seen.extend([epoll.now(), epoll.now()]);
        read(reader, 1).unwrap();
        seen.push(epoll.now());
        read(reader, 1).unwrap();
        seen.extend([epoll.now(), epoll.now()]);
        write(writer, b"c").unwrap();
        seen.push(epoll.now());
        seen
    });
}

#[test]
fn edge_comes_once_for_each_arrival() {
    let seen = both(|| {
        let (epoll, [reader, writer]) = (Epoll::new(), pipe(libc::O_NONBLOCK));
        epoll.add(reader, EPOLLIN | EPOLLET, 5);
        let mut seen = vec![epoll.now()];
        write(writer, b"ab").unwrap();
        seen.extend([epoll.now(), epoll.now()]);
        read(reader, 1).unwrap();
        seen.push(epoll.now());
        write(writer, b"c").unwrap();
        write(writer, b"d").unwrap();
        seen.extend([epoll.now(), epoll.now()]);
        read(reader, 9).unwrap();
        seen.push(epoll.now());
        seen
    });
    assert_eq!(seen.iter().filter(|s| !s.is_empty()).count(), 2);
}

#[test]
fn an_edge_of_a_counter_that_is_not_read_is_one_too() {
    both(|| {
        let (epoll, fd) = (Epoll::new(), eventfd(3, libc::EFD_NONBLOCK));
        epoll.add(fd, EPOLLIN | EPOLLET, 1);
        let mut seen = vec![epoll.now(), epoll.now()];
        for _ in 0..3 {
            add(fd, 1).unwrap();
            seen.extend([epoll.now(), epoll.now()]);
        }
        (seen, count(fd))
    });
}

#[test]
fn one_shot_comes_once_until_it_is_asked_for_again() {
    both(|| {
        let (epoll, fd) = (Epoll::new(), eventfd(1, libc::EFD_NONBLOCK));
        let mut seen = vec![];
        for mode in [0, EPOLLET] {
            epoll.add(fd, EPOLLIN | EPOLLONESHOT | mode, 1);
            seen.extend([epoll.now(), epoll.now()]);
            add(fd, 1).unwrap();
            seen.push(epoll.now());
            epoll.change(fd, EPOLLIN | EPOLLONESHOT | mode, 2);
            seen.extend([epoll.now(), epoll.now()]);
            epoll.change(fd, EPOLLOUT | mode, 3);
            seen.extend([epoll.now(), epoll.now()]);
            epoll.remove(fd);
        }
        seen
    });
}

#[test]
fn a_change_reports_what_holds_already() {
    both(|| {
        let (epoll, fd) = (Epoll::new(), eventfd(0, libc::EFD_NONBLOCK));
        epoll.add(fd, EPOLLIN | EPOLLET, 1);
        let mut seen = vec![epoll.now()];
        epoll.change(fd, EPOLLOUT | EPOLLET, 2);
        seen.extend([epoll.now(), epoll.now()]);
        epoll.change(fd, EPOLLOUT | EPOLLET, 3);
        seen.extend([epoll.now(), epoll.now()]);
        epoll.change(fd, EPOLLIN, 4);
        seen.push(epoll.now());
        add(fd, 1).unwrap();
        seen.push(epoll.now());
        epoll.change(fd, 0, 5);
        seen.push(epoll.now());
        seen
    });
}

#[test]
fn mistakes_have_their_numbers() {
    both(|| {
        let (epoll, fd) = (Epoll::new(), eventfd(0, 0));
        let mut seen = vec![
            epoll.control(EPOLL_CTL_MOD, fd, EPOLLIN, 0),
            epoll.control(EPOLL_CTL_DEL, fd, 0, 0),
            epoll.control(EPOLL_CTL_ADD, fd, EPOLLIN, 0),
            epoll.control(EPOLL_CTL_ADD, fd, EPOLLIN, 0),
            epoll.control(77, fd, EPOLLIN, 0),
            epoll.control(EPOLL_CTL_ADD, -1, EPOLLIN, 0),
            epoll.control(EPOLL_CTL_ADD, epoll.0, EPOLLIN, 0),
            Epoll(fd).control(EPOLL_CTL_ADD, epoll.0, EPOLLIN, 0),
            Epoll(-1).control(EPOLL_CTL_ADD, fd, EPOLLIN, 0),
            epoll.control(EPOLL_CTL_MOD, fd, EPOLLIN | libc::EPOLLEXCLUSIVE, 0),
        ];
        let other = eventfd(0, 0);
        let exclusive = libc::EPOLLEXCLUSIVE;
        seen.extend([
            epoll.control(EPOLL_CTL_ADD, other, EPOLLIN | EPOLLONESHOT | exclusive, 0),
            epoll.control(EPOLL_CTL_ADD, Epoll::new().0, EPOLLIN | exclusive, 0),
            epoll.control(EPOLL_CTL_ADD, other, EPOLLIN | exclusive, 0),
            epoll.control(EPOLL_CTL_MOD, other, EPOLLIN, 0),
            epoll.control(EPOLL_CTL_DEL, other, 0, 0),
        ]);
        let mut event = libc::epoll_event { events: 0, u64: 0 };
        // SAFETY: events can be written, or it is refused before.
        unsafe {
            seen.extend([
                result(libc::epoll_wait(epoll.0, &raw mut event, 0, 0)),
                result(libc::epoll_wait(epoll.0, &raw mut event, -1, 0)),
                result(libc::epoll_wait(fd, &raw mut event, 1, 0)),
                result(libc::epoll_wait(-1, &raw mut event, 1, 0)),
                result(libc::epoll_ctl(epoll.0, EPOLL_CTL_ADD, fd, std::ptr::null_mut())),
                result(libc::epoll_create(0)),
                result(libc::epoll_create1(1)),
            ]);
        }
        seen
    });
}

#[test]
fn several_instances_have_each_their_own() {
    both(|| {
        let (first, second, fd) = (Epoll::new(), Epoll::new(), eventfd(0, libc::EFD_NONBLOCK));
        first.add(fd, EPOLLIN | EPOLLET, 1);
        second.add(fd, EPOLLIN, 2);
        add(fd, 1).unwrap();
        let mut seen = vec![first.now(), second.now(), first.now(), second.now()];
        close(first.0);
        seen.push(second.now());
        count(fd).unwrap();
        add(fd, 1).unwrap();
        seen.push(second.now());
        seen
    });
}

#[test]
fn an_instance_in_an_instance_is_readable_while_it_has_something() {
    both(|| {
        let (outer, inner, fd) = (Epoll::new(), Epoll::new(), eventfd(0, libc::EFD_NONBLOCK));
        outer.add(inner.0, EPOLLIN, 1);
        inner.add(fd, EPOLLIN, 2);
        let mut seen = vec![outer.now()];
        add(fd, 1).unwrap();
        seen.extend([outer.now(), outer.now(), inner.now(), outer.now()]);
        count(fd).unwrap();
        seen.extend([outer.now(), inner.now()]);
        add(fd, 1).unwrap();
        seen.extend([outer.now(), inner.now()]);
        let turned = inner.control(EPOLL_CTL_ADD, outer.0, EPOLLIN, 0);
        (seen, turned)
    });
}

#[test]
fn instances_are_not_nested_without_end() {
    both(|| {
        let all: Vec<_> = (0..8).map(|_| Epoll::new()).collect();
        // Each new one around the one before.
        all.windows(2).map(|two| two[1].control(EPOLL_CTL_ADD, two[0].0, EPOLLIN, 0)).collect::<Vec<_>>()
    });
}

#[test]
fn what_was_closed_is_not_reported_and_its_number_is_free() {
    both(|| {
        let epoll = Epoll::new();
        let fd = eventfd(1, 0);
        epoll.add(fd, EPOLLIN, 1);
        close(fd);
        let mut seen = vec![epoll.now()];
        let again = eventfd(1, 0);
        epoll.add(again, EPOLLIN, 2);
        seen.push(epoll.now());
        (again == fd, seen)
    });
}

#[test]
fn what_is_open_under_another_number_is_still_reported() {
    both(|| {
        let (epoll, fd) = (Epoll::new(), eventfd(1, 0));
        let other = dup(fd);
        epoll.add(fd, EPOLLIN, 1);
        epoll.add(other, EPOLLIN, 2);
        let mut seen = vec![epoll.now()];
        close(fd);
        seen.push(epoll.now());
        let gone = epoll.control(EPOLL_CTL_DEL, fd, 0, 0);
        close(other);
        seen.push(epoll.now());
        (seen, gone)
    });
}

#[test]
fn events_come_in_the_order_in_which_they_came_up() {
    let seen = both(|| {
        let epoll = Epoll::new();
        let fds: Vec<_> = (0..5).map(|_| eventfd(0, libc::EFD_NONBLOCK)).collect();
        for (fd, n) in fds.iter().zip(0..) {
            epoll.add(*fd, EPOLLIN, n);
        }
        for n in [3, 1, 4, 0] {
            add(fds[n], 1).unwrap();
        }
        let mut seen = vec![epoll.wait(2, 0), epoll.wait(2, 0), epoll.wait(2, 0)];
        add(fds[2], 1).unwrap();
        count(fds[4]).unwrap();
        seen.extend([epoll.wait(3, 0), epoll.wait(16, 0)]);
        seen
    });
    let first: Vec<u64> = seen[..2].iter().flatten().map(|e| e.0).collect();
    assert_eq!(first, [3, 1, 4, 0]);
}

#[test]
fn a_wait_ends_when_something_comes_up_or_its_time_is_over() {
    let (all, times) = both(|| {
        let (epoll, fd) = (Epoll::new(), eventfd(0, libc::EFD_NONBLOCK));
        epoll.add(fd, EPOLLIN | EPOLLET, 1);
        let early = timed(|| epoll.wait(1, 30));
        let other = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            add(fd, 1)
        });
        let late = timed(|| epoll.wait(1, -1));
        other.join().unwrap().unwrap();
        let none = timed(|| epoll.wait(1, 0)).0;
        let long_enough = [early.1 >= Duration::from_millis(30), late.1 >= Duration::from_millis(15)];
        ([early.0, late.0, none], long_enough)
    });
    assert_eq!((all[1].len(), times), (1, [true, true]));
}

#[test]
fn who_waits_is_told_of_what_is_registered_meanwhile() {
    both(|| {
        let (epoll, fd) = (Epoll::new(), eventfd(1, 0));
        let other = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            epoll.add(fd, EPOLLIN, 9);
        });
        let seen = epoll.wait(4, 10_000);
        other.join().unwrap();
        seen
    });
}

#[test]
fn an_edge_is_one_threads_and_each_thread_that_waits_has_its_turn() {
    both(|| {
        let (epoll, fd) = (Epoll::new(), eventfd(0, libc::EFD_NONBLOCK));
        epoll.add(fd, EPOLLIN | EPOLLET, 1);
        let all: Vec<_> = (0..3).map(|_| thread::spawn(move || epoll.wait(1, -1).len())).collect();
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(20));
            add(fd, 1).unwrap();
        }
        all.into_iter().map(|t| t.join().unwrap()).sum::<usize>()
    });
}

#[test]
fn the_ends_of_a_pipe_say_when_the_other_is_gone() {
    both(|| {
        let epoll = Epoll::new();
        let ([reader, writer], [reader2, writer2]) = (pipe(libc::O_NONBLOCK), pipe(libc::O_NONBLOCK));
        epoll.add(reader, EPOLLIN, 1);
        epoll.add(writer2, EPOLLOUT | EPOLLET, 2);
        let mut seen = vec![epoll.now(), epoll.now()];
        write(writer, b"x").unwrap();
        close(writer);
        seen.push(epoll.now());
        read(reader, 9).unwrap();
        seen.push(epoll.now());
        let end = read(reader, 9);
        while write(writer2, &[0; 4096]).is_ok() {}
        seen.push(epoll.now());
        read(reader2, 4096).unwrap();
        seen.push(epoll.now());
        close(reader2);
        seen.push(epoll.now());
        // Without asking for it.
        epoll.change(writer2, 0, 3);
        seen.push(epoll.now());
        assert!(seen.iter().flatten().any(|e| e.1 & (EPOLLHUP | EPOLLERR) != 0));
        (seen, end)
    });
}

#[test]
fn a_counter_blocks_counts_and_overflows_as_the_kernels() {
    both(|| {
        let (fd, semaphore) = (eventfd(5, libc::EFD_NONBLOCK), eventfd(2, libc::EFD_SEMAPHORE | libc::EFD_NONBLOCK));
        let mut seen = vec![count(fd), count(fd), count(semaphore), count(semaphore), count(semaphore)];
        let mut wrote = vec![add(fd, u64::MAX), add(fd, u64::MAX - 1), add(fd, 1), write(fd, b"short")];
        seen.push(count(fd));
        wrote.push(read(fd, 4).map(|_| 0));
        let blocking = eventfd(0, 0);
        let other = thread::spawn(move || {
            thread::sleep(Duration::from_millis(10));
            add(blocking, 4)
        });
        seen.push(count(blocking));
        wrote.push(other.join().unwrap());
        let mut value = 0;
        // SAFETY: the value can be written.
        unsafe {
            wrote.push(result(libc::eventfd_write(fd, 8)));
            wrote.push(result(libc::eventfd_read(fd, &raw mut value)));
        }
        (seen, wrote, value)
    });
}
