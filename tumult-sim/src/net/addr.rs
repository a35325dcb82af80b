//! Names and addresses.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::base::ProcessId;
use crate::context::with;
use crate::kernel::net::{address_of, process_at};
use crate::kernel::world::World;

/// What a socket is bound or sent to: `"server:9000"`, `("server", 9000)`, `(process, 9000)`, a `SocketAddr`,
/// or just `9000` for a port of the calling process itself.
pub trait Target {
    #[doc(hidden)]
    fn resolve(&self, names: &Names<'_>) -> io::Result<SocketAddr>;
}

/// Where names are looked up.
#[doc(hidden)]
#[derive(Debug)]
pub struct Names<'a>(pub(crate) &'a World);

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
            Err(_) => match names.0.processes.named(name) {
                Some(process) => IpAddr::V4(address_of(process)),
                None => return Err(unknown(name)),
            },
        };
        Ok((ip, port).into())
    }
}

impl Target for str {
    fn resolve(&self, names: &Names<'_>) -> io::Result<SocketAddr> {
        let parts = self.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let Some((host, port)) = parts else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("failed to take `{self}` as an address: write `name:port`"),
            ));
        };
        (host.trim_start_matches('[').trim_end_matches(']'), port).resolve(names)
    }
}

impl Target for String {
    fn resolve(&self, names: &Names<'_>) -> io::Result<SocketAddr> {
        self.as_str().resolve(names)
    }
}

impl<T: Target + ?Sized> Target for &T {
    #[inline]
    fn resolve(&self, names: &Names<'_>) -> io::Result<SocketAddr> {
        (**self).resolve(names)
    }
}

fn unknown(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("failed to look up `{name}`: no process has that name"))
}

/// The address of the process called `name`.
///
/// # Errors
/// `NotFound` when there is none.
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
pub(super) fn ip_of(process: ProcessId, loopback: bool) -> Ipv4Addr {
    if loopback { Ipv4Addr::LOCALHOST } else { address_of(process) }
}

/// The process at an address, as `me` sees it: loopback and unspecified are `me`.
#[inline]
pub(super) fn process_for(me: ProcessId, ip: IpAddr) -> Option<ProcessId> {
    match ip {
        IpAddr::V4(ip) => match process_at(ip) {
            Some(process) => Some(process),
            None => (ip.is_loopback() || ip.is_unspecified()).then_some(me),
        },
        IpAddr::V6(ip) => (ip.is_loopback() || ip.is_unspecified()).then_some(me),
    }
}
