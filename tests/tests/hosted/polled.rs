//! What epoll says of sockets in each state, and what calls say there: inside the simulation as on the real system.

use std::mem::zeroed;
use std::os::fd::RawFd;
use std::thread::sleep;
use std::time::Duration;

use crate::threads::alone;

/// Sockets of C, and what is noted of them.
struct Notes {
    epoll: RawFd,
    notes: Vec<(String, i64)>,
}

fn errno() -> i64 {
    -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap())
}

/// What a call gave, or its error as a negative number.
fn result(n: i64) -> i64 {
    if n < 0 { errno() } else { n }
}

impl Notes {
    fn new() -> Self {
        // SAFETY: no precondition.
        Self { epoll: unsafe { libc::epoll_create1(0) }, notes: vec![] }
    }

    fn note(&mut self, what: &str, n: i64) {
        self.notes.push((what.to_string(), n));
    }

    /// Notes what epoll says of it now; 0: nothing.
    fn ready(&mut self, what: &str, fd: RawFd) {
        // Long enough for what is under way to arrive.
        sleep(Duration::from_millis(20));
        let all = (libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLPRI) as u32;
        let mut event = libc::epoll_event { events: all, u64: 0 };
        // SAFETY: a descriptor, and room for one event.
        let said = unsafe {
            assert_eq!(libc::epoll_ctl(self.epoll, libc::EPOLL_CTL_ADD, fd, &raw mut event), 0, "{what}");
            let n = libc::epoll_wait(self.epoll, &raw mut event, 1, 0);
            libc::epoll_ctl(self.epoll, libc::EPOLL_CTL_DEL, fd, std::ptr::null_mut());
            if n == 0 { 0 } else { event.events }
        };
        self.note(what, said.into());
    }

    fn read(&mut self, what: &str, fd: RawFd) {
        let mut buffer = [0_u8; 100];
        // SAFETY: as long as said.
        let n = unsafe { libc::recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), libc::MSG_DONTWAIT) };
        self.note(what, result(n as i64));
    }

    fn write(&mut self, what: &str, fd: RawFd) {
        let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        // SAFETY: as long as said.
        let n = unsafe { libc::send(fd, b"abc".as_ptr().cast(), 3, flags) };
        self.note(what, result(n as i64));
    }

    fn error(&mut self, what: &str, fd: RawFd) {
        let (mut value, mut len) = (-1_i32, 4);
        // SAFETY: an int and its length.
        unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, libc::SO_ERROR, (&raw mut value).cast(), &raw mut len) };
        self.note(what, value.into());
    }

    fn shut(&mut self, what: &str, fd: RawFd, how: i32) {
        // SAFETY: a descriptor.
        let n = unsafe { libc::shutdown(fd, how) };
        self.note(what, result(n.into()));
    }
}

fn socket(family: i32, sort: i32) -> RawFd {
    // SAFETY: no precondition.
    unsafe { libc::socket(family, sort | libc::SOCK_NONBLOCK, 0) }
}

fn close(fd: RawFd) {
    // SAFETY: a descriptor of ours.
    unsafe { libc::close(fd) };
}

fn close_all<const N: usize>(all: [RawFd; N]) {
    all.into_iter().for_each(close);
}

fn loopback(port: u16) -> libc::sockaddr_in {
    // SAFETY: an address of zeros is one.
    let mut at: libc::sockaddr_in = unsafe { zeroed() };
    at.sin_family = libc::AF_INET as u16;
    at.sin_port = port.to_be();
    at.sin_addr.s_addr = u32::from_ne_bytes([127, 0, 0, 1]);
    at
}

const LEN: u32 = size_of::<libc::sockaddr_in>() as u32;

/// Binds to a free port of the loopback, and gives it.
fn bind(fd: RawFd) -> u16 {
    let (mut at, mut len) = (loopback(0), LEN);
    // SAFETY: an address and its length.
    unsafe {
        assert_eq!(libc::bind(fd, (&raw const at).cast(), LEN), 0);
        assert_eq!(libc::getsockname(fd, (&raw mut at).cast(), &raw mut len), 0);
    }
    u16::from_be(at.sin_port)
}

fn connect(fd: RawFd, port: u16) -> i64 {
    let at = loopback(port);
    // SAFETY: an address and its length.
    result(unsafe { libc::connect(fd, (&raw const at).cast(), LEN) }.into())
}

fn accept(fd: RawFd) -> RawFd {
    sleep(Duration::from_millis(20));
    // SAFETY: nulls say that the address is not wanted.
    unsafe { libc::accept4(fd, std::ptr::null_mut(), std::ptr::null_mut(), libc::SOCK_NONBLOCK) }
}

fn linger_not(fd: RawFd) {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    // SAFETY: a structure and its length.
    unsafe { libc::setsockopt(fd, libc::SOL_SOCKET, libc::SO_LINGER, (&raw const linger).cast(), 8) };
}

/// Two ends of a connection, and its listener.
fn connection() -> (RawFd, RawFd, RawFd, u16) {
    let listener = socket(libc::AF_INET, libc::SOCK_STREAM);
    let port = bind(listener);
    // SAFETY: a descriptor.
    unsafe { libc::listen(listener, 5) };
    let a = socket(libc::AF_INET, libc::SOCK_STREAM);
    connect(a, port);
    (a, accept(listener), listener, port)
}

fn fill(fd: RawFd) {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: as long as said.
    let send = || unsafe { libc::send(fd, [0_u8; 10_000].as_ptr().cast(), 10_000, flags) };
    // What arrives makes room, until the other end has none.
    while send() > 0 {
        while send() > 0 {}
        sleep(Duration::from_millis(300));
    }
}

fn tcp() -> Vec<(String, i64)> {
    let mut n = Notes::new();
    let fresh = socket(libc::AF_INET, libc::SOCK_STREAM);
    n.ready("fresh", fresh);
    n.read("read fresh", fresh);
    n.write("write fresh", fresh);
    let other = socket(libc::AF_INET, libc::SOCK_STREAM);
    n.shut("shut fresh", other, libc::SHUT_WR);
    close(other);
    let port = bind(fresh);
    n.ready("bound", fresh);
    let refused = socket(libc::AF_INET, libc::SOCK_STREAM);
    n.note("connect", connect(refused, port));
    n.ready("refused", refused);
    n.error("its error", refused);
    n.ready("refused and told", refused);
    n.error("once", refused);

    // SAFETY: a descriptor.
    unsafe { libc::listen(fresh, 5) };
    n.ready("listener", fresh);
    n.read("read listener", fresh);
    let a = socket(libc::AF_INET, libc::SOCK_STREAM);
    connect(a, port);
    n.ready("listener with one", fresh);
    n.ready("connected and not accepted", a);
    let b = accept(fresh);
    n.ready("listener without", fresh);
    n.note("connect made", connect(a, port));
    n.note("connect again", connect(a, port));
    n.ready("connected", a);
    n.read("nothing", b);
    n.write("write", a);
    n.ready("with data", b);
    n.shut("half", a, libc::SHUT_WR);
    n.ready("half-closed with data", b);
    n.read("the data", b);
    n.ready("half-closed", b);
    n.read("the end", b);
    n.ready("who has half-closed", a);
    n.write("write after", a);
    n.shut("other half", b, libc::SHUT_WR);
    n.ready("both", b);
    n.ready("both, the other", a);
    n.read("the end there", a);
    n.write("write after both", b);
    close_all([a, b, refused, fresh]);

    let (a, b, listener, _) = connection();
    linger_not(b);
    close(b);
    n.ready("reset", a);
    n.write("write reset", a);
    n.ready("reset and told", a);
    n.read("read reset", a);
    n.write("write again", a);
    close_all([a, listener]);

    let (a, b, listener, _) = connection();
    n.write("unread", a);
    sleep(Duration::from_millis(20));
    close(b);
    n.ready("closed with something unread", a);
    n.read("read it", a);
    n.read("and again", a);
    close_all([a, listener]);

    let (a, b, listener, _) = connection();
    close(b);
    n.ready("closed", a);
    n.write("write to nobody", a);
    n.ready("written to nobody", a);
    n.error("which is an error", a);
    close_all([a, listener]);

    let (a, b, listener, _) = connection();
    fill(a);
    n.ready("full", a);
    n.write("write full", a);
    n.shut("deaf", b, libc::SHUT_RD);
    n.ready("deaf to what is there", b);
    n.shut("all", b, libc::SHUT_RDWR);
    n.ready("shut at all", b);
    close_all([a, b, listener]);

    let (a, b, listener, _) = connection();
    n.shut("deaf before", b, libc::SHUT_RD);
    n.ready("deaf", b);
    n.read("read deaf", b);
    n.shut("listener", listener, libc::SHUT_RD);
    n.ready("listener shut", listener);
    close_all([a, b, listener]);
    close(n.epoll);
    n.notes
}

fn udp() -> Vec<(String, i64)> {
    let mut n = Notes::new();
    let a = socket(libc::AF_INET, libc::SOCK_DGRAM);
    n.ready("fresh", a);
    n.write("write fresh", a);
    n.shut("shut fresh", a, libc::SHUT_RD);
    close(a);
    let (a, b) = (socket(libc::AF_INET, libc::SOCK_DGRAM), socket(libc::AF_INET, libc::SOCK_DGRAM));
    let port = bind(a);
    n.ready("bound", a);
    n.note("connect", connect(b, port));
    n.write("write", b);
    n.ready("with one", a);
    n.read("it", a);
    n.read("no more", a);
    close(a);
    n.write("write to nobody", b);
    n.ready("refused", b);
    n.read("and told", b);
    n.ready("told", b);
    n.shut("deaf", b, libc::SHUT_RD);
    n.ready("deaf", b);
    n.read("read deaf", b);
    n.shut("and dumb", b, libc::SHUT_WR);
    n.ready("both", b);
    n.write("write dumb", b);
    close(b);
    close(n.epoll);
    n.notes
}

fn unix_pair(sort: i32) -> [RawFd; 2] {
    let mut both = [0; 2];
    // SAFETY: room for two.
    unsafe { libc::socketpair(libc::AF_UNIX, sort | libc::SOCK_NONBLOCK, 0, both.as_mut_ptr()) };
    both
}

fn unix() -> Vec<(String, i64)> {
    let mut n = Notes::new();
    let fresh = socket(libc::AF_UNIX, libc::SOCK_STREAM);
    n.ready("fresh", fresh);
    n.read("read fresh", fresh);
    n.write("write fresh", fresh);
    close(fresh);
    let [a, b] = unix_pair(libc::SOCK_STREAM);
    n.ready("pair", a);
    n.read("nothing", a);
    n.write("write", a);
    n.ready("with data", b);
    n.shut("half", a, libc::SHUT_WR);
    n.ready("half-closed", b);
    n.ready("who has", a);
    n.write("write after", a);
    n.read("the data", b);
    n.read("the end", b);
    n.shut("other half", b, libc::SHUT_WR);
    n.ready("both", a);
    n.write("write after both", a);
    n.read("read after both", a);
    close_all([a, b]);
    let [a, b] = unix_pair(libc::SOCK_STREAM);
    close(b);
    n.ready("closed", a);
    n.write("write closed", a);
    n.read("read closed", a);
    close(a);
    let [a, b] = unix_pair(libc::SOCK_STREAM);
    n.write("unread", a);
    close(b);
    n.ready("left unread", a);
    n.read("told", a);
    n.ready("and then", a);
    n.read("the end after", a);
    close(a);
    let [a, b] = unix_pair(libc::SOCK_STREAM);
    fill(a);
    n.ready("full", a);
    n.write("write full", a);
    n.ready("to be read", b);
    close_all([a, b]);
    let [a, b] = unix_pair(libc::SOCK_DGRAM);
    n.ready("datagrams", a);
    n.write("write one", a);
    n.ready("with one", b);
    n.read("it", b);
    n.read("no more", b);
    close(b);
    n.write("write to nobody", a);
    close(a);
    close(n.epoll);
    n.notes
}

/// Both columns, where they differ.
fn differences(scenario: fn() -> Vec<(String, i64)>) -> Vec<String> {
    let (simulated, real) = (alone(1, scenario).0, scenario());
    assert_eq!(simulated.len(), real.len());
    let both = simulated.iter().zip(&real).filter(|(s, r)| s != r);
    both.map(|(s, r)| format!("{}: {:#x}, but {:#x} for real", s.0, s.1, r.1)).collect()
}

#[test]
fn tcp_says_what_linux_says() {
    assert_eq!(differences(tcp), [""; 0]);
}

#[test]
fn udp_says_what_linux_says() {
    assert_eq!(differences(udp), [""; 0]);
}

#[test]
fn unix_says_what_linux_says() {
    assert_eq!(differences(unix), [""; 0]);
}
