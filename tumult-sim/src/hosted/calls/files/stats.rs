//! What is known of a file: `stat` and its like, `access`, room on the disk.

use std::ffi::{c_char, c_int, c_uint};

use crate::hosted::calls::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::files::{Place, Seen, disk, place, text};
use crate::hosted::thread::Thread;

/// # Safety
/// The path is null or ends with a zero.
unsafe fn seen(me: &Thread, dir: c_int, path: *const c_char, flags: c_int) -> Result<Seen, Errno> {
    // SAFETY: the caller's promise.
    let path = unsafe { text(path) }?;
    if path.is_empty() && flags & libc::AT_EMPTY_PATH != 0 {
        if dir == libc::AT_FDCWD {
            return Seen::at(me, place(me, dir, ".")?, true);
        }
        return Seen::of(&*me.life.open_at(dir)?);
    }
    Seen::at(me, place(me, dir, path)?, flags & libc::AT_SYMLINK_NOFOLLOW == 0)
}

/// # Safety
/// `into` is null or can be written to.
unsafe fn put<T>(value: T, into: *mut T) -> Result<c_int, Errno> {
    if into.is_null() {
        return Err(Errno(libc::EFAULT));
    }
    // SAFETY: the caller's promise.
    unsafe { into.write(value) };
    Ok(0)
}

/// # Safety
/// The path is null or ends with a zero.
unsafe fn may(me: &Thread, dir: c_int, path: *const c_char, mode: c_int) -> Result<c_int, Errno> {
    if mode & !(libc::R_OK | libc::W_OK | libc::X_OK) != 0 {
        return Err(Errno(libc::EINVAL));
    }
    // SAFETY: the caller's promise.
    let place = place(me, dir, unsafe { text(path) }?)?.followed();
    let is_real = matches!(place, Place::Real(_));
    let seen = Seen::at(me, place, true)?;
    match () {
        () if is_real && mode & libc::W_OK != 0 => Err(Errno(libc::EROFS)),
        () if seen.may(mode) => Ok(0),
        () => Err(Errno(libc::EACCES)),
    }
}

/// How much fits on a disk without a limit, as programs are told.
const UNLIMITED: u64 = 1 << 40;
/// What `statfs` counts room by.
const BLOCK: u64 = 4096;

/// Blocks in all, and free ones.
fn room(me: &Thread) -> (u64, u64) {
    let (capacity, used) = disk(me, crate::kernel::disk::Disk::room);
    let all = capacity.map_or(UNLIMITED, |bytes| bytes.0);
    (all / BLOCK, all.saturating_sub(used.0) / BLOCK)
}

fn room_as_statfs(me: &Thread) -> libc::statfs64 {
    /// That of ext4.
    const MAGIC: i64 = 0xef53;
    // SAFETY: all zeros is a value of the type.
    let mut seen: libc::statfs64 = unsafe { std::mem::zeroed() };
    (seen.f_blocks, seen.f_bfree) = room(me);
    (seen.f_type, seen.f_bavail) = (MAGIC, seen.f_bfree);
    (seen.f_bsize, seen.f_frsize, seen.f_namelen) = (BLOCK as _, BLOCK as _, 255);
    (seen.f_files, seen.f_ffree) = (1 << 30, 1 << 30);
    seen
}

fn room_as_statvfs(me: &Thread) -> libc::statvfs64 {
    // SAFETY: all zeros is a value of the type.
    let mut seen: libc::statvfs64 = unsafe { std::mem::zeroed() };
    (seen.f_blocks, seen.f_bfree) = room(me);
    seen.f_bavail = seen.f_bfree;
    (seen.f_bsize, seen.f_frsize, seen.f_namemax) = (BLOCK, BLOCK, 255);
    (seen.f_files, seen.f_ffree, seen.f_favail) = (1 << 30, 1 << 30, 1 << 30);
    seen
}

/// Asks whether there is something at a path.
///
/// # Safety
/// The path is null or ends with a zero.
unsafe fn is_there(me: &Thread, path: *const c_char) -> Result<(), Errno> {
    // SAFETY: the caller's promise.
    unsafe { seen(me, libc::AT_FDCWD, path, 0) }.map(drop)
}

libc_calls! {
    /// What is known of what a path leads to.
    fn stat(path: *const c_char, into: *mut libc::stat64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(seen(me, libc::AT_FDCWD, path, 0)?.stat(), into) }
    };
    /// As `stat`.
    fn stat64(path: *const c_char, into: *mut libc::stat64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(seen(me, libc::AT_FDCWD, path, 0)?.stat(), into) }
    };
    /// As `stat`, of a link itself.
    fn lstat(path: *const c_char, into: *mut libc::stat64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(seen(me, libc::AT_FDCWD, path, libc::AT_SYMLINK_NOFOLLOW)?.stat(), into) }
    };
    /// As `lstat`.
    fn lstat64(path: *const c_char, into: *mut libc::stat64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(seen(me, libc::AT_FDCWD, path, libc::AT_SYMLINK_NOFOLLOW)?.stat(), into) }
    };
    /// As `stat`, of what is open.
    fn fstat(fd: c_int, into: *mut libc::stat64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(Seen::of(&*me.life.open_at(fd)?)?.stat(), into) }
    };
    /// As `fstat`.
    fn fstat64(fd: c_int, into: *mut libc::stat64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(Seen::of(&*me.life.open_at(fd)?)?.stat(), into) }
    };
    /// As `stat`, relative to a directory.
    fn fstatat(dir: c_int, path: *const c_char, into: *mut libc::stat64, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(seen(me, dir, path, flags)?.stat(), into) }
    };
    /// As `fstatat`.
    fn fstatat64(dir: c_int, path: *const c_char, into: *mut libc::stat64, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(seen(me, dir, path, flags)?.stat(), into) }
    };
    /// What programs that were built against an older libc call for `stat`.
    fn __xstat(_version: c_int, path: *const c_char, into: *mut libc::stat64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(seen(me, libc::AT_FDCWD, path, 0)?.stat(), into) }
    };
    /// As `__xstat`.
    fn __xstat64(_version: c_int, path: *const c_char, into: *mut libc::stat64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(seen(me, libc::AT_FDCWD, path, 0)?.stat(), into) }
    };
    /// As `__xstat`, for `lstat`.
    fn __lxstat(_version: c_int, path: *const c_char, into: *mut libc::stat64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(seen(me, libc::AT_FDCWD, path, libc::AT_SYMLINK_NOFOLLOW)?.stat(), into) }
    };
    /// As `__lxstat`.
    fn __lxstat64(_version: c_int, path: *const c_char, into: *mut libc::stat64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(seen(me, libc::AT_FDCWD, path, libc::AT_SYMLINK_NOFOLLOW)?.stat(), into) }
    };
    /// As `__xstat`, for `fstat`.
    fn __fxstat(_version: c_int, fd: c_int, into: *mut libc::stat64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(Seen::of(&*me.life.open_at(fd)?)?.stat(), into) }
    };
    /// As `__fxstat`.
    fn __fxstat64(_version: c_int, fd: c_int, into: *mut libc::stat64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(Seen::of(&*me.life.open_at(fd)?)?.stat(), into) }
    };
    /// As `__xstat`, for `fstatat`.
    fn __fxstatat(_version: c_int, dir: c_int, path: *const c_char, into: *mut libc::stat64, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(seen(me, dir, path, flags)?.stat(), into) }
    };
    /// As `__fxstatat`.
    fn __fxstatat64(_version: c_int, dir: c_int, path: *const c_char, into: *mut libc::stat64, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(seen(me, dir, path, flags)?.stat(), into) }
    };
    /// As `fstatat`, with the time of making.
    fn statx(
        dir: c_int,
        path: *const c_char,
        flags: c_int,
        _mask: c_uint,
        into: *mut libc::statx,
    ) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { put(seen(me, dir, path, flags)?.statx(), into) }
    };
    /// Whether there is something, and it may be read, written, run.
    fn access(path: *const c_char, mode: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { may(me, libc::AT_FDCWD, path, mode) }
    };
    /// As `access`, relative to a directory.
    fn faccessat(dir: c_int, path: *const c_char, mode: c_int, _flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { may(me, dir, path, mode) }
    };
    /// As `access`.
    fn eaccess(path: *const c_char, mode: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { may(me, libc::AT_FDCWD, path, mode) }
    };
    /// The room on the disk.
    fn statfs(path: *const c_char, into: *mut libc::statfs64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { is_there(me, path).and_then(|()| put(room_as_statfs(me), into)) }
    };
    /// As `statfs`.
    fn statfs64(path: *const c_char, into: *mut libc::statfs64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { is_there(me, path).and_then(|()| put(room_as_statfs(me), into)) }
    };
    /// As `statfs`, by what is open.
    fn fstatfs(fd: c_int, into: *mut libc::statfs64) -> c_int = |me| {
        me.life.open_at(fd)?;
        // SAFETY: libc's contract.
        unsafe { put(room_as_statfs(me), into) }
    };
    /// As `fstatfs`.
    fn fstatfs64(fd: c_int, into: *mut libc::statfs64) -> c_int = |me| {
        me.life.open_at(fd)?;
        // SAFETY: libc's contract.
        unsafe { put(room_as_statfs(me), into) }
    };
    /// As `statfs`, as POSIX has it.
    fn statvfs(path: *const c_char, into: *mut libc::statvfs64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { is_there(me, path).and_then(|()| put(room_as_statvfs(me), into)) }
    };
    /// As `statvfs`.
    fn statvfs64(path: *const c_char, into: *mut libc::statvfs64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { is_there(me, path).and_then(|()| put(room_as_statvfs(me), into)) }
    };
    /// As `statvfs`, by what is open.
    fn fstatvfs(fd: c_int, into: *mut libc::statvfs64) -> c_int = |me| {
        me.life.open_at(fd)?;
        // SAFETY: libc's contract.
        unsafe { put(room_as_statvfs(me), into) }
    };
    /// As `fstatvfs`.
    fn fstatvfs64(fd: c_int, into: *mut libc::statvfs64) -> c_int = |me| {
        me.life.open_at(fd)?;
        // SAFETY: libc's contract.
        unsafe { put(room_as_statvfs(me), into) }
    };
}
