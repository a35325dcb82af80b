//! Listeners.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use super::{TcpSocket, TcpStream, call, call_if_running};
use crate::context::{waiter, with};
use crate::kernel::net::tcp::ListenerId;
use crate::net::Target;
use crate::process::Descriptor;

/// Accepts connections at a port of the process that bound it. Closed when dropped, and when its process ends: what
/// nobody has accepted is reset.
#[derive(Debug)]
pub struct TcpListener {
    pub(super) id: ListenerId,
    pub(super) address: SocketAddr,
    pub(super) place: Descriptor,
}

impl TcpListener {
    /// Listens at a port of the calling process; port 0 takes the next free one from 32,768 on. Up to 1024 connections
    /// wait to be accepted, and a port that an earlier life still holds is reused, as tokio does.
    ///
    /// # Errors
    /// `AddrInUse` when something listens there, `AddrNotAvailable` when the address is another process's, `NotFound`
    /// when the name is no process's.
    ///
    /// # Panics
    /// Outside a process.
    #[expect(clippy::unused_async, reason = "as tokio's")]
    pub async fn bind(address: impl Target) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(1024)
    }

    /// The address it is bound to.
    ///
    /// # Errors
    /// Never: the signature is tokio's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }

    /// Waits for the next connection. Cancel-safe.
    ///
    /// # Errors
    /// EMFILE when the process has as many files and sockets open as it may: the connection waits on. When its process
    /// has ended.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// The next connection, if there is one.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        // Asked for first, as Linux does, so that a connection that has no place stays where it is.
        let waits = with(|w| w.net.tcp.has_waiting(self.id));
        let place = waits.then(|| Descriptor::for_socket(self.place.process)).transpose()?;
        match call(|tcp, _| tcp.accept(self.id, || waiter(cx.waker()))) {
            Err(e) => Poll::Ready(Err(e)),
            Ok(None) => Poll::Pending,
            Ok(Some(id)) => {
                let stream = TcpStream::new(id, place.expect("a connection waited"));
                let peer = stream.peer;
                Poll::Ready(Ok((stream, peer)))
            }
        }
    }
}

impl Drop for TcpListener {
    fn drop(&mut self) {
        call_if_running(|tcp, now| tcp.close_listener(self.id, now));
    }
}
