//! The side that answers.

use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{CallId, Frame, REQUEST, split};
use crate::net::wire::{Undecodable, encode};
use crate::net::{Target, UdpSocket, decode};
use crate::task::Builder;

/// Takes requests and answers them.
///
/// What arrives and is no request of this type is counted, noted in the trace and skipped.
pub struct Server<Req, Resp> {
    socket: Rc<UdpSocket>,
    undecodable: Undecodable,
    types: PhantomData<fn(Req) -> Resp>,
}

impl<Req: DeserializeOwned, Resp: Serialize> Server<Req, Resp> {
    /// Binds a port of the calling process: `9`, `"0.0.0.0:9"`. It is free again when the server and the replies that it
    /// still owes are gone.
    ///
    /// # Errors
    /// As [`UdpSocket::bind`].
    ///
    /// # Panics
    /// Outside a process.
    pub async fn bind(address: impl Target) -> io::Result<Self> {
        let socket = Rc::new(UdpSocket::bind(address).await?);
        Ok(Self { socket, undecodable: Undecodable::default(), types: PhantomData })
    }

    /// Waits for the next request; gives it and the means to answer it, now or later. Cancel-safe.
    ///
    /// # Errors
    /// When the server was closed with its process.
    pub async fn next(&self) -> io::Result<(Req, Reply<Resp>)> {
        loop {
            let (bytes, from) = self.socket.recv_datagram().await?;
            let request = match split(&bytes) {
                Some((REQUEST, call, body)) => decode(body).map(|request| (request, call)),
                _ => None,
            };
            match request {
                Some((request, call)) => {
                    let socket = Rc::clone(&self.socket);
                    return Ok((request, Reply { socket, from, call, types: PhantomData }));
                }
                None => self.undecodable.count("rpc server", &bytes, from),
            }
        }
    }

    /// Answers every request by a task of its own, for as long as the process lives.
    ///
    /// # Errors
    /// When the server was closed with its process.
    ///
    /// # Panics
    /// In a task, when its answer cannot be encoded.
    pub async fn serve<F, Answer>(self, mut handler: F) -> io::Result<()>
    where
        F: FnMut(Req, SocketAddr) -> Answer,
        Answer: Future<Output = Resp> + 'static,
        Resp: 'static,
    {
        loop {
            let (request, reply) = self.next().await?;
            let answer = handler(request, reply.from());
            Builder::new().name("rpc request").spawn(async move {
                if let Err(error) = reply.send(&answer.await) {
                    // The process has ended otherwise.
                    assert!(error.kind() != io::ErrorKind::InvalidInput, "{error}");
                }
            });
        }
    }
}

impl<Req, Resp> Server<Req, Resp> {
    /// The address at which others reach it.
    pub fn local_addr(&self) -> SocketAddr {
        self.socket.address()
    }

    /// How many datagrams arrived that were no requests.
    pub fn undecodable(&self) -> u64 {
        self.undecodable.get()
    }
}

/// Answers one request. Dropped unused, it answers nothing, and the caller waits until its deadline.
#[must_use = "a request that is not answered keeps its caller waiting until the deadline"]
pub struct Reply<Resp> {
    socket: Rc<UdpSocket>,
    from: SocketAddr,
    call: CallId,
    types: PhantomData<fn(Resp)>,
}

impl<Resp: Serialize> Reply<Resp> {
    /// Sends the answer, once. It may be lost as any datagram.
    ///
    /// # Errors
    /// `InvalidInput` when it cannot be encoded, `NotConnected` when the process has ended.
    pub fn send(self, answer: &Resp) -> io::Result<()> {
        let frame = encode(&Frame::<(), &Resp>::Reply { call: self.call, body: answer })?;
        self.socket.try_send_to(&frame, self.from).map(drop)
    }
}

impl<Resp> Reply<Resp> {
    /// Who asked.
    pub fn from(&self) -> SocketAddr {
        self.from
    }

    /// Which call it was: equal for the copies of a request that the network duplicated, never for two calls of one
    /// client.
    pub fn call(&self) -> CallId {
        self.call
    }
}

impl<Req, Resp> fmt::Debug for Server<Req, Resp> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.local_addr()).finish()
    }
}

impl<Resp> fmt::Debug for Reply<Resp> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("from", &self.from).field("call", &self.call).finish_non_exhaustive()
    }
}
