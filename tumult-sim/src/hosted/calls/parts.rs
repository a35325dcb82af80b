//! `sendmsg` and `recvmsg`: messages of several parts, with what is said beside them; and many of these at once.

use std::ffi::{c_int, c_uint};

use libc::{mmsghdr, msghdr, timespec};

use super::descriptors::{bytes, bytes_mut, gather, parts, scatter};
use super::libc_calls;
use super::messages::{how, receiving};
use super::sockets::socket_of;
use crate::hosted::address::Address;
use crate::hosted::control;
use crate::hosted::errno::Errno;
use crate::hosted::object::How;
use crate::hosted::sockets::{Outgoing, Socket};
use crate::hosted::thread::Thread;
use crate::hosted::wait;

/// As many messages does one call take (`UIO_MAXIOV`).
const MOST: c_uint = 1024;

libc_calls! {
    /// Sends a message of several parts.
    fn sendmsg(fd: c_int, message: *const msghdr, flags: c_int) -> isize = |me| {
        wait::interleave(me);
        let open = me.life.open_at(fd)?;
        // SAFETY: libc's contract.
        let sent = unsafe { send(me, socket_of(&open)?, message, how(&open, flags)) }?;
        Ok(sent.cast_signed())
    };

    /// Receives one.
    fn recvmsg(fd: c_int, message: *mut msghdr, flags: c_int) -> isize = |me| {
        wait::interleave(me);
        let open = me.life.open_at(fd)?;
        // SAFETY: libc's contract.
        let received = unsafe { receive(me, socket_of(&open)?, message, flags, how(&open, flags)) }?;
        Ok(received.cast_signed())
    };

    /// Sends many messages, until one fails. Gives how many, or the error of the first.
    fn sendmmsg(fd: c_int, messages: *mut mmsghdr, count: c_uint, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { send_many(me, fd, messages, count, flags) }
    };

    /// Receives many: as many as there are, after a first one.
    fn recvmmsg(fd: c_int, messages: *mut mmsghdr, count: c_uint, flags: c_int, limit: *mut timespec) -> c_int = |me| {
        let _ = limit;
        // SAFETY: libc's contract.
        unsafe { receive_many(me, fd, messages, count, flags) }
    };
}

/// # Safety
/// As of `sendmmsg`.
unsafe fn send_many(
    me: &Thread,
    fd: c_int,
    messages: *mut mmsghdr,
    count: c_uint,
    flags: c_int,
) -> Result<c_int, Errno> {
    wait::interleave(me);
    let open = me.life.open_at(fd)?;
    let (socket, how) = (socket_of(&open)?, how(&open, flags));
    // SAFETY: the caller's promise.
    unsafe { each(messages, count, |message| send(me, socket, message, how)) }
}

/// Does something with one message after the other, until it fails, and notes how long each was. Gives how many, or the
/// error of the first.
///
/// # Safety
/// There are so many, and they can be written to.
unsafe fn each(
    messages: *mut mmsghdr,
    count: c_uint,
    mut one: impl FnMut(*mut msghdr) -> Result<usize, Errno>,
) -> Result<c_int, Errno> {
    let mut done = 0;
    for n in 0..count.min(MOST) {
        // SAFETY: the caller's promise.
        let message = unsafe { &mut *messages.add(n as usize) };
        match one(&raw mut message.msg_hdr) {
            Ok(len) => message.msg_len = len as c_uint,
            Err(error) if done == 0 => return Err(error),
            Err(_) => break,
        }
        done += 1;
    }
    Ok(done)
}

/// # Safety
/// As of `recvmmsg`.
unsafe fn receive_many(
    me: &Thread,
    fd: c_int,
    messages: *mut mmsghdr,
    count: c_uint,
    flags: c_int,
) -> Result<c_int, Errno> {
    wait::interleave(me);
    let open = me.life.open_at(fd)?;
    let socket = socket_of(&open)?;
    let mut how = how(&open, flags);
    // SAFETY: the caller's promise.
    unsafe {
        each(messages, count, |message| {
            let received = receive(me, socket, message, flags, how);
            how.nonblocking |= flags & libc::MSG_WAITFORONE != 0;
            received
        })
    }
}

/// # Safety
/// As of `sendmsg`.
unsafe fn send(me: &Thread, socket: &dyn Socket, message: *const msghdr, how: How) -> Result<usize, Errno> {
    // SAFETY: the caller's promise.
    let m = unsafe { message.as_ref() }.ok_or(Errno(libc::EFAULT))?;
    // SAFETY: as above.
    let (list, said, to) = unsafe {
        let list = parts(m.msg_iov, c_int::try_from(m.msg_iovlen).map_err(|_| Errno(libc::EMSGSIZE))?)?;
        let said = control::read(bytes(m.msg_control, m.msg_controllen)?)?;
        if said.descriptors {
            super::refuse(me, "`sendmsg` with descriptors (SCM_RIGHTS)");
        }
        let to = if m.msg_name.is_null() || m.msg_namelen == 0 {
            None
        } else {
            Some(Address::read(m.msg_name.cast_const().cast(), m.msg_namelen)?)
        };
        (list, said, to)
    };
    let one = |from: &[u8]| socket.send(me, &Outgoing { bytes: from, to: to.as_ref(), segment: said.segment }, how);
    match list {
        // SAFETY: the caller's promise.
        [part] => one(unsafe { bytes(part.iov_base, part.iov_len) }?),
        // SAFETY: the caller's promise.
        list => one(&unsafe { gather(list) }?),
    }
}

/// # Safety
/// As of `recvmsg`.
unsafe fn receive(
    me: &Thread,
    socket: &dyn Socket,
    message: *mut msghdr,
    flags: c_int,
    how: How,
) -> Result<usize, Errno> {
    // SAFETY: the caller's promise.
    let m = unsafe { message.as_mut() }.ok_or(Errno(libc::EFAULT))?;
    // SAFETY: as above.
    let list = unsafe { parts(m.msg_iov, c_int::try_from(m.msg_iovlen).map_err(|_| Errno(libc::EMSGSIZE))?) }?;
    let what = receiving(flags)?;
    let arrived = match list {
        // SAFETY: as above.
        [part] => socket.receive(me, unsafe { bytes_mut(part.iov_base, part.iov_len) }?, what, how)?,
        list => {
            let mut whole = vec![0; list.iter().map(|p| p.iov_len).sum()];
            let arrived = socket.receive(me, &mut whole, what, how)?;
            // SAFETY: as above.
            unsafe { scatter(&whole[..arrived.len], list) };
            arrived
        }
    };
    m.msg_flags = if arrived.whole > arrived.len { libc::MSG_TRUNC } else { 0 };
    m.msg_namelen = match &arrived.from {
        // SAFETY: as above.
        Some(from) if !m.msg_name.is_null() => unsafe { from.write_within(m.msg_name, m.msg_namelen) },
        _ => 0,
    };
    let room = if m.msg_control.is_null() { 0 } else { m.msg_controllen };
    let (said, all) = control::write(&arrived, socket.settings(), room);
    // SAFETY: as above, and no more than there is room for.
    unsafe { bytes_mut(m.msg_control, said.len()) }?.copy_from_slice(&said);
    m.msg_controllen = said.len();
    if !all {
        m.msg_flags |= libc::MSG_CTRUNC;
    }
    Ok(if flags & libc::MSG_TRUNC == 0 { arrived.len } else { arrived.whole })
}
