//! What all descriptors have in common: `read`, `write`, `close`, `dup`, `fcntl`.

use std::ffi::{c_int, c_void};
use std::rc::Rc;

use libc::iovec;

use super::files::locks;
use super::libc_calls;
use crate::hosted::descriptors::Open;
use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;
use crate::hosted::wait;

/// The bytes that a caller gives or wants. No length of a call is longer than Linux takes at once.
const LONGEST: usize = 0x7fff_f000;

/// # Safety
/// `len` bytes can be read there while the result is in use.
pub(super) unsafe fn bytes<'a>(from: *const c_void, len: usize) -> Result<&'a [u8], Errno> {
    match len.min(LONGEST) {
        0 => Ok(&[]),
        _ if from.is_null() => Err(Errno(libc::EFAULT)),
        // SAFETY: the caller's promise.
        len => Ok(unsafe { std::slice::from_raw_parts(from.cast(), len) }),
    }
}

/// # Safety
/// `len` bytes can be written there while the result is in use.
pub(super) unsafe fn bytes_mut<'a>(into: *mut c_void, len: usize) -> Result<&'a mut [u8], Errno> {
    match len.min(LONGEST) {
        0 => Ok(&mut []),
        _ if into.is_null() => Err(Errno(libc::EFAULT)),
        // SAFETY: the caller's promise.
        len => Ok(unsafe { std::slice::from_raw_parts_mut(into.cast(), len) }),
    }
}

/// # Safety
/// `count` parts can be read there, and what they name while the result is in use.
pub(super) unsafe fn parts<'a>(parts: *const iovec, count: c_int) -> Result<&'a [iovec], Errno> {
    match usize::try_from(count) {
        Ok(0) => Ok(&[]),
        // What Linux takes at most.
        Ok(count @ 1..=1024) if !parts.is_null() => {
            // SAFETY: the caller's promise.
            Ok(unsafe { std::slice::from_raw_parts(parts, count) })
        }
        _ => Err(Errno(libc::EINVAL)),
    }
}

/// `read`, which `host` defines.
pub(super) fn read_at_fd(me: &Thread, fd: c_int, into: *mut c_void, len: usize) -> Result<isize, Errno> {
    wait::interleave(me);
    let open = me.life.open_at(fd)?;
    // SAFETY: libc's contract.
    let into = unsafe { bytes_mut(into, len) }?;
    open.object.read(me, into, open.how()).map(usize::cast_signed)
}

/// `readv`, which `host` defines.
pub(super) fn readv_at_fd(me: &Thread, fd: c_int, list: *const iovec, count: c_int) -> Result<isize, Errno> {
    wait::interleave(me);
    let open = me.life.open_at(fd)?;
    // SAFETY: libc's contract.
    let list = unsafe { parts(list, count) }?;
    if open.object.is_of_messages() {
        let mut whole = vec![0; list.iter().map(|p| p.iov_len).sum()];
        let n = open.object.read(me, &mut whole, open.how())?;
        // SAFETY: libc's contract.
        unsafe { scatter(&whole[..n], list) };
        return Ok(n.cast_signed());
    }
    let (mut done, mut how) = (0, open.how());
    for part in list.iter().filter(|p| p.iov_len > 0) {
        // SAFETY: libc's contract.
        let into = unsafe { bytes_mut(part.iov_base, part.iov_len) }?;
        match open.object.read(me, into, how) {
            Ok(n) => {
                done += n;
                if n < part.iov_len {
                    break;
                }
                // The rest of what is there, and no wait for more.
                how.nonblocking = true;
            }
            Err(_) if done > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(done.cast_signed())
}

/// Puts bytes into parts, in turn.
///
/// # Safety
/// The parts can be written to.
pub(super) unsafe fn scatter(mut from: &[u8], parts: &[iovec]) {
    for part in parts {
        let n = part.iov_len.min(from.len());
        // SAFETY: the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), part.iov_base.cast(), n) };
        from = &from[n..];
    }
}

/// All bytes of parts, in one piece.
///
/// # Safety
/// The parts can be read.
pub(super) unsafe fn gather(parts: &[iovec]) -> Result<Vec<u8>, Errno> {
    let mut whole = Vec::with_capacity(parts.iter().map(|p| p.iov_len).sum());
    for part in parts {
        // SAFETY: the caller's promise.
        whole.extend_from_slice(unsafe { bytes(part.iov_base, part.iov_len) }?);
    }
    Ok(whole)
}

/// What is about to be written to. Others may go first, where that is sound.
fn opened(me: &Thread, fd: c_int) -> Result<Rc<Open>, Errno> {
    let open = me.life.open_at(fd)?;
    if !open.object.may_interleave() {
        return Ok(open);
    }
    drop(open);
    wait::interleave(me);
    me.life.open_at(fd)
}

libc_calls! {
    /// Writes to whatever the descriptor stands for.
    fn write(fd: c_int, from: *const c_void, len: usize) -> isize = |me| {
        let open = opened(me, fd)?;
        // SAFETY: libc's contract.
        let from = unsafe { bytes(from, len) }?;
        open.object.write(me, from, open.how()).map(usize::cast_signed)
    };

    /// As `write`, of several parts.
    fn writev(fd: c_int, list: *const iovec, count: c_int) -> isize = |me| {
        let open = opened(me, fd)?;
        // SAFETY: libc's contract.
        let list = unsafe { parts(list, count) }?;
        if list.len() == 1 {
            // SAFETY: libc's contract.
            let from = unsafe { bytes(list[0].iov_base, list[0].iov_len) }?;
            return open.object.write(me, from, open.how()).map(usize::cast_signed);
        }
        // SAFETY: libc's contract.
        let whole = unsafe { gather(list) }?;
        open.object.write(me, &whole, open.how()).map(usize::cast_signed)
    };

    /// Closes a descriptor.
    fn close(fd: c_int) -> c_int = |me| me.life.close(fd).map(|()| 0);

    /// Another descriptor for the same.
    fn dup(fd: c_int) -> c_int = |me| me.life.duplicate(fd, 0, false);

    /// The same at a given number: one of the standard streams', or one that was given out here.
    fn dup2(fd: c_int, to: c_int) -> c_int = |me| {
        if fd == to { me.life.open_at(fd).map(|_| fd) } else { me.life.duplicate_to(fd, to, false) }
    };

    /// As `dup2`.
    fn dup3(fd: c_int, to: c_int, flags: c_int) -> c_int = |me| {
        if fd == to {
            return Err(Errno(libc::EINVAL));
        }
        me.life.duplicate_to(fd, to, flags & libc::O_CLOEXEC != 0)
    };

    /// Flags and duplicates. C declares it variadic: see `syscall` in `host`.
    fn fcntl(fd: c_int, command: c_int, argument: usize) -> c_int = |me| control(me, fd, command, argument);

    /// The name under which C code compiled for large files knows `fcntl`.
    fn fcntl64(fd: c_int, command: c_int, argument: usize) -> c_int = |me| control(me, fd, command, argument);
}

fn control(me: &Thread, fd: c_int, command: c_int, argument: usize) -> Result<c_int, Errno> {
    /// What `F_SETFL` may change.
    const CHANGEABLE: c_int = libc::O_APPEND | libc::O_NONBLOCK | libc::O_ASYNC | libc::O_DIRECT | libc::O_NOATIME;
    let flags = argument as c_int;
    match command {
        libc::F_DUPFD => me.life.duplicate(fd, flags, false),
        libc::F_DUPFD_CLOEXEC => me.life.duplicate(fd, flags, true),
        libc::F_GETFD => Ok(c_int::from(*me.life.descriptors.borrow_mut().close_on_exec(fd)?)),
        libc::F_SETFD => {
            *me.life.descriptors.borrow_mut().close_on_exec(fd)? = flags & libc::FD_CLOEXEC != 0;
            Ok(0)
        }
        libc::F_GETFL => Ok(me.life.open_at(fd)?.status.get()),
        libc::F_SETFL => {
            let open = me.life.open_at(fd)?;
            open.status.set(open.status.get() & !CHANGEABLE | flags & CHANGEABLE);
            open.object.set_status(open.status.get());
            Ok(0)
        }
        _ if locks::is_of_locks(command) => {
            // SAFETY: libc's contract: null, or a lock that can be read and written.
            let lock = unsafe { (argument as *mut libc::flock64).as_mut() }.ok_or(Errno(libc::EFAULT))?;
            locks::control(me, fd, command, lock)
        }
        _ => super::refuse(me, &format!("`fcntl` with command {command}")),
    }
}
