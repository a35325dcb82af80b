//! The C library's streams: `fopen` and its like make one whose bytes come from and go to a simulated descriptor, and
//! all that reads, writes, seeks and prints by it is glibc's own.
//!
//! glibc locks a stream for real while it calls for its bytes. So where that waits for the disk, the other threads of the
//! process stand still meanwhile ([`Life::alone`](crate::hosted::life::Life)); what may wait for another thread, as a
//! pipe, gets no stream.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, Ordering};

use libc::{FILE, size_t, ssize_t};

use super::files::{open_named, temporary_file};
use super::libc_calls;
use crate::base::{Incarnation, ProcessId};
use crate::host::{Real, hosting};
use crate::hosted::errno::Errno;
use crate::hosted::files::OpenFile;
use crate::hosted::thread::{Thread, simulated};
use crate::hosted::wait;

/// What a stream is of.
#[derive(Debug)]
struct Cookie {
    /// Whose; none of the standard streams, which all share.
    owner: Option<(ProcessId, Incarnation)>,
    fd: c_int,
}

#[repr(C)]
struct Functions {
    read: unsafe extern "C" fn(*mut c_void, *mut c_char, size_t) -> ssize_t,
    write: unsafe extern "C" fn(*mut c_void, *const c_char, size_t) -> ssize_t,
    seek: unsafe extern "C" fn(*mut c_void, *mut i64, c_int) -> c_int,
    close: unsafe extern "C" fn(*mut c_void) -> c_int,
}

unsafe extern "C" {
    fn fopencookie(cookie: *mut c_void, mode: *const c_char, functions: Functions) -> *mut FILE;
    static mut stdin: *mut FILE;
    static mut stdout: *mut FILE;
    static mut stderr: *mut FILE;
}

fn new(owner: Option<(ProcessId, Incarnation)>, fd: c_int, mode: &CStr) -> Result<*mut FILE, Errno> {
    let cookie = Box::into_raw(Box::new(Cookie { owner, fd }));
    let functions = Functions { read, write, seek, close };
    // SAFETY: the functions are called with this cookie until the last of them takes it back.
    let stream = unsafe { fopencookie(cookie.cast(), mode.as_ptr(), functions) };
    if stream.is_null() {
        // SAFETY: made above, and nobody has it.
        drop(unsafe { Box::from_raw(cookie) });
        return Err(Errno(libc::ENOMEM));
    }
    Ok(stream)
}

/// What a stream of another process or life does: nothing. glibc keeps one list of all streams of the program.
fn is_anothers(cookie: &Cookie) -> bool {
    let Some(owner) = cookie.owner else { return false };
    simulated().is_none_or(|me| owner != (me.life.process, me.life.incarnation))
}

/// Calls for bytes with the other threads standing still, where it may wait.
fn with<R>(cookie: *mut c_void, failed: R, call: impl FnOnce(c_int) -> R) -> R {
    // SAFETY: `new` gave it, and it is taken back by `close` alone.
    let cookie = unsafe { &*cookie.cast::<Cookie>() };
    if is_anothers(cookie) {
        crate::host::errno::set(libc::EBADF);
        return failed;
    }
    let me = simulated().filter(|me| me.life.is_file(cookie.fd));
    let alone = me.is_some_and(|me| me.life.stand_alone(me.number));
    let result = call(cookie.fd);
    if let Some(me) = me.filter(|_| alone) {
        crate::host::outside(|| wait::wake_all(me.life.not_alone()));
    }
    result
}

unsafe extern "C" fn read(cookie: *mut c_void, into: *mut c_char, len: size_t) -> ssize_t {
    // SAFETY: glibc has so much room there.
    with(cookie, -1, |fd| unsafe { libc::read(fd, into.cast(), len) })
}

unsafe extern "C" fn write(cookie: *mut c_void, from: *const c_char, len: size_t) -> ssize_t {
    // SAFETY: glibc has so many bytes there. Of a write that failed it wants to hear 0.
    with(cookie, 0, |fd| unsafe { libc::write(fd, from.cast(), len) }.max(0))
}

unsafe extern "C" fn seek(cookie: *mut c_void, offset: *mut i64, whence: c_int) -> c_int {
    with(cookie, -1, |fd| {
        // SAFETY: glibc's number can be read and written.
        let at = unsafe { libc::lseek64(fd, *offset, whence) };
        if at < 0 {
            return -1;
        }
        // SAFETY: as above.
        unsafe { *offset = at };
        0
    })
}

unsafe extern "C" fn close(cookie: *mut c_void) -> c_int {
    // SAFETY: `new` gave it, and glibc calls this once.
    let cookie = unsafe { Box::from_raw(cookie.cast::<Cookie>()) };
    if is_anothers(&cookie) {
        return 0;
    }
    if let Some(me) = simulated() {
        me.life.files.streams.borrow_mut().retain(|(_, fd)| *fd != cookie.fd);
    }
    // SAFETY: it has no precondition.
    unsafe { libc::close(cookie.fd) }
}

libc_calls! {
    /// Opens a file and a stream of it.
    fn fopen(path: *const c_char, mode: *const c_char) -> *mut FILE = |me| {
        // SAFETY: libc's contract.
        unsafe { open(me, path, mode) }
    };

    /// As `fopen`.
    fn fopen64(path: *const c_char, mode: *const c_char) -> *mut FILE = |me| {
        // SAFETY: libc's contract.
        unsafe { open(me, path, mode) }
    };

    /// A stream of what is open.
    fn fdopen(fd: c_int, mode: *const c_char) -> *mut FILE = |me| {
        // SAFETY: libc's contract.
        let (mode, _) = parse(unsafe { CStr::from_ptr(mode) })?;
        let what = me.life.open_at(fd)?.object.what();
        if fd >= 3 && !me.life.is_file(fd) {
            super::refuse(me, &format!("`fdopen` of {what}"));
        }
        stream(me, fd, mode)
    };

    /// A file without a name, and a stream of it.
    fn tmpfile() -> *mut FILE = |me| stream(me, temporary_file(me)?, c"w+");

    /// As `tmpfile`.
    fn tmpfile64() -> *mut FILE = |me| stream(me, temporary_file(me)?, c"w+");

    /// Refused.
    fn freopen(_path: *const c_char, _mode: *const c_char, _stream: *mut FILE) -> *mut FILE = |me| {
        super::refuse(me, "`freopen`")
    };

    /// Refused.
    fn freopen64(_path: *const c_char, _mode: *const c_char, _stream: *mut FILE) -> *mut FILE = |me| {
        super::refuse(me, "`freopen64`")
    };

    /// Writes what a stream has not written; of all streams of the process, where none is given.
    fn fflush(stream: *mut FILE) -> c_int = |me| {
        if stream.is_null() {
            flush(me);
            return Ok(0);
        }
        hosting::enter(&super::ANSWERS);
        // SAFETY: libc's contract; outside the simulated world it is glibc's own, whose calls for bytes are answered.
        let result = unsafe { real_flush(stream) };
        hosting::leave();
        Ok::<_, Errno>(result)
    };
}

type Flush = unsafe extern "C" fn(*mut FILE) -> c_int;
// SAFETY: the type is this function's.
static FFLUSH: Real<Flush> = unsafe { Real::new(c"fflush") };

/// # Safety
/// As libc's.
unsafe fn real_flush(stream: *mut FILE) -> c_int {
    // SAFETY: the caller's promise.
    FFLUSH.get().map_or(-1, |real| unsafe { real(stream) })
}

/// # Safety
/// The strings can be read.
unsafe fn open(me: &Thread, path: *const c_char, mode: *const c_char) -> Result<*mut FILE, Errno> {
    // SAFETY: the caller's promise.
    let (mode, flags) = parse(unsafe { CStr::from_ptr(mode) })?;
    // SAFETY: as above.
    let fd = unsafe { open_named(me, path, flags) }?;
    stream(me, fd, mode)
}

/// The mode as `fopencookie` knows it, and the flags of `open`.
fn parse(mode: &CStr) -> Result<(&'static CStr, c_int), Errno> {
    let letters = mode.to_bytes().split(|b| *b == b',').next().unwrap_or_default();
    let both = letters.contains(&b'+');
    let (mode, flags) = match letters.first() {
        Some(b'r') => (if both { c"r+" } else { c"r" }, 0),
        Some(b'w') => (if both { c"w+" } else { c"w" }, libc::O_CREAT | libc::O_TRUNC),
        Some(b'a') => (if both { c"a+" } else { c"a" }, libc::O_CREAT | libc::O_APPEND),
        _ => return Err(Errno(libc::EINVAL)),
    };
    let access = match letters[0] {
        _ if both => libc::O_RDWR,
        b'r' => libc::O_RDONLY,
        _ => libc::O_WRONLY,
    };
    let more = [(b'x', libc::O_EXCL), (b'e', libc::O_CLOEXEC)];
    let more = more.into_iter().filter(|(letter, _)| letters.contains(letter)).fold(0, |all, (_, flag)| all | flag);
    Ok((mode, flags | access | more))
}

fn stream(me: &Thread, fd: c_int, mode: &CStr) -> Result<*mut FILE, Errno> {
    let stream = new(Some((me.life.process, me.life.incarnation)), fd, mode)?;
    me.life.files.streams.borrow_mut().push((stream as usize, fd));
    Ok(stream)
}

/// Writes what the process's streams have not written, as its end by `exit` or the return of its main function does.
pub(in crate::hosted) fn flush(me: &Thread) {
    let all: Vec<usize> = me.life.files.streams.borrow().iter().map(|(stream, _)| *stream).collect();
    let shared = STANDARD.iter().map(|stream| stream.load(Ordering::Relaxed) as usize).filter(|s| *s != 0).skip(1);
    let shared: Vec<usize> = shared.collect();
    if all.is_empty() && shared.is_empty() {
        return;
    }
    hosting::enter(&super::ANSWERS);
    for stream in all.into_iter().chain(shared) {
        // SAFETY: it is in the list until it is closed.
        unsafe { real_flush(stream as *mut FILE) };
    }
    hosting::leave();
}

/// The standard streams of the whole program, once they have been made anew.
static STANDARD: [AtomicPtr<FILE>; 3] = [const { AtomicPtr::new(std::ptr::null_mut()) }; 3];

/// From now on the standard streams of C read and write by `read` and `write`, which are answered on hosted threads and
/// real on others. glibc's own would go past them.
pub(in crate::hosted) fn begin() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        for (fd, mode) in [c"r", c"w", c"w"].into_iter().enumerate() {
            let Ok(stream) = new(None, fd as c_int, mode) else { return };
            let buffered = [libc::_IOFBF, libc::_IOLBF, libc::_IONBF][fd];
            // SAFETY: a new stream; and what the old one has not written is written before it is left.
            unsafe {
                libc::setvbuf(stream, std::ptr::null_mut(), buffered, 0);
                let place = match fd {
                    0 => &raw mut stdin,
                    1 => &raw mut stdout,
                    _ => &raw mut stderr,
                };
                if fd > 0 {
                    real_flush(*place);
                }
                place.write(stream);
            }
            STANDARD[fd].store(stream, Ordering::Relaxed);
        }
    });
}

type Fileno = unsafe extern "C" fn(*mut FILE) -> c_int;
// SAFETY: the type is this function's.
static FILENO: Real<Fileno> = unsafe { Real::new(c"fileno") };

/// The descriptor of a stream: of those that were made here too, which glibc does not know.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(in crate::hosted) unsafe extern "C" fn fileno(stream: *mut FILE) -> c_int {
    if let Some(fd) = STANDARD.iter().position(|s| s.load(Ordering::Relaxed) == stream) {
        return fd as c_int;
    }
    if let Some(me) = simulated() {
        let own = me.life.files.streams.borrow();
        if let Some((_, fd)) = own.iter().find(|(s, _)| *s == stream as usize) {
            return *fd;
        }
    }
    // SAFETY: the caller keeps libc's contract.
    FILENO.get().map_or(-1, |real| unsafe { real(stream) })
}

/// As `fileno`.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(in crate::hosted) unsafe extern "C" fn fileno_unlocked(stream: *mut FILE) -> c_int {
    // SAFETY: the caller keeps libc's contract.
    unsafe { fileno(stream) }
}

/// As `defined`, with those that are not of the macro.
pub(super) fn all() -> Vec<(&'static CStr, *const c_void)> {
    let mut all = defined();
    all.push((c"fileno", fileno as *const c_void));
    all.push((c"fileno_unlocked", fileno_unlocked as *const c_void));
    all
}

impl crate::hosted::life::Life {
    /// Whether it is an open file of the disk.
    fn is_file(&self, fd: c_int) -> bool {
        crate::host::outside(|| self.open_at(fd).is_ok_and(|open| open.is::<OpenFile>(0).is_ok()))
    }
}
