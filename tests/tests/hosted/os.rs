//! libc's calls as tests use them, and the helper that runs one body on both arms.

use std::ffi::c_int;
use std::fmt::Debug;
use std::time::Duration;

use libc::epoll_event;

use super::threads::alone;

/// Runs `body` as a hosted program, twice, and as a thread of this very program on the real system: with the same result
/// each time.
#[track_caller]
pub(crate) fn both<T: Clone + Debug + PartialEq + Send + 'static>(body: fn() -> T) -> T {
    let (hosted, hash) = alone(7, body);
    assert_eq!(alone(7, body), (hosted.clone(), hash), "the same seed gives the same run");
    let real = std::thread::spawn(body).join().unwrap();
    assert_eq!(hosted, real, "hosted and real differ");
    hosted
}

/// What a call gave: its number, or the error's.
pub(crate) fn result(number: c_int) -> Result<c_int, c_int> {
    if number < 0 { Err(std::io::Error::last_os_error().raw_os_error().unwrap()) } else { Ok(number) }
}

pub(crate) fn eventfd(count: u32, flags: c_int) -> c_int {
    // SAFETY: no precondition.
    result(unsafe { libc::eventfd(count, flags) }).unwrap()
}

/// A pipe: its reader, its writer.
pub(crate) fn pipe(flags: c_int) -> [c_int; 2] {
    let mut fds = [0; 2];
    // SAFETY: two numbers can be written.
    result(unsafe { libc::pipe2(fds.as_mut_ptr(), flags) }).unwrap();
    fds
}

pub(crate) fn write(fd: c_int, bytes: &[u8]) -> Result<c_int, c_int> {
    // SAFETY: the bytes can be read.
    result(unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) } as c_int)
}

pub(crate) fn read(fd: c_int, most: usize) -> Result<Vec<u8>, c_int> {
    let mut bytes = vec![0; most];
    // SAFETY: the bytes can be written.
    let n = result(unsafe { libc::read(fd, bytes.as_mut_ptr().cast(), most) } as c_int)?;
    bytes.truncate(n as usize);
    Ok(bytes)
}

/// A counter's value, as `read` takes it.
pub(crate) fn count(fd: c_int) -> Result<u64, c_int> {
    read(fd, 8).map(|bytes| u64::from_ne_bytes(bytes.try_into().unwrap()))
}

pub(crate) fn add(fd: c_int, n: u64) -> Result<c_int, c_int> {
    write(fd, &n.to_ne_bytes())
}

pub(crate) fn close(fd: c_int) {
    // SAFETY: the test owns the descriptor.
    assert_eq!(result(unsafe { libc::close(fd) }), Ok(0));
}

pub(crate) fn dup(fd: c_int) -> c_int {
    // SAFETY: no precondition.
    result(unsafe { libc::dup(fd) }).unwrap()
}

/// An epoll instance.
#[derive(Clone, Copy)]
pub(crate) struct Epoll(pub(crate) c_int);

impl Epoll {
    pub(crate) fn new() -> Self {
        // SAFETY: no precondition.
        Self(result(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }).unwrap())
    }

    pub(crate) fn control(self, operation: c_int, fd: c_int, events: c_int, data: u64) -> Result<c_int, c_int> {
        let mut event = epoll_event { events: events as u32, u64: data };
        // SAFETY: the event can be read.
        result(unsafe { libc::epoll_ctl(self.0, operation, fd, &raw mut event) })
    }

    pub(crate) fn add(self, fd: c_int, events: c_int, data: u64) {
        self.control(libc::EPOLL_CTL_ADD, fd, events, data).unwrap();
    }

    pub(crate) fn change(self, fd: c_int, events: c_int, data: u64) {
        self.control(libc::EPOLL_CTL_MOD, fd, events, data).unwrap();
    }

    pub(crate) fn remove(self, fd: c_int) {
        self.control(libc::EPOLL_CTL_DEL, fd, 0, 0).unwrap();
    }

    /// What comes up within so many milliseconds, at most so much: data and events.
    pub(crate) fn wait(self, most: usize, millis: c_int) -> Vec<(u64, c_int)> {
        let mut events = vec![epoll_event { events: 0, u64: 0 }; most];
        // SAFETY: the events can be written.
        let n = result(unsafe { libc::epoll_wait(self.0, events.as_mut_ptr(), most as c_int, millis) }).unwrap();
        events[..n as usize].iter().map(|e| (e.u64, e.events as c_int)).collect()
    }

    /// What there is now.
    pub(crate) fn now(self) -> Vec<(u64, c_int)> {
        self.wait(16, 0)
    }
}

/// How long something takes.
pub(crate) fn timed<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let begun = std::time::Instant::now();
    let value = f();
    (value, begun.elapsed())
}
