//! Names and addresses.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::base::{NameFailure, NameId, ProcessId};
use crate::context::with;
use crate::kernel::net::{address_of, process_at};
use crate::kernel::world::World;

/// What a socket is bound or sent to: `"server:9000"`, `("server", 9000)`, `(process, 9000)`, a `SocketAddr`,
/// or just `9000` for a port of the calling process itself.
pub trait Target {
    #[doc(hidden)]
    fn resolve(&self, names: &Names<'_>) -> io::Result<SocketAddr>;

    /// All addresses, where a name stands for more than one process.
    #[doc(hidden)]
    fn resolve_all(&self, names: &Names<'_>) -> io::Result<Vec<SocketAddr>> {
        self.resolve(names).map(|a| vec![a])
    }

    /// What has to be looked up, if anything.
    #[doc(hidden)]
    fn host(&self) -> Option<&str> {
        None
    }
}

/// Where names are looked up.
#[doc(hidden)]
#[derive(Debug)]
pub struct Names<'a>(pub(crate) &'a World);

impl Names<'_> {
    /// The process that a name stands for: the first, when they are several. A name that was declared hides a process
    /// of that name.
    fn find(&self, name: &str) -> io::Result<ProcessId> {
        match self.0.net.directory.named(name) {
            Some(id) => self.answer(name, id).map(|answer| answer[0]),
            None => self.0.processes.named(name).ok_or_else(|| unknown(name, "no process has that name")),
        }
    }

    /// What a name that was declared stands for: one process or more.
    fn answer(&self, name: &str, id: NameId) -> io::Result<&[ProcessId]> {
        match self.0.net.directory.answer(id) {
            Ok([]) => Err(unknown(name, "it stands for no process")),
            Ok(answer) => Ok(answer),
            Err(NameFailure::NotFound) => Err(unknown(name, "the name server knows no such name")),
            Err(NameFailure::Timeout) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("failed to look up `{name}`: no answer came from the name server"),
            )),
            Err(NameFailure::Temporary) => {
                Err(io::Error::other(format!("failed to look up `{name}`: temporary failure in name resolution")))
            }
        }
    }
}

impl Target for SocketAddr {
    #[inline]
    fn resolve(&self, _: &Names<'_>) -> io::Result<SocketAddr> {
        Ok(*self)
    }
}

/// A port of the calling process itself.
impl Target for u16 {
    fn resolve(&self, _: &Names<'_>) -> io::Result<SocketAddr> {
        Ok((Ipv4Addr::UNSPECIFIED, *self).into())
    }
}

impl Target for (ProcessId, u16) {
    #[inline]
    fn resolve(&self, _: &Names<'_>) -> io::Result<SocketAddr> {
        Ok((address_of(self.0), self.1).into())
    }
}

impl Target for (IpAddr, u16) {
    fn resolve(&self, _: &Names<'_>) -> io::Result<SocketAddr> {
        Ok((*self).into())
    }
}

impl Target for (Ipv4Addr, u16) {
    fn resolve(&self, _: &Names<'_>) -> io::Result<SocketAddr> {
        Ok((*self).into())
    }
}

impl Target for (&str, u16) {
    fn resolve(&self, names: &Names<'_>) -> io::Result<SocketAddr> {
        let (name, port) = *self;
        let ip = match name.parse() {
            Ok(ip) => ip,
            Err(_) if name == "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Err(_) => IpAddr::V4(address_of(names.find(name)?)),
        };
        Ok((ip, port).into())
    }

    fn resolve_all(&self, names: &Names<'_>) -> io::Result<Vec<SocketAddr>> {
        let (name, port) = *self;
        match names.0.net.directory.named(name) {
            Some(id) => {
                let answer = names.answer(name, id)?;
                Ok(answer.iter().map(|p| (address_of(*p), port).into()).collect())
            }
            None => self.resolve(names).map(|a| vec![a]),
        }
    }

    fn host(&self) -> Option<&str> {
        Some(self.0)
    }
}

impl Target for str {
    fn resolve(&self, names: &Names<'_>) -> io::Result<SocketAddr> {
        parts(self)?.resolve(names)
    }

    fn resolve_all(&self, names: &Names<'_>) -> io::Result<Vec<SocketAddr>> {
        parts(self)?.resolve_all(names)
    }

    fn host(&self) -> Option<&str> {
        parts(self).ok().map(|(host, _)| host)
    }
}

/// `name:port`, apart.
fn parts(text: &str) -> io::Result<(&str, u16)> {
    let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let Some((host, port)) = parts else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("failed to take `{text}` as an address: write `name:port`"),
        ));
    };
    Ok((host.trim_start_matches('[').trim_end_matches(']'), port))
}

impl Target for String {
    fn resolve(&self, names: &Names<'_>) -> io::Result<SocketAddr> {
        self.as_str().resolve(names)
    }

    fn resolve_all(&self, names: &Names<'_>) -> io::Result<Vec<SocketAddr>> {
        self.as_str().resolve_all(names)
    }

    fn host(&self) -> Option<&str> {
        self.as_str().host()
    }
}

impl<T: Target + ?Sized> Target for &T {
    #[inline]
    fn resolve(&self, names: &Names<'_>) -> io::Result<SocketAddr> {
        (**self).resolve(names)
    }

    fn resolve_all(&self, names: &Names<'_>) -> io::Result<Vec<SocketAddr>> {
        (**self).resolve_all(names)
    }

    fn host(&self) -> Option<&str> {
        (**self).host()
    }
}

fn unknown(name: &str, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("failed to look up `{name}`: {why}"))
}

/// The address of the process that is called `name`, or that the name stands for, at once; see
/// [`lookup_host`](super::lookup_host).
///
/// # Errors
/// `NotFound` when there is none, and by fault as [`lookup_host`](super::lookup_host).
///
/// # Panics
/// Outside a simulation.
pub fn lookup(name: &str) -> io::Result<IpAddr> {
    with(|w| (name, 0).resolve(&Names(w))).map(|a| a.ip())
}

/// The address of a process.
pub fn address(process: ProcessId) -> Ipv4Addr {
    address_of(process)
}

/// The address that a socket of `process` shows.
#[inline]
pub(crate) fn ip_of(process: ProcessId, loopback: bool) -> Ipv4Addr {
    if loopback { Ipv4Addr::LOCALHOST } else { address_of(process) }
}

/// The process at an address, as `me` sees it: loopback and unspecified are `me`.
#[inline]
pub(crate) fn process_for(me: ProcessId, ip: IpAddr) -> Option<ProcessId> {
    match ip {
        IpAddr::V4(ip) => match process_at(ip) {
            Some(process) => Some(process),
            None => is_own(ip.into()).then_some(me),
        },
        IpAddr::V6(_) => is_own(ip).then_some(me),
    }
}

/// Whether what is sent there stays on the loopback; the unspecified address is there, too.
pub(crate) const fn is_own(ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified()
}

/// That a socket of `me` may be bound there.
pub(crate) fn bindable(me: ProcessId, address: SocketAddr) -> io::Result<()> {
    if process_for(me, address.ip()) == Some(me) {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::AddrNotAvailable,
        format!("failed to bind {address}: it is not an address of this process"),
    ))
}
