//! Polling by the numbers of the system calls, for programs that go through libc's `syscall`.

use std::ffi::{c_int, c_long};

use super::{epoll, eventfd, pipe, poll, timerfd};

/// The answer to a system call of these groups; `None`: it is none of them.
///
/// # Safety
/// As for the system call.
#[expect(clippy::many_single_char_names, reason = "as `syscall(2)` numbers them")]
pub(super) unsafe fn answer(number: c_long, [a, b, c, d, e, _]: [usize; 6]) -> Option<c_long> {
    // SAFETY: the caller's promise, with the arguments in the order that the kernel documents.
    let answer: c_int = unsafe {
        match number {
            libc::SYS_epoll_create1 => epoll::epoll_create1(a as _),
            libc::SYS_epoll_ctl => epoll::epoll_ctl(a as _, b as _, c as _, d as _),
            libc::SYS_epoll_pwait => epoll::epoll_pwait(a as _, b as _, c as _, d as _, e as _),
            libc::SYS_epoll_pwait2 => epoll::epoll_pwait2(a as _, b as _, c as _, d as _, e as _),
            libc::SYS_eventfd2 => eventfd::eventfd(a as _, b as _),
            libc::SYS_timerfd_create => timerfd::timerfd_create(a as _, b as _),
            libc::SYS_timerfd_settime => timerfd::timerfd_settime(a as _, b as _, c as _, d as _),
            libc::SYS_timerfd_gettime => timerfd::timerfd_gettime(a as _, b as _),
            libc::SYS_pipe2 => pipe::pipe2(a as _, b as _),
            libc::SYS_ppoll => poll::ppoll(a as _, b as _, c as _, d as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_epoll_create => epoll::epoll_create(a as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_epoll_wait => epoll::epoll_wait(a as _, b as _, c as _, d as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_eventfd => eventfd::eventfd(a as _, 0),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_pipe => pipe::pipe(a as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_poll => poll::poll(a as _, b as _, c as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_select => poll::select(a as _, b as _, c as _, d as _, e as _),
            _ => return None,
        }
    };
    Some(answer.into())
}
