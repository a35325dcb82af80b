//! Datagram sockets.

use std::future::Future;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use super::addr::{Names, Target, process_for};
use crate::base::ProcessId;
use crate::context::{current, settle, try_current, waiter};
use crate::kernel::net::{SocketId, address_of};
use crate::kernel::world::World;

/// A datagram socket of the process that bound it. Closed when dropped, and when its process ends.
///
/// Datagrams may be lost, come twice or out of order, as the link between the two processes is set.
#[derive(Debug)]
pub struct UdpSocket {
    id: SocketId,
    process: ProcessId,
    port: u16,
}

impl UdpSocket {
    /// Binds a port of the calling process; port 0 takes the next free one from 32,768 on.
    ///
    /// # Errors
    /// `AddrInUse` when the port is taken, `AddrNotAvailable` when the address is another process's.
    ///
    /// # Panics
    /// Outside a process.
    #[expect(clippy::unused_async, reason = "as tokio's, so that code moves between the two")]
    pub async fn bind(address: impl Target) -> io::Result<Self> {
        let run = current();
        let mut guard = run.world.borrow_mut();
        let world = &mut *guard;
        let process = living(world)?;
        let address = address.resolve(&Names(world))?;
        if process_for(process, address.ip()) != Some(process) {
            return Err(io::Error::new(
                io::ErrorKind::AddrNotAvailable,
                format!("failed to bind {address}: it is not an address of this process"),
            ));
        }
        let (id, port) = world.net.stacks.bind(process, address.port())?;
        Ok(Self { id, process, port })
    }

    /// The address it is bound to.
    pub fn local_addr(&self) -> SocketAddr {
        (address_of(self.process), self.port).into()
    }

    /// Sends one datagram and gives its length. Datagrams to nobody are lost, as on a real network.
    ///
    /// # Errors
    /// When the name is unknown, or the process has ended.
    #[inline]
    pub fn send_to(&self, bytes: &[u8], to: impl Target) -> impl Future<Output = io::Result<usize>> {
        // Without an `async` block, here and below: its state would be asked for at each poll of what awaits it.
        poll_fn(move |_| Poll::Ready(self.try_send_to(bytes, &to)))
    }

    /// [`send_to`](Self::send_to) without an await: a datagram never waits.
    ///
    /// # Errors
    /// When the name is unknown, or the process has ended.
    #[inline]
    pub fn try_send_to(&self, bytes: &[u8], to: impl Target) -> io::Result<usize> {
        let run = current();
        let mut guard = run.world.borrow_mut();
        let address = to.resolve(&Names(&guard))?;
        if run.is_inert() || guard.living_actor() != Some(self.process) {
            return Err(io::ErrorKind::NotConnected.into());
        }
        let Some(process) = process_for(self.process, address.ip()) else {
            return Err(io::ErrorKind::NetworkUnreachable.into());
        };
        let (from, to) = ((self.process, self.port), (process, address.port()));
        let world = &mut *guard;
        world.net.send(&mut world.core, from, to, bytes);
        if world.net.ruled {
            drop(guard);
            settle(run);
        }
        Ok(bytes.len())
    }

    /// Waits for the next datagram and copies it into `buffer`; what does not fit is cut off. Gives the number of bytes
    /// and the sender. Cancel-safe.
    ///
    /// # Errors
    /// When the socket was closed with its process.
    #[inline]
    pub fn recv_from(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<(usize, SocketAddr)>> {
        poll_fn(move |cx| {
            self.poll_take(cx, |bytes, from| {
                let n = bytes.len().min(buffer.len());
                buffer[..n].copy_from_slice(&bytes[..n]);
                (n, from)
            })
        })
    }

    /// Waits for the next datagram and gives it whole.
    ///
    /// # Errors
    /// When the socket was closed with its process.
    pub fn recv_datagram(&self) -> impl Future<Output = io::Result<(Vec<u8>, SocketAddr)>> {
        poll_fn(|cx| self.poll_take(cx, |bytes, from| (bytes.to_vec(), from)))
    }

    #[inline]
    fn poll_take<R>(&self, cx: &mut Context<'_>, take: impl FnOnce(&[u8], SocketAddr) -> R) -> Poll<io::Result<R>> {
        let net = &mut current().world.borrow_mut().net;
        match net.stacks.take(self.id, &net.packets, || waiter(cx.waker())) {
            Err(e) => Poll::Ready(Err(e)),
            Ok(Some(slot)) => {
                let p = net.packets.get(slot);
                let result = take(&p.bytes, (address_of(p.from), p.from_port).into());
                net.packets.remove(slot);
                Poll::Ready(Ok(result))
            }
            Ok(None) => Poll::Pending,
        }
    }
}

impl Drop for UdpSocket {
    fn drop(&mut self) {
        if let Some(run) = try_current() {
            let waiters = run.world.borrow_mut().net.close(self.id);
            drop(waiters);
        }
    }
}

fn living(world: &World) -> io::Result<ProcessId> {
    let Some(actor) = world.actor else {
        panic!("failed to bind a socket outside any process: bind it in the body of one");
    };
    if world.acts() { Ok(actor.process) } else { Err(io::ErrorKind::NotConnected.into()) }
}
