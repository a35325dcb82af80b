//! Names and addresses: `getaddrinfo` and its kin.
//!
//! A process is found by its name and at once; a name that the simulation declares takes as long, and fails, as
//! [`lookup_host`](crate::net::lookup_host) says. Addresses are of IPv4: who asks for IPv6 alone gets the loopback's
//! address, or what is mapped if it asks for that.

use std::ffi::{CStr, c_char, c_int};
use std::io;
use std::mem::size_of;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ptr;

use libc::{addrinfo, sockaddr, socklen_t};

use super::libc_calls;
use crate::context::with;
use crate::hosted::address::Address;
use crate::hosted::errno::Errno;
use crate::hosted::wait::{block_on, interleave};
use crate::kernel::net::{address_of, process_at};
use crate::net::lookup_host;

libc_calls! {
    /// Looks up a name, and a port.
    fn getaddrinfo(
        node: *const c_char,
        service: *const c_char,
        hints: *const addrinfo,
        into: *mut *mut addrinfo,
    ) -> c_int = |me| {
        interleave(me);
        // SAFETY: libc's contract.
        let (node, service, hints) = unsafe { (text(node), text(service), hints.as_ref()) };
        match look_up(node.as_deref(), service.as_deref(), &Wanted::of(hints)) {
            Ok(list) => {
                // SAFETY: libc's contract.
                unsafe { *into = list };
                Ok(0)
            }
            Err(Refused(number)) => Ok(number),
        }
    };

    /// Gives the memory of a list back: each entry is one block, and its canonical name another, as glibc's.
    fn freeaddrinfo(list: *mut addrinfo) = |_| {
        let mut next = list;
        while !next.is_null() {
            // SAFETY: libc's contract: an entry of a list that was given out.
            unsafe {
                let entry = next;
                next = (*entry).ai_next;
                libc::free((*entry).ai_canonname.cast());
                libc::free(entry.cast());
            }
        }
        Ok::<_, Errno>(())
    };

    /// The name of whoever has an address, and a port as a number.
    fn getnameinfo(
        address: *const sockaddr,
        len: socklen_t,
        host: *mut c_char,
        host_len: socklen_t,
        service: *mut c_char,
        service_len: socklen_t,
        flags: c_int,
    ) -> c_int = |_| {
        // SAFETY: libc's contract.
        let Ok(Address::Inet(address)) = (unsafe { Address::read(address, len) }) else { return Ok(libc::EAI_FAMILY) };
        let name = if flags & libc::NI_NUMERICHOST == 0 { name_of(address.ip()) } else { None };
        if name.is_none() && flags & libc::NI_NAMEREQD != 0 {
            return Ok(libc::EAI_NONAME);
        }
        let name = name.unwrap_or_else(|| address.ip().to_string());
        // SAFETY: libc's contract.
        let fits = unsafe {
            put(host, host_len as usize, &name) && put(service, service_len as usize, &address.port().to_string())
        };
        Ok(if fits { 0 } else { libc::EAI_OVERFLOW })
    };
}

/// Why a look-up gave nothing, as `getaddrinfo` says it.
#[derive(Debug)]
struct Refused(c_int);

/// What is wanted of a look-up.
#[derive(Debug)]
struct Wanted {
    flags: c_int,
    family: c_int,
    /// Type and protocol of each entry for one address.
    sorts: Vec<(c_int, c_int)>,
}

impl Wanted {
    fn of(hints: Option<&addrinfo>) -> Self {
        let (flags, family, sort, protocol) =
            hints.map_or((0, libc::AF_UNSPEC, 0, 0), |h| (h.ai_flags, h.ai_family, h.ai_socktype, h.ai_protocol));
        let all = [(libc::SOCK_STREAM, libc::IPPROTO_TCP), (libc::SOCK_DGRAM, libc::IPPROTO_UDP)];
        let fits = |&(s, p): &(c_int, c_int)| (sort == 0 || sort == s) && (protocol == 0 || protocol == p);
        Self { flags, family, sorts: all.into_iter().filter(fits).collect() }
    }

    fn has(&self, flag: c_int) -> bool {
        self.flags & flag != 0
    }

    /// An address in the family that is wanted, if it can be said in that.
    fn say(&self, ip: IpAddr) -> Option<IpAddr> {
        match (self.family, ip) {
            (libc::AF_INET6, IpAddr::V4(ip)) if ip.is_loopback() => Some(Ipv6Addr::LOCALHOST.into()),
            (libc::AF_INET6, IpAddr::V4(ip)) => self.has(libc::AI_V4MAPPED).then(|| ip.to_ipv6_mapped().into()),
            (libc::AF_INET, IpAddr::V6(_)) => None,
            _ => Some(ip),
        }
    }
}

fn look_up(node: Option<&str>, service: Option<&str>, wanted: &Wanted) -> Result<*mut addrinfo, Refused> {
    if !matches!(wanted.family, libc::AF_UNSPEC | libc::AF_INET | libc::AF_INET6) {
        return Err(Refused(libc::EAI_FAMILY));
    }
    if wanted.sorts.is_empty() {
        return Err(Refused(libc::EAI_SOCKTYPE));
    }
    if node.is_none() && service.is_none() {
        return Err(Refused(libc::EAI_NONAME));
    }
    let port = service.map_or(Ok(0), port_of)?;
    let addresses = match node {
        None => nobody(wanted),
        Some(name) => addresses_of(name, wanted)?,
    };
    let canonical = node.filter(|_| wanted.has(libc::AI_CANONNAME));
    // Linked from behind.
    let mut list = ptr::null_mut();
    for (n, ip) in addresses.iter().enumerate().rev() {
        for (m, sort) in wanted.sorts.iter().enumerate().rev() {
            let canonical = canonical.filter(|_| n == 0 && m == 0);
            list = entry(SocketAddr::new(*ip, port), *sort, canonical, list)?;
        }
    }
    Ok(list)
}

/// The addresses for no name: where to listen, or the loopback.
fn nobody(wanted: &Wanted) -> Vec<IpAddr> {
    let passive = wanted.has(libc::AI_PASSIVE);
    vec![match (wanted.family == libc::AF_INET6, passive) {
        (true, true) => Ipv6Addr::UNSPECIFIED.into(),
        (true, false) => Ipv6Addr::LOCALHOST.into(),
        (false, true) => Ipv4Addr::UNSPECIFIED.into(),
        (false, false) => Ipv4Addr::LOCALHOST.into(),
    }]
}

fn addresses_of(name: &str, wanted: &Wanted) -> Result<Vec<IpAddr>, Refused> {
    let found = if let Ok(ip) = name.parse::<IpAddr>() {
        vec![ip]
    } else if wanted.has(libc::AI_NUMERICHOST) {
        return Err(Refused(libc::EAI_NONAME));
    } else {
        // A dot at the end says that the name is whole.
        let name = name.strip_suffix('.').unwrap_or(name);
        let answer = block_on("the look-up of a name", lookup_host((name, 0)));
        answer.map_err(|error| refusal(&error))?.map(|a| a.ip()).collect()
    };
    let said: Vec<IpAddr> = found.into_iter().filter_map(|ip| wanted.say(ip)).collect();
    if said.is_empty() { Err(Refused(libc::EAI_NODATA)) } else { Ok(said) }
}

fn refusal(error: &io::Error) -> Refused {
    Refused(match error.kind() {
        io::ErrorKind::NotFound => libc::EAI_NONAME,
        // No answer, or one that may be another the next time.
        _ => libc::EAI_AGAIN,
    })
}

/// A port by its number, or by the names that are in use.
fn port_of(service: &str) -> Result<u16, Refused> {
    match service {
        "http" => Ok(80),
        "https" => Ok(443),
        "domain" => Ok(53),
        number => number.parse().map_err(|_| Refused(libc::EAI_SERVICE)),
    }
}

/// An entry of a list: the address lies behind it, in the same block.
fn entry(
    address: SocketAddr,
    (sort, protocol): (c_int, c_int),
    canonical: Option<&str>,
    next: *mut addrinfo,
) -> Result<*mut addrinfo, Refused> {
    let address = Address::Inet(address).bytes();
    // SAFETY: as much as is written below.
    let block: *mut addrinfo = unsafe { libc::calloc(1, size_of::<addrinfo>() + address.len()) }.cast();
    if block.is_null() {
        return Err(Refused(libc::EAI_MEMORY));
    }
    let family = if address.len() == size_of::<libc::sockaddr_in>() { libc::AF_INET } else { libc::AF_INET6 };
    // SAFETY: the block has room for both, and is aligned for the first.
    unsafe {
        let behind: *mut sockaddr = block.add(1).cast();
        ptr::copy_nonoverlapping(address.as_ptr(), behind.cast(), address.len());
        block.write(addrinfo {
            ai_flags: 0,
            ai_family: family,
            ai_socktype: sort,
            ai_protocol: protocol,
            ai_addrlen: address.len() as socklen_t,
            ai_addr: behind,
            ai_canonname: canonical.map_or(ptr::null_mut(), copied),
            ai_next: next,
        });
    }
    Ok(block)
}

/// A copy of a text, for C to free.
fn copied(text: &str) -> *mut c_char {
    // SAFETY: as much as is written.
    unsafe {
        let copy: *mut u8 = libc::calloc(1, text.len() + 1).cast();
        if !copy.is_null() {
            ptr::copy_nonoverlapping(text.as_ptr(), copy, text.len());
        }
        copy.cast()
    }
}

/// Who has an address.
fn name_of(ip: IpAddr) -> Option<String> {
    match ip.to_canonical() {
        ip if ip.is_loopback() => Some("localhost".into()),
        IpAddr::V4(ip) => {
            let process = process_at(ip)?;
            debug_assert_eq!(address_of(process), ip);
            with(|w| (process.index() < w.processes.len()).then(|| w.processes.get(process).name.to_string()))
        }
        IpAddr::V6(_) => None,
    }
}

/// # Safety
/// Null, or a text of C.
unsafe fn text(at: *const c_char) -> Option<String> {
    // SAFETY: the caller's promise.
    (!at.is_null()).then(|| unsafe { CStr::from_ptr(at) }.to_string_lossy().into_owned())
}

/// Writes a text with its zero, if there is room. Where none is wanted, nothing is written.
///
/// # Safety
/// Null, or as many bytes can be written there.
unsafe fn put(into: *mut c_char, room: usize, text: &str) -> bool {
    if into.is_null() || room == 0 {
        return true;
    }
    if text.len() >= room {
        return false;
    }
    // SAFETY: the caller's promise.
    unsafe {
        ptr::copy_nonoverlapping(text.as_ptr(), into.cast(), text.len());
        into.add(text.len()).write(0);
    }
    true
}
