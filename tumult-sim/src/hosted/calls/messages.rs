//! `send` and `recv`, their kin with addresses, and with messages of several parts.

use std::ffi::{c_int, c_void};

use libc::{sockaddr, socklen_t};

use super::descriptors::{bytes, bytes_mut};
use super::libc_calls;
use super::sockets::socket_of;
use crate::hosted::address::Address;
use crate::hosted::descriptors::Open;
use crate::hosted::errno::Errno;
use crate::hosted::object::How;
use crate::hosted::sockets::{Outgoing, Receiving};
use crate::hosted::thread::Thread;
use crate::hosted::wait;

/// Whether a call may wait, by its descriptor and its flags.
pub(super) fn how(open: &Open, flags: c_int) -> How {
    How { nonblocking: open.how().nonblocking || flags & libc::MSG_DONTWAIT != 0 }
}

/// Flags of a receipt that is a read.
const PLAIN: c_int = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL | libc::MSG_CMSG_CLOEXEC;

/// What flags say of a message that is to be received.
///
/// # Errors
/// EINVAL for urgent data, which is not simulated.
pub(super) fn receiving(flags: c_int) -> Result<Receiving, Errno> {
    if flags & libc::MSG_OOB != 0 {
        return Err(Errno(libc::EINVAL));
    }
    Ok(Receiving { peek: flags & libc::MSG_PEEK != 0, all: flags & libc::MSG_WAITALL != 0 })
}

libc_calls! {
    /// Sends to the peer.
    fn send(fd: c_int, from: *const c_void, len: usize, flags: c_int) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { send_to(me, fd, (from, len), flags, None) }
    };

    /// Sends to an address.
    fn sendto(
        fd: c_int,
        from: *const c_void,
        len: usize,
        flags: c_int,
        to: *const sockaddr,
        to_len: socklen_t,
    ) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe {
            let to = if to.is_null() { None } else { Some(Address::read(to, to_len)?) };
            send_to(me, fd, (from, len), flags, to.as_ref())
        }
    };

    /// Receives.
    fn recv(fd: c_int, into: *mut c_void, len: usize, flags: c_int) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { receive_from(me, fd, (into, len), flags, (std::ptr::null_mut(), std::ptr::null_mut())) }
    };

    /// Receives, and says from whom.
    fn recvfrom(
        fd: c_int,
        into: *mut c_void,
        len: usize,
        flags: c_int,
        from: *mut sockaddr,
        from_len: *mut socklen_t,
    ) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { receive_from(me, fd, (into, len), flags, (from, from_len)) }
    };
}

/// # Safety
/// As of `sendto`.
#[inline]
unsafe fn send_to(
    me: &Thread,
    fd: c_int,
    (from, len): (*const c_void, usize),
    flags: c_int,
    to: Option<&Address>,
) -> Result<isize, Errno> {
    wait::interleave(me);
    let open = me.life.open_at(fd)?;
    // SAFETY: the caller's promise.
    let from = unsafe { bytes(from, len) }?;
    let sent = socket_of(&open)?.send(me, &Outgoing { to, ..Outgoing::plain(from) }, how(&open, flags))?;
    Ok(sent.cast_signed())
}

/// # Safety
/// As of `recvfrom`.
#[inline]
unsafe fn receive_from(
    me: &Thread,
    fd: c_int,
    (into, len): (*mut c_void, usize),
    flags: c_int,
    (from, from_len): (*mut sockaddr, *mut socklen_t),
) -> Result<isize, Errno> {
    wait::interleave(me);
    let open = me.life.open_at(fd)?;
    // SAFETY: the caller's promise.
    let into = unsafe { bytes_mut(into, len) }?;
    let socket = socket_of(&open)?;
    if from.is_null() && flags & !PLAIN == 0 {
        return socket.read(me, into, how(&open, flags)).map(usize::cast_signed);
    }
    let arrived = socket.receive(me, into, receiving(flags)?, how(&open, flags))?;
    match &arrived.from {
        // SAFETY: the caller's promise.
        Some(address) => unsafe { address.write(from.cast(), from_len) },
        None if !from.is_null() && !from_len.is_null() => {
            // SAFETY: the caller's promise.
            unsafe { *from_len = 0 };
        }
        None => {}
    }
    let n = if flags & libc::MSG_TRUNC == 0 { arrived.len } else { arrived.whole };
    Ok(n.cast_signed())
}
