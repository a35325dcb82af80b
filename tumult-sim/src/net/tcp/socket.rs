//! A stream that is not connected yet, and its options.

use std::cell::Cell;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::{TcpListener, TcpStream, call};
use crate::base::ProcessId;
use crate::context::with;
use crate::kernel::net::Scope;
use crate::kernel::net::tcp::{Keepalive, StreamOptions};
use crate::net::acting;
use crate::net::addr::{Names, Target, bindable, is_own, process_for};
use crate::net::names::resolve;
use crate::process::Descriptor;

/// What a listener or a connection is made of, with its options; as tokio's.
///
/// ```
/// use std::time::Duration;
/// use tumult_sim::{Sim, net::TcpSocket};
/// # let mut sim = Sim::new(1);
/// # sim.process("server", || async {
/// #     let l = tumult_sim::net::TcpListener::bind(80).await.unwrap();
/// #     loop { l.accept().await.unwrap(); }
/// # });
/// # sim.primary("client", || async {
/// # tumult_sim::time::sleep(Duration::from_millis(1)).await;
/// // Notices within 25 s that the server is gone, even when it has nothing to send.
/// let socket = TcpSocket::new_v4()?;
/// socket.set_keepalive(Some((Duration::from_secs(10), Duration::from_secs(5), 3)))?;
/// let stream = socket.connect("server:80").await?;
/// # drop(stream); Ok::<_, std::io::Error>(()) });
/// # sim.run();
/// ```
#[derive(Debug)]
pub struct TcpSocket {
    bound: Cell<Option<SocketAddr>>,
    reuse: Cell<bool>,
    options: Cell<StreamOptions>,
}

impl TcpSocket {
    /// With the defaults: no keepalive, no lingering, ports not reused.
    ///
    /// # Errors
    /// Never: the signature is tokio's.
    pub fn new_v4() -> io::Result<Self> {
        Ok(Self { bound: Cell::new(None), reuse: Cell::new(false), options: Cell::default() })
    }

    /// Whether a listener may take a port that connections of an earlier life still hold (`SO_REUSEADDR`). Without it,
    /// a server that closed its connections first cannot bind its port again for a minute.
    ///
    /// # Errors
    /// Never: the signature is tokio's.
    pub fn set_reuseaddr(&self, on: bool) -> io::Result<()> {
        self.reuse.set(on);
        Ok(())
    }

    /// Probes the peer after the first time without a word of it, then after each second one; after so many without an
    /// answer the connection fails with `TimedOut`.
    ///
    /// # Errors
    /// Never: the signature is tokio's.
    pub fn set_keepalive(&self, probes: Option<(Duration, Duration, u32)>) -> io::Result<()> {
        let keepalive = probes.map(|(idle, interval, count)| Keepalive { idle, interval, count });
        self.options.set(StreamOptions { keepalive, ..self.options.get() });
        Ok(())
    }

    /// What a drop does: by default what was written is sent and the stream ends in order. With a time of zero the
    /// connection is reset at once and what was not sent is lost; a longer time changes nothing, as a drop does not
    /// wait.
    ///
    /// # Errors
    /// Never: the signature is tokio's.
    pub fn set_linger(&self, time: Option<Duration>) -> io::Result<()> {
        self.options.set(StreamOptions { abortive: time == Some(Duration::ZERO), ..self.options.get() });
        Ok(())
    }

    /// [`set_linger`](Self::set_linger) with a time of zero.
    ///
    /// # Errors
    /// Never: the signature is tokio's.
    pub fn set_zero_linger(&self) -> io::Result<()> {
        self.set_linger(Some(Duration::ZERO))
    }

    /// Binds it to an address of the calling process; port 0 takes the next free one.
    ///
    /// # Errors
    /// `AddrInUse` when the port is taken, `AddrNotAvailable` when the address is another process's, `NotFound` when the
    /// name is no process's, `InvalidInput` when it is bound already.
    ///
    /// # Panics
    /// Outside a process.
    pub fn bind(&self, address: impl Target) -> io::Result<()> {
        let me = acting()?;
        if self.bound.get().is_some() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let address = with(|w| address.resolve(&Names(w)))?;
        bindable(me, address)?;
        let at = (address.port(), Scope::of(address.ip()));
        let port = call(|tcp, now| tcp.bind(me, at, self.reuse.get(), now))?;
        self.bound.set(Some((address.ip(), port).into()));
        Ok(())
    }

    /// The address it is bound to.
    ///
    /// # Errors
    /// Never: the signature is tokio's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.bound.get().unwrap_or((Ipv4Addr::UNSPECIFIED, 0).into()))
    }

    /// Listens; up to `backlog` connections wait to be accepted.
    ///
    /// # Errors
    /// `AddrInUse` when the port is taken, `NotConnected` when the process has ended.
    ///
    /// # Panics
    /// Outside a process.
    pub fn listen(self, backlog: u32) -> io::Result<TcpListener> {
        let (me, bound) = (acting()?, self.local_addr()?);
        let at = (bound.port(), Scope::of(bound.ip()));
        let place = Descriptor::for_socket(me)?;
        let (id, port) = call(|tcp, now| tcp.listen(me, at, backlog as usize, self.reuse.get(), now))?;
        Ok(TcpListener { id, address: SocketAddr::new(bound.ip(), port), place })
    }

    /// Connects. A name that stands for several processes is tried one after the other, in its order.
    ///
    /// # Errors
    /// `ConnectionRefused` when nobody listens there, `TimedOut` when nothing answers, `HostUnreachable` when no
    /// process has the address, `NotFound` when the name is no process's, `AddrNotAvailable` when there is such a
    /// connection already.
    ///
    /// # Panics
    /// Outside a process.
    pub async fn connect(self, to: impl Target) -> io::Result<TcpStream> {
        let (me, bound) = (acting()?, self.local_addr()?);
        let mut failed = io::ErrorKind::InvalidInput.into();
        for address in resolve(&to).await? {
            match self.connect_to(me, bound, address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    async fn connect_to(&self, me: ProcessId, bound: SocketAddr, address: SocketAddr) -> io::Result<TcpStream> {
        let processes = with(|w| w.processes.len());
        let process = process_for(me, address.ip()).ok_or(io::ErrorKind::NetworkUnreachable)?;
        if process.index() >= processes {
            return Err(io::ErrorKind::HostUnreachable.into());
        }
        let loopback = is_own(address.ip());
        if !loopback && bound.ip().is_loopback() {
            // What is on the loopback stays there.
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let place = Descriptor::for_socket(me)?;
        let id = call(|tcp, now| tcp.connect(me, bound.port(), (process, address.port()), loopback, now))?;
        let stream = TcpStream::new(id, place);
        stream.connected().await?;
        if self.options.get() != StreamOptions::default() {
            call(|tcp, now| tcp.set_options(id, self.options.get(), now))?;
        }
        Ok(stream)
    }
}
