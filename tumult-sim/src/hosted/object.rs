//! What a descriptor stands for.

use std::any::Any;
use std::ffi::c_int;

use super::errno::Errno;
use super::sockets::{Outgoing, Receiving, Socket};
use super::thread::Thread;
use crate::kernel::task::Waiter;

/// What can be said of a descriptor by `poll`, `select` and `epoll`: bits as `poll` has them, which are `epoll`'s too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Events(pub(super) u32);

impl Events {
    pub(super) const IN: Self = Self(0x1);
    pub(super) const OUT: Self = Self(0x4);
    pub(super) const ERR: Self = Self(0x8);
    pub(super) const HUP: Self = Self(0x10);
    pub(super) const RDHUP: Self = Self(0x2000);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    pub(super) const fn with(self, other: Self, when: bool) -> Self {
        if when { self.and(other) } else { self }
    }
    /// With the bits that tell normal data from urgent, as all data is normal.
    pub(super) const fn with_classes(self) -> Self {
        Self(self.0 | (self.0 & Self::IN.0) << 6 | (self.0 & Self::OUT.0) << 6)
    }
}

/// How a call may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    /// `O_NONBLOCK`, or `MSG_DONTWAIT`: EAGAIN instead of a wait.
    pub(super) nonblocking: bool,
}

/// What one or more descriptors stand for. What is not its business fails as Linux says.
///
/// The defaults are those of something that can be opened and closed and nothing else.
pub(super) trait Object: Any {
    /// What it is, in reports: "a TCP stream".
    fn what(&self) -> &'static str;

    /// Itself, if it is a socket.
    fn as_socket(&self) -> Option<&dyn Socket> {
        None
    }

    /// Reads. Waits when it has to and may. Of a socket, it receives.
    fn read(&self, me: &Thread, into: &mut [u8], how: How) -> Result<usize, Errno> {
        let socket = self.as_socket().ok_or(Errno(libc::EINVAL))?;
        Ok(socket.receive(me, into, Receiving::default(), how)?.len)
    }

    /// Writes. Waits when it has to and may. Of a socket, it sends.
    fn write(&self, me: &Thread, from: &[u8], how: How) -> Result<usize, Errno> {
        let socket = self.as_socket().ok_or(Errno(libc::EINVAL))?;
        socket.send(me, &Outgoing::plain(from), how)
    }

    /// Whether each read or write is one whole message, so that parts given to `readv` and `writev` belong together.
    fn is_of_messages(&self) -> bool {
        false
    }

    /// What a poll says of it now.
    fn ready(&self) -> Events {
        Events::IN.and(Events::OUT)
    }

    /// Leaves waiters with it that are woken, once, when what [`ready`](Self::ready) says may have become more, or when
    /// what it says already was renewed: another segment arrived, more room was made. Asked for as many as it needs.
    fn watch(&self, _waiter: &mut dyn FnMut() -> Waiter) {}

    /// Whether other threads may go first before a write: not where std holds a lock that threads outside the run take
    /// too.
    fn may_interleave(&self) -> bool {
        true
    }

    /// Whether `epoll` takes it; not regular files and directories.
    fn can_be_polled(&self) -> bool {
        true
    }

    /// How many bytes wait to be read (`FIONREAD`).
    fn unread(&self) -> Result<usize, Errno> {
        Err(Errno(libc::ENOTTY))
    }

    /// A flag of its own besides the common ones was asked for or set by `fcntl(F_SETFL)`.
    fn set_status(&self, _flags: c_int) {}

    /// One of the descriptors that stand for it is closed.
    fn close_one(&self) {}

    /// The last descriptor that stood for it was closed.
    fn close(&self) {}
}
