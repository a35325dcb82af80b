//! Copies from one descriptor to another, and room in advance.

use std::ffi::{c_int, c_uint};

use libc::off64_t;

use crate::hosted::calls::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::files::{OpenFile, RealFile};
use crate::hosted::thread::Thread;
use crate::kernel::disk::Action;

/// So much is copied at once: callers go on with the rest.
const AT_ONCE: usize = 1 << 20;

/// Reads where a pointer says, or else at the position; gives what was read.
///
/// # Safety
/// The pointer is null, or can be read and written.
unsafe fn taken(me: &Thread, fd: c_int, at: *mut off64_t, len: usize) -> Result<Vec<u8>, Errno> {
    let open = me.life.open_at(fd)?;
    let mut bytes = vec![0; len.min(AT_ONCE)];
    // SAFETY: the caller's promise.
    let n = match unsafe { at.as_ref() } {
        None => open.object.read(me, &mut bytes, open.how())?,
        Some(at) => {
            let at = u64::try_from(*at).map_err(|_| Errno(libc::EINVAL))?;
            match open.is::<RealFile>(libc::ESPIPE) {
                Ok(real) => real.read_at(&mut bytes, at)?,
                Err(_) => open.is::<OpenFile>(libc::ESPIPE)?.read_at(&mut bytes, at)?,
            }
        }
    };
    bytes.truncate(n);
    Ok(bytes)
}

/// # Safety
/// The pointers are null, or can be read and written.
unsafe fn copy(
    me: &Thread,
    from: (c_int, *mut off64_t),
    to: (c_int, *mut off64_t),
    len: usize,
) -> Result<isize, Errno> {
    let target = me.life.open_at(to.0)?;
    let source = me.life.open_at(from.0)?;
    let file = target.is::<OpenFile>(libc::EINVAL)?.writable(libc::EBADF)?;
    if target.status.get() & libc::O_APPEND != 0 {
        return Err(Errno(libc::EBADF));
    }
    if let Ok(source) = source.is::<OpenFile>(0) {
        source.readable()?;
        // SAFETY: the caller's promise.
        let (a, b) = unsafe { (from.1.as_ref().copied(), to.1.as_ref().copied()) };
        if let (Some(a), Some(b)) = (a, b)
            && source.ino == file.ino
            // As far as there is something to copy.
            && a.abs_diff(b) < (len as u64).min(source.len().saturating_sub(a.cast_unsigned()))
        {
            return Err(Errno(libc::EINVAL));
        }
    } else {
        source.is::<RealFile>(libc::EINVAL)?;
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { taken(me, from.0, from.1, len) }?;
    let mut done = 0;
    while done < bytes.len() {
        // SAFETY: the caller's promise.
        let written = match unsafe { to.1.as_mut() } {
            None => target.object.write(me, &bytes[done..], target.how()),
            Some(at) => {
                let offset = u64::try_from(*at).map_err(|_| Errno(libc::EINVAL))?;
                file.write_at(&bytes[done..], offset).map(|(n, _)| {
                    *at += n as off64_t;
                    n
                })
            }
        };
        match written {
            Ok(n) => done += n,
            Err(_) if done > 0 => break,
            Err(error) => return Err(error),
        }
    }
    // SAFETY: the caller's promise.
    if let Some(at) = unsafe { from.1.as_mut() } {
        *at += done as off64_t;
    }
    Ok(done.cast_signed())
}

/// # Safety
/// The pointer is null, or can be read and written.
unsafe fn send(me: &Thread, to: c_int, from: c_int, at: *mut off64_t, len: usize) -> Result<isize, Errno> {
    let target = me.life.open_at(to)?;
    let source = me.life.open_at(from)?;
    // SAFETY: the caller's promise.
    let given = unsafe { at.as_ref() }.copied();
    let offset = match (given, source.is::<OpenFile>(0)) {
        (Some(at), _) => at,
        (None, Ok(file)) => file.seek(me, 0, libc::SEEK_CUR)?,
        (None, Err(_)) => source.is::<RealFile>(libc::EINVAL)?.seek(me, 0, libc::SEEK_CUR)?,
    };
    let mut place = offset;
    // SAFETY: a place of our own.
    let bytes = unsafe { taken(me, from, &raw mut place, len) }?;
    let n = if bytes.is_empty() { 0 } else { target.object.write(me, &bytes, target.how())? };
    let after = offset + n as off64_t;
    // SAFETY: the caller's promise.
    match (unsafe { at.as_mut() }, source.is::<OpenFile>(0)) {
        (Some(at), _) => *at = after,
        (None, Ok(file)) => drop(file.seek(me, after, libc::SEEK_SET)?),
        (None, Err(_)) => drop(source.is::<RealFile>(libc::EINVAL)?.seek(me, after, libc::SEEK_SET)?),
    }
    Ok(n.cast_signed())
}

/// Makes room: what lies between the end and the end of the room reads as zeros. Room past the end that leaves the
/// length, and holes, change nothing but what is read.
fn allocate(me: &Thread, fd: c_int, mode: c_int, at: off64_t, len: off64_t) -> Result<(), Errno> {
    let open = me.life.open_at(fd)?;
    let file = open.is::<OpenFile>(libc::ESPIPE)?.writable(libc::EBADF)?;
    let (Ok(at), Ok(len @ 1..)) = (u64::try_from(at), u64::try_from(len)) else { return Err(Errno(libc::EINVAL)) };
    let end = at.checked_add(len).filter(|end| i64::try_from(*end).is_ok()).ok_or(Errno(libc::EFBIG))?;
    let keeps = mode & libc::FALLOC_FL_KEEP_SIZE != 0;
    let zeros = match mode & !libc::FALLOC_FL_KEEP_SIZE {
        0 => false,
        libc::FALLOC_FL_PUNCH_HOLE if keeps => true,
        libc::FALLOC_FL_ZERO_RANGE => true,
        _ => return Err(Errno(libc::EOPNOTSUPP)),
    };
    me.life.files.maps.borrow().take(file.ino);
    let what = [at.to_le_bytes(), end.to_le_bytes()].concat();
    file.perform(Action::Allocate, &what, |d, fd, now| {
        let before = d.len(fd)?;
        if !keeps && end > before {
            d.set_len(fd, end, now)?;
        }
        if zeros && at < before {
            let zeros = vec![0; (end.min(before) - at) as usize];
            d.write_at(fd, at, &zeros, now)?;
        }
        Ok(())
    })?;
    file.renew();
    Ok(())
}

/// What gives its error instead of leaving it in `errno`.
fn told(result: Result<(), Errno>) -> c_int {
    result.map_or_else(|error| error.0, |()| 0)
}

libc_calls! {
    /// Copies from file to file.
    fn copy_file_range(
        from: c_int,
        from_at: *mut off64_t,
        to: c_int,
        to_at: *mut off64_t,
        len: usize,
        flags: c_uint,
    ) -> isize = |me| {
        if flags != 0 {
            return Err(Errno(libc::EINVAL));
        }
        // SAFETY: libc's contract.
        unsafe { copy(me, (from, from_at), (to, to_at), len) }
    };
    /// Copies from a file to anything.
    fn sendfile(to: c_int, from: c_int, at: *mut off64_t, len: usize) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { send(me, to, from, at, len) }
    };
    /// As `sendfile`.
    fn sendfile64(to: c_int, from: c_int, at: *mut off64_t, len: usize) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { send(me, to, from, at, len) }
    };
    /// Makes a file longer, or zeros a part of it.
    fn fallocate(fd: c_int, mode: c_int, at: off64_t, len: off64_t) -> c_int = |me| {
        allocate(me, fd, mode, at, len).map(|()| 0)
    };
    /// As `fallocate`.
    fn fallocate64(fd: c_int, mode: c_int, at: off64_t, len: off64_t) -> c_int = |me| {
        allocate(me, fd, mode, at, len).map(|()| 0)
    };
    /// Makes a file longer.
    fn posix_fallocate(fd: c_int, at: off64_t, len: off64_t) -> c_int = |me| Ok(told(allocate(me, fd, 0, at, len)));
    /// As `posix_fallocate`.
    fn posix_fallocate64(fd: c_int, at: off64_t, len: off64_t) -> c_int = |me| Ok(told(allocate(me, fd, 0, at, len)));
    /// Accepted and ignored.
    fn posix_fadvise(fd: c_int, _at: off64_t, _len: off64_t, _advice: c_int) -> c_int = |me| {
        Ok(told(me.life.open_at(fd).map(drop)))
    };
    /// Accepted and ignored.
    fn posix_fadvise64(fd: c_int, _at: off64_t, _len: off64_t, _advice: c_int) -> c_int = |me| {
        Ok(told(me.life.open_at(fd).map(drop)))
    };
    /// Accepted and ignored.
    fn readahead(fd: c_int, _at: off64_t, _len: usize) -> isize = |me| me.life.open_at(fd).map(|_| 0);
    /// Nothing that is simulated is a terminal.
    fn isatty(fd: c_int) -> c_int = |me| {
        // It says 0 for no, in place of -1.
        crate::host::errno::set(match me.life.open_at(fd) {
            Ok(_) => libc::ENOTTY,
            Err(Errno(number)) => number,
        });
        Ok(0)
    };
}
