//! Control messages: what is said beside a message, as C lays it out.
//!
//! One after the other, each a header (its length, a level, a type) and its bytes, filled up to eight.

use std::ffi::c_int;
use std::net::IpAddr;

use libc::{IPPROTO_IP, IPPROTO_IPV6, SOL_UDP};

use super::errno::Errno;
use super::sockets::Arrived;
use super::sockets::options::Settings;

/// What a header takes.
const HEADER: usize = size_of::<libc::cmsghdr>();
/// Interfaces: the loopback's, and the network's.
const LOOPBACK: c_int = 1;
const NETWORK: c_int = 2;
/// How far packets may go, which nothing counts.
const HOPS: c_int = 64;

/// What is said beside a message that is to be sent, as far as it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Descriptors are to be passed on.
    pub(super) descriptors: bool,
    /// `UDP_SEGMENT`.
    pub(super) segment: Option<usize>,
}

const fn filled(len: usize) -> usize {
    len.next_multiple_of(8)
}

/// Reads what is said.
///
/// # Errors
/// EINVAL for what is broken, or not simulated.
pub(super) fn read(mut bytes: &[u8]) -> Result<Said, Errno> {
    let mut said = Said::default();
    while bytes.len() >= HEADER {
        let len = bytes.first_chunk().map_or(0, |b| usize::from_ne_bytes(*b));
        let data = bytes.get(HEADER..len).ok_or(Errno(libc::EINVAL))?;
        let word = |at: usize| bytes[at..].first_chunk().map_or(0, |b| c_int::from_ne_bytes(*b));
        match (word(8), word(12)) {
            (SOL_UDP, libc::UDP_SEGMENT) => {
                let len = data.first_chunk().ok_or(Errno(libc::EINVAL))?;
                said.segment = Some(usize::from(u16::from_ne_bytes(*len)));
            }
            (libc::SOL_SOCKET, libc::SCM_RIGHTS) => said.descriptors = true,
            // From where, and with what marks: there is one network, and it looks at none.
            (IPPROTO_IP, libc::IP_TOS | libc::IP_TTL | libc::IP_PKTINFO)
            | (IPPROTO_IPV6, libc::IPV6_TCLASS | libc::IPV6_HOPLIMIT | libc::IPV6_PKTINFO)
            | (libc::SOL_SOCKET, libc::SCM_CREDENTIALS) => {}
            _ => return Err(Errno(libc::EINVAL)),
        }
        bytes = bytes.get(filled(len)..).unwrap_or(&[]);
    }
    Ok(said)
}

/// What is said of what arrived, as the socket's options ask for it: at most so many bytes. Gives whether all had room.
pub(super) fn write(arrived: &Arrived, settings: &Settings, room: usize) -> (Vec<u8>, bool) {
    let mut all: Vec<u8> = vec![];
    let mut whole = true;
    let mut say = |level: c_int, name: c_int, data: &[u8]| {
        if all.len() + filled(HEADER + data.len()) > room {
            whole = false;
            return;
        }
        all.extend((HEADER + data.len()).to_ne_bytes());
        all.extend(level.to_ne_bytes());
        all.extend(name.to_ne_bytes());
        all.extend(data);
        all.resize(filled(all.len()), 0);
    };
    let Some(at) = arrived.at else { return (all, true) };
    let on = |level, name| settings.is_on(level, name);
    let interface = if at.is_loopback() { LOOPBACK } else { NETWORK };
    let octets = match at {
        IpAddr::V4(ip) => ip.octets(),
        IpAddr::V6(_) => [127, 0, 0, 1],
    };
    if on(IPPROTO_IP, libc::IP_PKTINFO) {
        say(IPPROTO_IP, libc::IP_PKTINFO, &[&interface.to_ne_bytes()[..], &octets, &octets].concat());
    }
    if on(IPPROTO_IP, libc::IP_RECVTTL) {
        say(IPPROTO_IP, libc::IP_TTL, &HOPS.to_ne_bytes());
    }
    if on(IPPROTO_IP, libc::IP_RECVTOS) {
        say(IPPROTO_IP, libc::IP_TOS, &[0]);
    }
    if on(IPPROTO_IPV6, libc::IPV6_RECVPKTINFO) {
        let ip = match at {
            IpAddr::V4(ip) if !ip.is_loopback() => ip.to_ipv6_mapped(),
            _ => std::net::Ipv6Addr::LOCALHOST,
        };
        say(IPPROTO_IPV6, libc::IPV6_PKTINFO, &[&ip.octets()[..], &interface.to_ne_bytes()].concat());
    }
    if on(IPPROTO_IPV6, libc::IPV6_RECVTCLASS) {
        say(IPPROTO_IPV6, libc::IPV6_TCLASS, &0_i32.to_ne_bytes());
    }
    (all, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(level: c_int, name: c_int, data: &[u8]) -> Vec<u8> {
        let mut all = (HEADER + data.len()).to_ne_bytes().to_vec();
        all.extend(level.to_ne_bytes());
        all.extend(name.to_ne_bytes());
        all.extend(data);
        all.resize(filled(all.len()), 0);
        all
    }

    #[test]
    fn what_counts_is_read_and_what_is_unknown_refused() {
        let tos = one(IPPROTO_IP, libc::IP_TOS, &2_i32.to_ne_bytes());
        let segment = one(SOL_UDP, libc::UDP_SEGMENT, &1200_u16.to_ne_bytes());
        assert_eq!(read(&[&tos[..], &segment].concat()), Ok(Said { segment: Some(1200), ..Said::default() }));
        assert_eq!(read(&[]), Ok(Said::default()));
        assert_eq!(read(&one(77, 1, &[1])), Err(Errno(libc::EINVAL)));
        assert_eq!(read(&segment[..17]), Err(Errno(libc::EINVAL)), "it says that it is longer");
    }

    #[test]
    fn what_is_asked_for_is_said_as_far_as_there_is_room() {
        let arrived = Arrived { at: Some("10.0.0.2".parse().unwrap()), ..Arrived::default() };
        let settings = Settings::default();
        assert_eq!(write(&arrived, &settings, 100), (vec![], true));
        let kind = (libc::AF_INET, libc::SOCK_DGRAM);
        settings.set(kind, (IPPROTO_IP, libc::IP_PKTINFO), &[1]).unwrap();
        settings.set(kind, (IPPROTO_IP, libc::IP_RECVTOS), &[1]).unwrap();
        let (all, whole) = write(&arrived, &settings, 100);
        assert_eq!((all.len(), whole), (32 + 24, true));
        assert_eq!(all[..8], 28_usize.to_ne_bytes());
        assert_eq!(all[16..28], [2, 0, 0, 0, 10, 0, 0, 2, 10, 0, 0, 2]);
        let (some, whole) = write(&arrived, &settings, 40);
        assert_eq!((some.len(), whole), (32, false));
    }
}
