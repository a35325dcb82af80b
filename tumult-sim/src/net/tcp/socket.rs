//! A stream that is not connected yet, and its options.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::{TcpListener, TcpStream, call, seen_by};
use crate::base::ProcessId;
use crate::context::with;
use crate::kernel::net::tcp::{Keepalive, StreamOptions};
use crate::net::addr::{Names, Target, process_for};

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
/// let stream = TcpSocket::new()
///     .keepalive(Duration::from_secs(10), Duration::from_secs(5), 3)
///     .connect("server:80")
///     .await?;
/// # drop(stream); Ok::<_, std::io::Error>(()) });
/// # sim.run();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a socket does nothing until it connects or listens"]
pub struct TcpSocket {
    bound: Option<(ProcessId, u16)>,
    reuse: bool,
    options: StreamOptions,
}

impl TcpSocket {
    /// With the defaults: no keepalive, no lingering, ports not reused.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a listener may take a port that connections of an earlier life still hold (`SO_REUSEADDR`). Without it,
    /// a server that closed its connections first cannot bind its port again for a minute.
    pub fn reuse_address(self, on: bool) -> Self {
        Self { reuse: on, ..self }
    }

    /// Probes the peer after `idle` without a word of it, then each `interval`; after `count` without an answer the
    /// connection fails with `TimedOut`.
    pub fn keepalive(mut self, idle: Duration, interval: Duration, count: u32) -> Self {
        self.options.keepalive = Some(Keepalive { idle, interval, count });
        self
    }

    /// What a drop does: by default what was written is sent and the stream ends in order. With a time of zero the
    /// connection is reset at once and what was not sent is lost; a longer time changes nothing, as a drop does not
    /// wait.
    pub fn linger(mut self, time: Option<Duration>) -> Self {
        self.options.abortive = time == Some(Duration::ZERO);
        self
    }

    /// Binds it to an address of the calling process.
    ///
    /// # Errors
    /// `AddrNotAvailable` when the address is another process's, `NotFound` when the name is no process's.
    ///
    /// # Panics
    /// Outside a process.
    #[expect(clippy::unused_async, reason = "as the other calls")]
    pub async fn bind(self, address: impl Target) -> io::Result<Self> {
        let me = me()?;
        let address = with(|w| address.resolve(&Names(w)))?;
        if process_for(me, address.ip()) != Some(me) {
            return Err(io::Error::new(
                io::ErrorKind::AddrNotAvailable,
                format!("failed to bind {address}: it is not an address of this process"),
            ));
        }
        Ok(Self { bound: Some((me, address.port())), ..self })
    }

    /// Listens; up to `backlog` connections wait to be accepted.
    ///
    /// # Errors
    /// `AddrInUse` when the port is taken, `NotConnected` when the process has ended.
    ///
    /// # Panics
    /// Outside a process.
    pub fn listen(self, backlog: usize) -> io::Result<TcpListener> {
        let me = me()?;
        let port = self.bound.map_or(0, |b| b.1);
        let (id, port) = call(|tcp, now| tcp.listen(me, port, backlog, self.reuse, now))?;
        Ok(TcpListener { id, address: SocketAddr::new(crate::net::address(me).into(), port) })
    }

    /// Connects.
    ///
    /// # Errors
    /// `ConnectionRefused` when nobody listens there, `TimedOut` when nothing answers, `HostUnreachable` when no
    /// process has the address, `NotFound` when the name is no process's.
    ///
    /// # Panics
    /// Outside a process.
    pub async fn connect(self, to: impl Target) -> io::Result<TcpStream> {
        let me = me()?;
        let (address, processes) = with(|w| (to.resolve(&Names(w)), w.processes.len()));
        let address = address?;
        let process = process_for(me, address.ip()).ok_or(io::ErrorKind::NetworkUnreachable)?;
        if process.index() >= processes {
            return Err(io::ErrorKind::HostUnreachable.into());
        }
        let port = self.bound.map_or(0, |b| b.1);
        let id = call(|tcp, now| tcp.connect(me, port, (process, address.port()), now))?;
        let stream = TcpStream::new(id);
        stream.connected().await?;
        if self.options != StreamOptions::default() {
            call(|tcp, now| tcp.set_options(id, self.options, now))?;
        }
        Ok(stream)
    }
}

/// The process that acts.
#[track_caller]
fn me() -> io::Result<ProcessId> {
    let (actor, acts) = with(|w| (w.actor, w.acts()));
    let Some(actor) = actor else {
        panic!("failed to use a socket outside any process: do it in the body of one");
    };
    if acts { Ok(actor.process) } else { Err(io::ErrorKind::NotConnected.into()) }
}

/// The two addresses of a stream, as its process sees them.
pub(super) fn addresses([local, peer]: [(ProcessId, u16); 2]) -> [SocketAddr; 2] {
    let local_ip = seen_by(peer.0, local).ip();
    [SocketAddr::new(local_ip, local.1), seen_by(local.0, peer)]
}
