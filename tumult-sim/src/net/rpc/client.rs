//! The side that asks.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::RpcError;
use super::frame::{CallId, Frame, REPLY, split};
use crate::context::with;
use crate::net::addr::{address, process_for};
use crate::net::wire::{Undecodable, encode};
use crate::net::{Target, UdpSocket, decode};
use crate::task::{Builder, JoinHandle};
use crate::time::timeout;

/// Calls one server. Cloning gives another handle to the same client; any number of calls may be under way at once.
pub struct Client<Req, Resp> {
    inner: Rc<Inner>,
    types: PhantomData<fn(Req) -> Resp>,
}

struct Inner {
    calls: Rc<Calls>,
    /// Takes replies in; ends with the last handle and the last call.
    receiver: JoinHandle<()>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.receiver.abort();
    }
}

struct Calls {
    socket: UdpSocket,
    server: SocketAddr,
    life: u32,
    connected_ns: u64,
    next: Cell<u64>,
    waiting: RefCell<BTreeMap<u64, Waiting>>,
    closed: Cell<bool>,
    unclaimed: Cell<u64>,
    undecodable: Undecodable,
}

#[derive(Default)]
struct Waiting {
    waker: Option<Waker>,
    reply: Option<Vec<u8>>,
}

impl<Req: Serialize, Resp: DeserializeOwned> Client<Req, Resp> {
    /// A client of the server at an address. Nothing is sent: whether a server is there shows with the first call.
    ///
    /// # Errors
    /// `NotFound` when no process has the name.
    ///
    /// # Panics
    /// Outside a process.
    pub async fn connect(server: impl Target) -> io::Result<Self> {
        let socket = UdpSocket::bind(0).await?;
        let me = crate::process::id();
        let (server, connected_ns) =
            with(|w| Ok::<_, io::Error>((server.resolve(&crate::net::Names(w))?, w.now().as_nanos())))?;
        // Replies come from the process's own address, also where it was called by a loopback one.
        let server = process_for(me, server.ip()).map_or(server, |p| (address(p), server.port()).into());
        let calls = Rc::new(Calls {
            socket,
            server,
            life: crate::process::incarnation().0,
            connected_ns,
            next: Cell::new(0),
            waiting: RefCell::default(),
            closed: Cell::new(false),
            unclaimed: Cell::new(0),
            undecodable: Undecodable::default(),
        });
        let receiver = Builder::new().name("rpc replies").spawn(receive(Rc::clone(&calls)));
        Ok(Self { inner: Rc::new(Inner { calls, receiver }), types: PhantomData })
    }

    /// Sends a request, once, when first awaited, and waits for the reply until the deadline, `within` of then on the
    /// process's own clock. The future borrows nothing, so it can be spawned. Dropping it gives up the call.
    ///
    /// # Errors
    /// [`RpcError::Timeout`] when no reply came in time, whatever the reason; see there for the others.
    pub fn call(
        &self,
        request: &Req,
        within: Duration,
    ) -> impl Future<Output = Result<Resp, RpcError>> + use<Req, Resp> {
        let inner = Rc::clone(&self.inner);
        let call = inner.calls.next_id();
        let frame = encode(&Frame::<&Req, ()>::Request { call, body: request });
        async move {
            let calls = &*inner.calls;
            let _registered = calls.register(call.number);
            frame
                .and_then(|frame| calls.socket.try_send_to(&frame, calls.server))
                .map_err(|error| RpcError::of_send(&error))?;
            let reply = poll_fn(|cx| calls.poll_reply(call.number, cx.waker()));
            let body = timeout(within, reply).await.map_err(|_| RpcError::Timeout { after: within })??;
            decode(&body).ok_or(RpcError::Decode)
        }
    }
}

impl<Req, Resp> Client<Req, Resp> {
    /// The address it calls.
    pub fn server_addr(&self) -> SocketAddr {
        self.inner.calls.server
    }

    /// The address it calls from.
    pub fn local_addr(&self) -> SocketAddr {
        self.inner.calls.socket.address()
    }

    /// How many replies came that no call waited for (any more): late ones and duplicates.
    pub fn unclaimed(&self) -> u64 {
        self.inner.calls.unclaimed.get()
    }

    /// How many datagrams came that were no reply of the server.
    pub fn undecodable(&self) -> u64 {
        self.inner.calls.undecodable.get()
    }
}

impl Calls {
    fn next_id(&self) -> CallId {
        let number = self.next.get();
        self.next.set(number + 1);
        CallId { life: self.life, connected_ns: self.connected_ns, number }
    }

    fn register(&self, number: u64) -> Registered<'_> {
        self.waiting.borrow_mut().insert(number, Waiting::default());
        Registered { calls: self, number }
    }

    fn poll_reply(&self, number: u64, waker: &Waker) -> Poll<Result<Vec<u8>, RpcError>> {
        let mut waiting = self.waiting.borrow_mut();
        let slot = waiting.get_mut(&number).expect("registered for as long as the call is under way");
        if let Some(reply) = slot.reply.take() {
            return Poll::Ready(Ok(reply));
        }
        if self.closed.get() {
            return Poll::Ready(Err(RpcError::Closed));
        }
        let before = slot.waker.replace(waker.clone());
        drop(waiting);
        // A waker of the user's own may do anything when dropped.
        drop(before);
        Poll::Pending
    }

    fn take_in(&self, bytes: &[u8], from: SocketAddr) {
        let (call, body) = match split(bytes) {
            Some((REPLY, call, body)) if from == self.server => (call, body),
            _ => return self.undecodable.count("rpc client", bytes, from),
        };
        let waker = {
            let mut waiting = self.waiting.borrow_mut();
            let mine = (call.life, call.connected_ns) == (self.life, self.connected_ns);
            if let Some(slot) = waiting.get_mut(&call.number).filter(|slot| mine && slot.reply.is_none()) {
                slot.reply = Some(body.to_vec());
                slot.waker.take()
            } else {
                self.unclaimed.set(self.unclaimed.get() + 1);
                None
            }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn close(&self) {
        self.closed.set(true);
        let wakers: Vec<_> = self.waiting.borrow_mut().values_mut().filter_map(|slot| slot.waker.take()).collect();
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// Takes a call out of the table, however it ends.
struct Registered<'a> {
    calls: &'a Calls,
    number: u64,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        let slot = self.calls.waiting.borrow_mut().remove(&self.number);
        drop(slot);
    }
}

/// One task takes all replies in, so that a reply wakes the one call that it is for.
async fn receive(calls: Rc<Calls>) {
    while let Ok((bytes, from)) = calls.socket.recv_datagram().await {
        calls.take_in(&bytes, from);
    }
    calls.close();
}

impl<Req, Resp> Clone for Client<Req, Resp> {
    fn clone(&self) -> Self {
        Self { inner: Rc::clone(&self.inner), types: PhantomData }
    }
}

impl<Req, Resp> fmt::Debug for Client<Req, Resp> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("server", &self.server_addr()).finish_non_exhaustive()
    }
}
