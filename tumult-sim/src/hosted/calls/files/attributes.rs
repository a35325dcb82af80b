//! Permissions, owners and times: kept where programs read them back, and of no effect.

use std::ffi::{c_char, c_int};

use libc::{gid_t, timespec, timeval, uid_t};

use crate::hosted::calls::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::files::{OpenFile, Place, Seen, look, place, text};
use crate::hosted::thread::Thread;
use crate::kernel::disk::{Action, Attribute, Of};

const SECOND_NS: i64 = 1_000_000_000;

/// What is to be changed.
enum Target {
    Path(String),
    Open(c_int),
}

/// # Safety
/// The path is null or ends with a zero.
unsafe fn target(me: &Thread, dir: c_int, path: *const c_char, flags: c_int) -> Result<Target, Errno> {
    // SAFETY: the caller's promise.
    let path = unsafe { text(path) }?;
    if path.is_empty() && flags & libc::AT_EMPTY_PATH != 0 {
        return Ok(Target::Open(dir));
    }
    match place(me, dir, path)? {
        Place::Descriptor(fd) => Ok(Target::Open(fd)),
        place => Ok(Target::Path(place.writable()?)),
    }
}

fn set(me: &Thread, target: &Target, attribute: Attribute) -> Result<c_int, Errno> {
    match target {
        Target::Path(path) => {
            look(me, path, Action::SetAttributes, |d, _| d.set_attribute(Of::Path(path), attribute))?;
        }
        Target::Open(fd) => {
            let open = me.life.open_at(*fd)?;
            let file = open.is::<OpenFile>(libc::EROFS)?;
            file.perform(Action::SetAttributes, &[], |d, fd, _| d.set_attribute(Of::File(fd), attribute))?;
        }
    }
    Ok(0)
}

fn set_mode(me: &Thread, target: &Target, mode: u32) -> Result<c_int, Errno> {
    set(me, target, Attribute::Mode((mode & 0o7777) as u16))
}

/// Owners are not kept: all files are root's.
fn ignore_owner(me: &Thread, target: &Target) -> Result<c_int, Errno> {
    match target {
        Target::Path(path) => look(me, path, Action::Metadata, |d, _| d.metadata(path)).map(|_| 0),
        Target::Open(fd) => me.life.open_at(*fd).map(|_| 0),
    }
}

/// Sets times; `None` leaves one as it is.
fn set_times(me: &Thread, target: &Target, [read, written]: [Option<i64>; 2]) -> Result<c_int, Errno> {
    let seen = match target {
        Target::Path(path) => Seen::at(me, Place::Disk(path.clone()), true)?,
        Target::Open(fd) => Seen::of(&*me.life.open_at(*fd)?)?,
    };
    let stat = seen.stat();
    let whole = |seconds: i64, ns: i64| seconds.saturating_mul(SECOND_NS).saturating_add(ns);
    let read = read.unwrap_or_else(|| whole(stat.st_atime, stat.st_atime_nsec));
    let written = written.unwrap_or_else(|| whole(stat.st_mtime, stat.st_mtime_nsec));
    set(me, target, Attribute::Times(read, written))
}

/// The two times, as `utimensat` takes them.
///
/// # Safety
/// Null, or two times that can be read.
unsafe fn two_times(me: &Thread, times: *const timespec) -> Result<[Option<i64>; 2], Errno> {
    if times.is_null() {
        return Ok([Some(me.life.realtime_ns()); 2]);
    }
    // SAFETY: the caller's promise.
    let times = unsafe { std::slice::from_raw_parts(times, 2) };
    let mut found = [None; 2];
    for (found, time) in found.iter_mut().zip(times) {
        *found = match time.tv_nsec {
            libc::UTIME_OMIT => None,
            libc::UTIME_NOW => Some(me.life.realtime_ns()),
            ns @ 0..SECOND_NS => Some(time.tv_sec.saturating_mul(SECOND_NS).saturating_add(ns)),
            _ => return Err(Errno(libc::EINVAL)),
        };
    }
    Ok(found)
}

/// The two times, as `utimes` takes them.
///
/// # Safety
/// Null, or two times that can be read.
unsafe fn two_old_times(me: &Thread, times: *const timeval) -> [Option<i64>; 2] {
    if times.is_null() {
        return [Some(me.life.realtime_ns()); 2];
    }
    // SAFETY: the caller's promise.
    let times = unsafe { std::slice::from_raw_parts(times, 2) };
    let ns = |time: &timeval| time.tv_sec.saturating_mul(SECOND_NS).saturating_add(time.tv_usec.saturating_mul(1000));
    [Some(ns(&times[0])), Some(ns(&times[1]))]
}

libc_calls! {
    /// Sets permissions, which are kept and forbid nothing.
    fn chmod(path: *const c_char, mode: u32) -> c_int = |me| {
        // SAFETY: libc's contract.
        set_mode(me, &unsafe { target(me, libc::AT_FDCWD, path, 0) }?, mode)
    };
    /// As `chmod`, of what is open.
    fn fchmod(fd: c_int, mode: u32) -> c_int = |me| set_mode(me, &Target::Open(fd), mode);
    /// As `chmod`, relative to a directory.
    fn fchmodat(dir: c_int, path: *const c_char, mode: u32, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        set_mode(me, &unsafe { target(me, dir, path, flags) }?, mode)
    };
    /// Accepted and ignored.
    fn chown(path: *const c_char, _user: uid_t, _group: gid_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        ignore_owner(me, &unsafe { target(me, libc::AT_FDCWD, path, 0) }?)
    };
    /// Accepted and ignored.
    fn lchown(path: *const c_char, _user: uid_t, _group: gid_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        ignore_owner(me, &unsafe { target(me, libc::AT_FDCWD, path, 0) }?)
    };
    /// Accepted and ignored.
    fn fchown(fd: c_int, _user: uid_t, _group: gid_t) -> c_int = |me| ignore_owner(me, &Target::Open(fd));
    /// Accepted and ignored.
    fn fchownat(dir: c_int, path: *const c_char, _user: uid_t, _group: gid_t, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        ignore_owner(me, &unsafe { target(me, dir, path, flags) }?)
    };
    /// Sets the times of the last read and the last write, which are kept until the next write.
    fn utimensat(dir: c_int, path: *const c_char, times: *const timespec, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract; no path is the descriptor itself.
        unsafe {
            let target = if path.is_null() { Target::Open(dir) } else { target(me, dir, path, flags)? };
            set_times(me, &target, two_times(me, times)?)
        }
    };
    /// As `utimensat`, of what is open.
    fn futimens(fd: c_int, times: *const timespec) -> c_int = |me| {
        // SAFETY: libc's contract.
        set_times(me, &Target::Open(fd), unsafe { two_times(me, times) }?)
    };
    /// As `utimensat`, in microseconds.
    fn utimes(path: *const c_char, times: *const timeval) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { set_times(me, &target(me, libc::AT_FDCWD, path, 0)?, two_old_times(me, times)) }
    };
    /// As `utimes`, of what is open.
    fn futimes(fd: c_int, times: *const timeval) -> c_int = |me| {
        // SAFETY: libc's contract.
        set_times(me, &Target::Open(fd), unsafe { two_old_times(me, times) })
    };
}
