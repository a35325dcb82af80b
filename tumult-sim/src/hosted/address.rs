//! Socket addresses as C has them, read and written.
//!
//! There is one network, of IPv4. A socket of the family `AF_INET6` is on it too, as Linux's dual-stack sockets are:
//! `::` and `::1` are the unspecified and the loopback address, processes have addresses such as `::ffff:10.0.0.1`.

use std::ffi::{c_int, c_void};
use std::mem::size_of;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::ptr;

use libc::{sa_family_t, sockaddr, sockaddr_in, sockaddr_in6, socklen_t};

use super::errno::Errno;

/// What a socket is bound to, or speaks with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// Nothing: `AF_UNSPEC`, with which a socket forgets its peer.
    Unspecified,
    Inet(SocketAddr),
    /// A path, a name that begins with a zero byte, or nothing.
    Unix(Vec<u8>),
}

/// Where the path begins in an address of Unix.
const PATH: usize = size_of::<sa_family_t>();
/// The longest path.
const LONGEST_PATH: usize = 108;

impl Address {
    /// Reads an address. One of IPv4 that is mapped into IPv6 is left as it is.
    ///
    /// # Errors
    /// EFAULT for null, EINVAL when it is too short, EAFNOSUPPORT for a family that is not simulated.
    ///
    /// # Safety
    /// `len` bytes can be read there.
    pub(super) unsafe fn read(at: *const sockaddr, len: socklen_t) -> Result<Self, Errno> {
        let len = len as usize;
        if at.is_null() {
            return Err(Errno(libc::EFAULT));
        }
        if len < PATH {
            return Err(Errno(libc::EINVAL));
        }
        // SAFETY: the caller's promise, and it is long enough for the family.
        let family = unsafe { ptr::read_unaligned(at.cast::<sa_family_t>()) };
        match c_int::from(family) {
            libc::AF_UNSPEC => Ok(Self::Unspecified),
            libc::AF_INET if len >= size_of::<sockaddr_in>() => {
                // SAFETY: as above.
                let a = unsafe { ptr::read_unaligned(at.cast::<sockaddr_in>()) };
                let ip = Ipv4Addr::from(a.sin_addr.s_addr.to_ne_bytes());
                Ok(Self::Inet((ip, u16::from_be(a.sin_port)).into()))
            }
            libc::AF_INET6 if len >= size_of::<sockaddr_in6>() => {
                // SAFETY: as above.
                let a = unsafe { ptr::read_unaligned(at.cast::<sockaddr_in6>()) };
                let ip = Ipv6Addr::from(a.sin6_addr.s6_addr);
                Ok(Self::Inet((ip, u16::from_be(a.sin6_port)).into()))
            }
            libc::AF_UNIX if len <= PATH + LONGEST_PATH => {
                let mut path = vec![0; len - PATH];
                // SAFETY: as above.
                unsafe { ptr::copy_nonoverlapping(at.cast::<u8>().add(PATH), path.as_mut_ptr(), path.len()) };
                // A path ends with its zero; a name that is no path has no end but its length.
                if path.first().is_some_and(|first| *first != 0) {
                    path.truncate(path.iter().position(|b| *b == 0).unwrap_or(path.len()));
                }
                Ok(Self::Unix(path))
            }
            libc::AF_INET | libc::AF_INET6 | libc::AF_UNIX => Err(Errno(libc::EINVAL)),
            _ => Err(Errno(libc::EAFNOSUPPORT)),
        }
    }

    /// Its bytes, as C has them.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Unspecified => vec![0; PATH],
            Self::Inet(SocketAddr::V4(a)) => {
                let raw = sockaddr_in {
                    sin_family: libc::AF_INET as sa_family_t,
                    sin_port: a.port().to_be(),
                    sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(a.ip().octets()) },
                    sin_zero: [0; 8],
                };
                bytes_of(&raw)
            }
            Self::Inet(SocketAddr::V6(a)) => {
                let raw = sockaddr_in6 {
                    sin6_family: libc::AF_INET6 as sa_family_t,
                    sin6_port: a.port().to_be(),
                    sin6_flowinfo: 0,
                    sin6_addr: libc::in6_addr { s6_addr: a.ip().octets() },
                    sin6_scope_id: 0,
                };
                bytes_of(&raw)
            }
            Self::Unix(path) => {
                let mut bytes = (libc::AF_UNIX as sa_family_t).to_ne_bytes().to_vec();
                bytes.extend_from_slice(path);
                if path.first().is_some_and(|first| *first != 0) {
                    bytes.push(0);
                }
                bytes
            }
        }
    }

    /// Writes it where a caller wants it, cut off where there is no more room, and its whole length; nothing where the
    /// caller does not want it.
    ///
    /// # Safety
    /// `len` is null or can be written to, and as many bytes as it says can be written at `into` unless that is null.
    pub(super) unsafe fn write(&self, into: *mut c_void, len: *mut socklen_t) {
        if into.is_null() || len.is_null() {
            return;
        }
        // SAFETY: the caller's promise.
        let n = unsafe { self.write_within(into, *len) };
        // SAFETY: as above.
        unsafe { *len = n };
    }

    /// As [`write`](Self::write), and gives the length.
    ///
    /// # Safety
    /// `room` bytes can be written there.
    pub(super) unsafe fn write_within(&self, into: *mut c_void, room: socklen_t) -> socklen_t {
        let bytes = self.bytes();
        // SAFETY: the caller's promise.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), into.cast(), bytes.len().min(room as usize)) };
        bytes.len() as socklen_t
    }

    /// The address of the network, for a socket of this family.
    ///
    /// # Errors
    /// EAFNOSUPPORT when it is of another.
    pub(super) fn inet(&self, family: Family) -> Result<SocketAddr, Errno> {
        match (self, family) {
            (Self::Inet(a @ SocketAddr::V4(_)), Family::V4) => Ok(*a),
            (Self::Inet(a @ SocketAddr::V6(_)), Family::V6) => Ok(SocketAddr::new(a.ip().to_canonical(), a.port())),
            _ => Err(Errno(libc::EAFNOSUPPORT)),
        }
    }
}

/// The bytes of a structure of C that has none between its fields.
pub(super) fn bytes_of<T: Copy>(raw: &T) -> Vec<u8> {
    // SAFETY: any value may be looked at as bytes, as long as none of them is padding: the caller's structures have none.
    unsafe { std::slice::from_raw_parts(ptr::from_ref(raw).cast(), size_of::<T>()) }.to_vec()
}

/// The family of a socket of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

impl Family {
    pub(super) const fn number(self) -> c_int {
        match self {
            Self::V4 => libc::AF_INET,
            Self::V6 => libc::AF_INET6,
        }
    }

    /// An address as a socket of this family shows it. `mapped`: the program speaks of the loopback as
    /// `::ffff:127.0.0.1`, not as `::1`.
    pub(super) fn shown(self, address: SocketAddr, mapped: bool) -> Address {
        let ip = match (self, address.ip()) {
            (Self::V4, IpAddr::V4(ip)) => ip.into(),
            (Self::V4, ip) if ip.is_loopback() => Ipv4Addr::LOCALHOST.into(),
            (Self::V4, _) => Ipv4Addr::UNSPECIFIED.into(),
            (Self::V6, ip) if ip.is_unspecified() => Ipv6Addr::UNSPECIFIED.into(),
            (Self::V6, ip) if ip.is_loopback() && !mapped => Ipv6Addr::LOCALHOST.into(),
            (Self::V6, IpAddr::V4(ip)) => ip.to_ipv6_mapped().into(),
            (Self::V6, ip) => ip,
        };
        Address::Inet(match ip {
            IpAddr::V6(ip) => SocketAddrV6::new(ip, address.port(), 0, 0).into(),
            IpAddr::V4(ip) => SocketAddr::new(ip.into(), address.port()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(address: &Address) -> Address {
        let bytes = address.bytes();
        // SAFETY: as long as said.
        unsafe { Address::read(bytes.as_ptr().cast(), bytes.len() as socklen_t) }.unwrap()
    }

    #[test]
    fn addresses_are_read_as_they_were_written() {
        let inet = |text: &str| Address::Inet(text.parse().unwrap());
        let unix = |path: &[u8]| Address::Unix(path.to_vec());
        for address in [inet("10.0.0.1:80"), inet("[::1]:80"), unix(b"/run/x"), unix(b"\0name"), unix(b"")] {
            assert_eq!(again(&address), address);
        }
        assert_eq!(inet("10.0.0.1:80").bytes().len(), 16);
        assert_eq!(inet("[::1]:80").bytes().len(), 28);
    }

    #[test]
    fn what_is_too_short_is_refused_and_what_has_no_room_is_cut_off() {
        let bytes = Address::Inet("10.0.0.1:80".parse().unwrap()).bytes();
        // SAFETY: as long as said.
        let read = |len| unsafe { Address::read(bytes.as_ptr().cast(), len) };
        assert_eq!(read(15), Err(Errno(libc::EINVAL)));
        assert_eq!(read(1), Err(Errno(libc::EINVAL)));
        let mut into = [0_u8; 16];
        let mut len = 4;
        let address = Address::Inet("10.0.0.1:80".parse().unwrap());
        // SAFETY: as long as said.
        unsafe { address.write(into.as_mut_ptr().cast(), &raw mut len) };
        assert_eq!((len, &into[..8]), (16, &[2, 0, 0, 80, 0, 0, 0, 0][..]));
    }

    #[test]
    fn the_network_is_shown_to_each_family_in_its_own_words() {
        let a = |text: &str| text.parse::<SocketAddr>().unwrap();
        let shown = |family: Family, text, mapped| family.shown(a(text), mapped);
        assert_eq!(shown(Family::V6, "10.0.0.1:80", false), Address::Inet(a("[::ffff:10.0.0.1]:80")));
        assert_eq!(shown(Family::V6, "127.0.0.1:80", false), Address::Inet(a("[::1]:80")));
        assert_eq!(shown(Family::V6, "127.0.0.1:80", true), Address::Inet(a("[::ffff:127.0.0.1]:80")));
        assert_eq!(shown(Family::V4, "[::]:80", false), Address::Inet(a("0.0.0.0:80")));
        let mapped = Address::Inet(a("[::ffff:10.0.0.1]:80"));
        assert_eq!(mapped.inet(Family::V6), Ok(a("10.0.0.1:80")));
        assert_eq!(mapped.inet(Family::V4), Err(Errno(libc::EAFNOSUPPORT)));
    }
}
