//! Sockets by the numbers of the system calls, for programs that go through libc's `syscall`.

use std::ffi::c_long;

use super::{messages, parts, socket_options, sockets};

/// The answer to a system call of these groups; `None`: it is none of them.
///
/// # Safety
/// As for the system call.
#[expect(clippy::many_single_char_names, reason = "arguments have no names before their call is known")]
pub(super) unsafe fn answer(number: c_long, [a, b, c, d, e, f]: [usize; 6]) -> Option<c_long> {
    // SAFETY: the caller's promise, with the arguments in the order that the kernel documents.
    let answer: c_long = unsafe {
        match number {
            libc::SYS_socket => sockets::socket(a as _, b as _, c as _).into(),
            libc::SYS_socketpair => sockets::socketpair(a as _, b as _, c as _, d as _).into(),
            libc::SYS_bind => sockets::bind(a as _, b as _, c as _).into(),
            libc::SYS_listen => sockets::listen(a as _, b as _).into(),
            libc::SYS_accept => sockets::accept(a as _, b as _, c as _).into(),
            libc::SYS_accept4 => sockets::accept4(a as _, b as _, c as _, d as _).into(),
            libc::SYS_connect => sockets::connect(a as _, b as _, c as _).into(),
            libc::SYS_getsockname => sockets::getsockname(a as _, b as _, c as _).into(),
            libc::SYS_getpeername => sockets::getpeername(a as _, b as _, c as _).into(),
            libc::SYS_shutdown => sockets::shutdown(a as _, b as _).into(),
            libc::SYS_setsockopt => socket_options::setsockopt(a as _, b as _, c as _, d as _, e as _).into(),
            libc::SYS_getsockopt => socket_options::getsockopt(a as _, b as _, c as _, d as _, e as _).into(),
            libc::SYS_ioctl => socket_options::ioctl(a as _, b as _, c).into(),
            libc::SYS_sendto => messages::sendto(a as _, b as _, c, d as _, e as _, f as _) as c_long,
            libc::SYS_recvfrom => messages::recvfrom(a as _, b as _, c, d as _, e as _, f as _) as c_long,
            libc::SYS_sendmsg => parts::sendmsg(a as _, b as _, c as _) as c_long,
            libc::SYS_recvmsg => parts::recvmsg(a as _, b as _, c as _) as c_long,
            libc::SYS_sendmmsg => parts::sendmmsg(a as _, b as _, c as _, d as _).into(),
            libc::SYS_recvmmsg => parts::recvmmsg(a as _, b as _, c as _, d as _, e as _).into(),
            _ => return None,
        }
    };
    Some(answer)
}
