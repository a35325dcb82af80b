//! `socket`, `bind`, `listen`, `accept`, `connect`, `shutdown` and the addresses of sockets.

use std::ffi::c_int;
use std::net::Shutdown;
use std::rc::Rc;

use libc::{sockaddr, socklen_t};

use super::libc_calls;
use crate::hosted::address::{Address, Family};
use crate::hosted::descriptors::Open;
use crate::hosted::errno::Errno;
use crate::hosted::object::{How, Object};
use crate::hosted::sockets::Socket;
use crate::hosted::sockets::tcp::TcpSocket;
use crate::hosted::sockets::udp::UdpSocket;
use crate::hosted::sockets::unix::datagram::UnixDatagram;
use crate::hosted::sockets::unix::stream::UnixStream;
use crate::hosted::thread::Thread;
use crate::hosted::wait;

/// The socket that a descriptor stands for.
///
/// # Errors
/// ENOTSOCK when it stands for something else.
pub(super) fn socket_of(open: &Open) -> Result<&dyn Socket, Errno> {
    open.object.as_socket().ok_or(Errno(libc::ENOTSOCK))
}

libc_calls! {
    /// A new socket: TCP or UDP over IPv4 or IPv6, a stream or datagrams of Unix.
    fn socket(family: c_int, sort: c_int, protocol: c_int) -> c_int = |me| {
        let object = make(me, family, sort, protocol)?;
        me.life.install(object, flags(sort))
    };

    /// Two sockets that are connected with each other: of Unix, as Linux has no others.
    fn socketpair(family: c_int, sort: c_int, protocol: c_int, into: *mut c_int) -> c_int = |me| {
        let fds = me.life.install_pair(make_pair(me, family, sort, protocol)?, flags(sort))?;
        // SAFETY: libc's contract: there is room for two.
        unsafe { into.cast::<[c_int; 2]>().write(fds) };
        Ok(0)
    };

    /// Gives a socket an address of its own.
    fn bind(fd: c_int, address: *const sockaddr, len: socklen_t) -> c_int = |me| {
        let open = me.life.open_at(fd)?;
        // SAFETY: libc's contract.
        let address = unsafe { Address::read(address, len) }?;
        socket_of(&open)?.bind(me, &address)?;
        Ok(0)
    };

    /// Lets a socket take connections.
    fn listen(fd: c_int, backlog: c_int) -> c_int = |me| {
        let open = me.life.open_at(fd)?;
        socket_of(&open)?.listen(me, backlog)?;
        Ok(0)
    };

    /// The next connection of a listener.
    fn accept(fd: c_int, address: *mut sockaddr, len: *mut socklen_t) -> c_int = |me| {
        accepted(me, fd, address, len, 0)
    };

    /// As `accept`, with flags for the new descriptor.
    fn accept4(fd: c_int, address: *mut sockaddr, len: *mut socklen_t, new: c_int) -> c_int = |me| {
        accepted(me, fd, address, len, flags(new))
    };

    /// Connects a socket.
    fn connect(fd: c_int, address: *const sockaddr, len: socklen_t) -> c_int = |me| {
        wait::interleave(me);
        let open = me.life.open_at(fd)?;
        // SAFETY: libc's contract.
        let address = unsafe { Address::read(address, len) }?;
        socket_of(&open)?.connect(me, &address, open.how())?;
        Ok(0)
    };

    /// The address of a socket.
    fn getsockname(fd: c_int, address: *mut sockaddr, len: *mut socklen_t) -> c_int = |me| {
        let open = me.life.open_at(fd)?;
        let local = socket_of(&open)?.local();
        // SAFETY: libc's contract.
        unsafe { local.write(address.cast(), len) };
        Ok(0)
    };

    /// The address of its peer.
    fn getpeername(fd: c_int, address: *mut sockaddr, len: *mut socklen_t) -> c_int = |me| {
        let open = me.life.open_at(fd)?;
        let peer = socket_of(&open)?.peer()?;
        // SAFETY: libc's contract.
        unsafe { peer.write(address.cast(), len) };
        Ok(0)
    };

    /// Ends reading, writing or both.
    fn shutdown(fd: c_int, what: c_int) -> c_int = |me| {
        wait::interleave(me);
        let open = me.life.open_at(fd)?;
        let what = match what {
            libc::SHUT_RD => Shutdown::Read,
            libc::SHUT_WR => Shutdown::Write,
            libc::SHUT_RDWR => Shutdown::Both,
            _ => return Err(Errno(libc::EINVAL)),
        };
        socket_of(&open)?.shutdown(what)?;
        Ok(0)
    };
}

/// The flags of a new descriptor, of those of `socket` and `accept4`, which are `open`'s.
fn flags(sort: c_int) -> c_int {
    libc::O_RDWR | sort & (libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC)
}

fn make(me: &Thread, family: c_int, sort: c_int, protocol: c_int) -> Result<Rc<dyn Object>, Errno> {
    let process = me.life.process;
    let family = match family {
        libc::AF_INET => Family::V4,
        libc::AF_INET6 => Family::V6,
        libc::AF_UNIX => return make_unix(me, sort, protocol),
        // Linux knows more of them; none is simulated.
        _ => return Err(Errno(libc::EAFNOSUPPORT)),
    };
    match (sort & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC), protocol) {
        (libc::SOCK_STREAM, 0 | libc::IPPROTO_TCP) => Ok(Rc::new(TcpSocket::new(process, family))),
        (libc::SOCK_DGRAM, 0 | libc::IPPROTO_UDP) => Ok(Rc::new(UdpSocket::new(process, family))),
        (libc::SOCK_STREAM | libc::SOCK_DGRAM, _) => Err(Errno(libc::EPROTONOSUPPORT)),
        // Raw packets are for the administrator.
        (libc::SOCK_RAW, _) => Err(Errno(libc::EPERM)),
        _ => Err(Errno(libc::ESOCKTNOSUPPORT)),
    }
}

/// A socket of Unix: within the process.
fn make_unix(me: &Thread, sort: c_int, protocol: c_int) -> Result<Rc<dyn Object>, Errno> {
    if protocol != 0 {
        return Err(Errno(libc::EPROTONOSUPPORT));
    }
    match sort & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC) {
        libc::SOCK_STREAM => Ok(Rc::new(UnixStream::new(&me.life))),
        libc::SOCK_DGRAM => Ok(Rc::new(UnixDatagram::new(&me.life))),
        libc::SOCK_SEQPACKET => super::refuse(me, "`socket` of packets in sequence (SOCK_SEQPACKET)"),
        _ => Err(Errno(libc::ESOCKTNOSUPPORT)),
    }
}

/// Two sockets that are connected with each other.
fn make_pair(me: &Thread, family: c_int, sort: c_int, protocol: c_int) -> Result<[Rc<dyn Object>; 2], Errno> {
    if family != libc::AF_UNIX {
        return Err(Errno(libc::EOPNOTSUPP));
    }
    // What is wrong is wrong as with `socket`.
    make_unix(me, sort, protocol)?;
    if sort & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC) == libc::SOCK_STREAM {
        return Ok(UnixStream::pair(&me.life).map(|s| -> Rc<dyn Object> { Rc::new(s) }));
    }
    Ok(UnixDatagram::pair(&me.life).map(|s| -> Rc<dyn Object> { Rc::new(s) }))
}

fn accepted(me: &Thread, fd: c_int, address: *mut sockaddr, len: *mut socklen_t, new: c_int) -> Result<c_int, Errno> {
    wait::interleave(me);
    let open = me.life.open_at(fd)?;
    let How { nonblocking } = open.how();
    let (socket, peer) = socket_of(&open)?.accept(me, How { nonblocking })?;
    let fd = me.life.install(socket, libc::O_RDWR | new)?;
    // SAFETY: libc's contract.
    unsafe { peer.write(address.cast(), len) };
    Ok(fd)
}
