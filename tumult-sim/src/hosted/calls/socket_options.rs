//! `setsockopt`, `getsockopt`, `ioctl`.

use std::ffi::{c_int, c_ulong, c_void};
use std::net::IpAddr;
use std::ptr;

use libc::{IPPROTO_IP, SOL_SOCKET, socklen_t};

use super::descriptors::bytes;
use super::libc_calls;
use super::sockets::socket_of;
use crate::hosted::errno::Errno;
use crate::hosted::sockets::Socket;
use crate::hosted::thread::Thread;

libc_calls! {
    /// Sets what can be set on a socket.
    fn setsockopt(fd: c_int, level: c_int, name: c_int, value: *const c_void, len: socklen_t) -> c_int = |me| {
        let open = me.life.open_at(fd)?;
        // SAFETY: libc's contract.
        let value = unsafe { bytes(value, len as usize) }?;
        set(socket_of(&open)?, (level, name), value)?;
        Ok(0)
    };

    /// What was set, or is so.
    fn getsockopt(fd: c_int, level: c_int, name: c_int, into: *mut c_void, len: *mut socklen_t) -> c_int = |me| {
        let open = me.life.open_at(fd)?;
        let value = get(me, socket_of(&open)?, (level, name))?;
        if into.is_null() || len.is_null() {
            return Err(Errno(libc::EFAULT));
        }
        // SAFETY: libc's contract: there is room for as many bytes as `len` says.
        unsafe {
            let n = value.len().min(*len as usize);
            ptr::copy_nonoverlapping(value.as_ptr(), into.cast(), n);
            *len = n as socklen_t;
        }
        Ok(0)
    };

    /// Flags of a descriptor, and how many bytes wait. C declares it variadic: see `syscall` in `host`.
    fn ioctl(fd: c_int, request: c_ulong, argument: usize) -> c_int = |me| {
        let open = me.life.open_at(fd)?;
        let word = argument as *mut c_int;
        match request {
            libc::FIONBIO => {
                // SAFETY: libc's contract.
                let on = unsafe { word.as_ref() }.ok_or(Errno(libc::EFAULT))?;
                let others = open.status.get() & !libc::O_NONBLOCK;
                open.status.set(others | if *on == 0 { 0 } else { libc::O_NONBLOCK });
                open.object.set_status(open.status.get());
            }
            libc::FIONREAD => {
                let unread = open.object.unread()?;
                // SAFETY: libc's contract.
                *unsafe { word.as_mut() }.ok_or(Errno(libc::EFAULT))? = c_int::try_from(unread).unwrap_or(c_int::MAX);
            }
            libc::FIOCLEX | libc::FIONCLEX => {
                *me.life.descriptors.borrow_mut().close_on_exec(fd)? = request == libc::FIOCLEX;
            }
            // Nothing that is simulated is a terminal.
            _ => return Err(Errno(libc::ENOTTY)),
        }
        Ok(0)
    };
}

fn set(socket: &dyn Socket, of: (c_int, c_int), value: &[u8]) -> Result<(), Errno> {
    let (family, sort, _) = socket.kind();
    match of {
        // `ip_mreq` begins with the group; where to is ignored, as there is one network.
        (IPPROTO_IP, name @ (libc::IP_ADD_MEMBERSHIP | libc::IP_DROP_MEMBERSHIP)) if family != libc::AF_UNIX => {
            let group: [u8; 4] = *value.first_chunk().filter(|_| value.len() >= 8).ok_or(Errno(libc::EINVAL))?;
            socket.join(IpAddr::from(group), name == libc::IP_ADD_MEMBERSHIP)
        }
        // There is no network of IPv6 whose groups could be joined.
        (libc::IPPROTO_IPV6, libc::IPV6_ADD_MEMBERSHIP | libc::IPV6_DROP_MEMBERSHIP) => Err(Errno(libc::ENODEV)),
        _ => {
            socket.settings().set((family, sort), of, value)?;
            socket.apply()
        }
    }
}

fn get(me: &Thread, socket: &dyn Socket, of: (c_int, c_int)) -> Result<Vec<u8>, Errno> {
    let (family, sort, protocol) = socket.kind();
    let number = |n: c_int| Ok(n.to_ne_bytes().to_vec());
    match of {
        (SOL_SOCKET, libc::SO_ERROR) => number(socket.take_error()),
        (SOL_SOCKET, libc::SO_TYPE) => number(sort),
        (SOL_SOCKET, libc::SO_DOMAIN) => number(family),
        (SOL_SOCKET, libc::SO_PROTOCOL) => number(protocol),
        (SOL_SOCKET, libc::SO_ACCEPTCONN) => number(socket.is_listening().into()),
        // Both ends are the process's own.
        (SOL_SOCKET, libc::SO_PEERCRED) if family == libc::AF_UNIX => {
            Ok([me.life.pid(), 0, 0].into_iter().flat_map(c_int::to_ne_bytes).collect())
        }
        (IPPROTO_IP, libc::IP_MTU) => number(65_535),
        _ => socket.settings().get((family, sort), of),
    }
}
