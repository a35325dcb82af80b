//! Sockets: what each kind does, as libc's calls ask it.
//!
//! - [`tcp`], [`udp`]: on the simulated network; [`unix`]: within a process
//! - [`options`]: what can be set, what of it counts, and what is taken and ignored

pub(super) mod options;
pub(super) mod tcp;
pub(super) mod udp;
pub(super) mod unix;

use std::ffi::c_int;
use std::net::{IpAddr, Shutdown};
use std::rc::Rc;
use std::time::Duration;

use super::address::Address;
use super::errno::Errno;
use super::object::{How, Object};
use super::thread::Thread;
use super::wait;
use crate::base::Time;
use crate::context;
use crate::kernel::net::tcp::Tcp;
use crate::kernel::task::Waiter;
use crate::kernel::world::World;
use options::Settings;

/// What is to be sent, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outgoing<'a> {
    pub(super) bytes: &'a [u8],
    /// Where to, if not to the peer.
    pub(super) to: Option<&'a Address>,
    /// As several datagrams of this length (`UDP_SEGMENT`).
    pub(super) segment: Option<usize>,
}

impl<'a> Outgoing<'a> {
    pub(super) const fn plain(bytes: &'a [u8]) -> Self {
        Self { bytes, to: None, segment: None }
    }
}

/// How something is to be received: flags of `recv`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Receiving {
    /// `MSG_PEEK`: it stays.
    pub(super) peek: bool,
    /// `MSG_WAITALL`: no less than there is room for.
    pub(super) all: bool,
}

/// What was received.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrived {
    /// How many bytes were copied.
    pub(super) len: usize,
    /// How many there were: more, when some were cut off.
    pub(super) whole: usize,
    pub(super) from: Option<Address>,
    /// The address that it was sent to.
    pub(super) at: Option<IpAddr>,
}

impl Arrived {
    /// Of a stream, where nothing is cut off.
    pub(super) fn stream(len: usize) -> Self {
        Self { len, whole: len, ..Self::default() }
    }
}

/// What `socket` is asked for a kind of socket.
pub(super) trait Socket: Object {
    /// The family, `SOCK_STREAM` or `SOCK_DGRAM`, and the protocol.
    fn kind(&self) -> (c_int, c_int, c_int);

    /// What was set.
    fn settings(&self) -> &Settings;

    /// Something of what was set has changed.
    fn apply(&self) -> Result<(), Errno> {
        Ok(())
    }

    fn bind(&self, me: &Thread, to: &Address) -> Result<(), Errno>;

    fn listen(&self, _me: &Thread, _backlog: c_int) -> Result<(), Errno> {
        Err(Errno(libc::EOPNOTSUPP))
    }

    fn is_listening(&self) -> bool {
        false
    }

    /// The next connection, and where it is from.
    fn accept(&self, _me: &Thread, _how: How) -> Result<(Rc<dyn Socket>, Address), Errno> {
        Err(Errno(libc::EOPNOTSUPP))
    }

    fn connect(&self, me: &Thread, to: &Address, how: How) -> Result<(), Errno>;

    fn local(&self) -> Address;

    fn peer(&self) -> Result<Address, Errno>;

    fn shutdown(&self, what: Shutdown) -> Result<(), Errno>;

    fn send(&self, me: &Thread, what: &Outgoing<'_>, how: How) -> Result<usize, Errno>;

    fn receive(&self, me: &Thread, into: &mut [u8], what: Receiving, how: How) -> Result<Arrived, Errno>;

    /// `SO_ERROR`: told once; 0 when there is none.
    fn take_error(&self) -> c_int;

    /// Joins or leaves a multicast group.
    fn join(&self, _group: IpAddr, _join: bool) -> Result<(), Errno> {
        Err(Errno(libc::ENOPROTOOPT))
    }
}

/// Lets the calling thread wait for what `attempt` gives: until there is something, or not at all, or for as long as was
/// set on the socket, which is asked only then. `attempt` is asked with what makes a waiter, which is `None` when it is not to leave one.
#[inline]
fn wait_for<T>(
    me: &Thread,
    why: &'static str,
    how: How,
    limit: impl FnOnce() -> Option<Duration>,
    mut attempt: impl FnMut(Option<&dyn Fn() -> Waiter>) -> Result<Option<T>, Errno>,
) -> Result<T, Errno> {
    if how.nonblocking {
        return attempt(None)?.ok_or(Errno(libc::EAGAIN));
    }
    let ready = |me: &Thread| attempt(Some(&|| me.waiter())).transpose();
    wait::until(me, why, limit(), ready).unwrap_or(Err(Errno(libc::EAGAIN)))
}

/// Calls the streams of the run, and does what they have left to do.
#[inline]
fn with_tcp<R>(f: impl FnOnce(&mut Tcp, Time) -> R) -> R {
    context::with(|w| on_tcp(w, f))
}

#[inline]
fn on_tcp<R>(w: &mut World, f: impl FnOnce(&mut Tcp, Time) -> R) -> R {
    let result = f(&mut w.net.tcp, w.core.now);
    w.net.flush(&mut w.core);
    result
}
