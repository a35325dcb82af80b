//! A connection's end.

use std::future::poll_fn;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, TcpSocket, WriteHalf, call, call_if_running};
use crate::context::waiter;
use crate::kernel::net::tcp::{Keepalive, StreamId};
use crate::net::Target;
use crate::net::addr::ip_of;
use crate::net::bytes::{reads, ready, writes};
use crate::process::Descriptor;

/// A connection between two processes: bytes arrive in order, whole, and exactly once, or the stream fails.
///
/// Loss costs time: what is lost on the way is sent again. A partition ends in `TimedOut`, after about a quarter of
/// an hour unless [`TcpConfig`](crate::net::TcpConfig) says otherwise. A peer that is killed ends the stream, or resets
/// it when it had not read everything; a peer whose machine lost its power says nothing until it is back, and resets.
///
/// A drop closes it: what was written is still sent; unread bytes make it a reset.
#[derive(Debug)]
pub struct TcpStream {
    pub(super) id: StreamId,
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
    _place: Descriptor,
}

impl TcpStream {
    pub(super) fn new(id: StreamId, place: Descriptor) -> Self {
        let (both, loopback) = call(|tcp, _| tcp.addresses(id)).expect("a stream that was just made");
        let [local, peer] = both.map(|(process, port)| (ip_of(process, loopback), port).into());
        Self { id, local, peer, _place: place }
    }

    /// Connects to a port of a process.
    ///
    /// # Errors
    /// `ConnectionRefused` when nobody listens there, `TimedOut` when nothing answers (after about two minutes),
    /// `HostUnreachable` when no process has the address, `NotFound` when the name is no process's; EMFILE when the
    /// process has as many files and sockets open as it may.
    ///
    /// # Panics
    /// Outside a process.
    pub async fn connect(to: impl Target) -> io::Result<Self> {
        TcpSocket::new_v4()?.connect(to).await
    }

    pub(super) async fn connected(&self) -> io::Result<()> {
        poll_fn(|cx| ready(call(|tcp, _| tcp.connected(self.id, || waiter(cx.waker()))))).await
    }

    /// Its own address.
    ///
    /// # Errors
    /// Never: the signature is tokio's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    /// The address at the other end.
    ///
    /// # Errors
    /// `NotConnected` when the stream has failed, or both directions have ended.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        if call(|tcp, _| tcp.is_connected(self.id)) { Ok(self.peer) } else { Err(io::ErrorKind::NotConnected.into()) }
    }

    // ---- reading

    /// As [`read`](Self::read), and leaves the bytes where they are.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| ready(call(|tcp, _| tcp.peek(self.id, buffer, || waiter(cx.waker()))))).await
    }

    /// Waits until a read would give something, the end or an error.
    ///
    /// # Errors
    /// When its process has ended.
    pub async fn readable(&self) -> io::Result<()> {
        // A peek at one byte; an error is left for the read.
        poll_fn(|cx| ready(call(|tcp, _| tcp.readable(self.id, || waiter(cx.waker()))))).await
    }

    #[inline]
    pub(super) fn poll_read_into(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        ready(call(|tcp, now| tcp.read(self.id, buffer, now, || waiter(cx.waker()))))
    }

    // ---- writing

    /// Waits until a write would take something, or fail.
    ///
    /// # Errors
    /// When its process has ended.
    pub async fn writable(&self) -> io::Result<()> {
        poll_fn(|cx| ready(call(|tcp, _| tcp.writable(self.id, || waiter(cx.waker()))))).await
    }

    #[inline]
    pub(super) fn poll_write_from(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        ready(call(|tcp, now| tcp.write(self.id, data, now, || waiter(cx.waker()))))
    }

    // ---- ending, options

    pub(super) fn end_writing(&self) -> io::Result<()> {
        match self.shut(Shutdown::Write) {
            Err(e) if e.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    }

    /// Ends reading, writing or both, as std's.
    ///
    /// # Errors
    /// `NotConnected` when the stream has failed.
    pub fn shut(&self, how: Shutdown) -> io::Result<()> {
        call(|tcp, now| tcp.shutdown(self.id, how, now))
    }

    /// Taken and ignored: segments are never held back, as with `TCP_NODELAY`.
    ///
    /// # Errors
    /// Never: the signature is tokio's.
    pub fn set_nodelay(&self, _: bool) -> io::Result<()> {
        Ok(())
    }

    /// As [`TcpSocket::set_linger`].
    ///
    /// # Errors
    /// When its process has ended.
    pub fn set_linger(&self, time: Option<Duration>) -> io::Result<()> {
        call(|tcp, now| {
            let mut options = tcp.options(self.id)?;
            options.abortive = time == Some(Duration::ZERO);
            tcp.set_options(self.id, options, now)
        })
    }

    /// A linger of zero, if that is set.
    ///
    /// # Errors
    /// When its process has ended.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        Ok(call(|tcp, _| tcp.options(self.id))?.abortive.then_some(Duration::ZERO))
    }

    /// Closing resets the connection from now on: [`set_linger`](Self::set_linger) with a time of zero.
    ///
    /// # Errors
    /// When its process has ended.
    pub fn set_zero_linger(&self) -> io::Result<()> {
        self.set_linger(Some(Duration::ZERO))
    }

    /// As [`TcpSocket::set_keepalive`]; `None` switches it off.
    ///
    /// # Errors
    /// When its process has ended.
    pub fn set_keepalive(&self, probes: Option<(Duration, Duration, u32)>) -> io::Result<()> {
        call(|tcp, now| {
            let mut options = tcp.options(self.id)?;
            options.keepalive = probes.map(|(idle, interval, count)| Keepalive { idle, interval, count });
            tcp.set_options(self.id, options, now)
        })
    }

    /// A half to read and a half to write, for as long as it is borrowed.
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        (ReadHalf(self), WriteHalf(self))
    }

    /// A half to read and a half to write, each its own; dropping the second one ends writing.
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        let stream = Arc::new(self);
        (OwnedReadHalf(Arc::clone(&stream)), OwnedWriteHalf::new(stream))
    }
}

reads!(TcpStream, "`ConnectionReset`, `TimedOut`: once; from then on the stream is at its end.");
writes!(
    TcpStream,
    "`BrokenPipe` when the stream was shut down or its peer is gone; `ConnectionReset` and `TimedOut` once."
);

impl Drop for TcpStream {
    fn drop(&mut self) {
        call_if_running(|tcp, now| tcp.close(self.id, now));
    }
}
