//! The interfaces of a process: the loopback, and one on the simulated network.

use std::ffi::{CStr, c_char, c_int, c_uint};
use std::mem::size_of;
use std::net::Ipv4Addr;
use std::ptr;

use libc::{ifaddrs, sockaddr, sockaddr_in};

use super::libc_calls;
use crate::hosted::address::Address;
use crate::hosted::errno::Errno;
use crate::kernel::net::address_of;

/// The names, by their numbers from 1 on.
const NAMES: [&CStr; 2] = [c"lo", c"eth0"];
/// The networks that they are on.
const MASKS: [Ipv4Addr; 2] = [Ipv4Addr::new(255, 0, 0, 0); 2];
const FLAGS: [c_int; 2] =
    [libc::IFF_UP | libc::IFF_RUNNING | libc::IFF_LOOPBACK, libc::IFF_UP | libc::IFF_RUNNING | libc::IFF_MULTICAST];

/// All of it in one block, as glibc has it: so that either's is given back by one `free`.
#[repr(C)]
struct Block {
    entries: [ifaddrs; 2],
    addresses: [sockaddr_in; 2],
    masks: [sockaddr_in; 2],
}

libc_calls! {
    /// The number of an interface; 0: there is none of that name.
    fn if_nametoindex(name: *const c_char) -> c_uint = |_| {
        // SAFETY: libc's contract.
        let name = unsafe { CStr::from_ptr(name) };
        Ok::<_, Errno>(NAMES.iter().position(|i| *i == name).map_or(0, |at| at as c_uint + 1))
    };

    /// The interfaces with their addresses.
    fn getifaddrs(into: *mut *mut ifaddrs) -> c_int = |me| {
        // SAFETY: as much as is written below; zeros are a value of it.
        let block: *mut Block = unsafe { libc::calloc(1, size_of::<Block>()) }.cast();
        if block.is_null() {
            return Err(Errno(libc::ENOMEM));
        }
        let addresses = [Ipv4Addr::LOCALHOST, address_of(me.life.process)];
        for n in 0..2 {
            // SAFETY: the block is as large as its type, and nobody else has it yet.
            unsafe {
                (*block).addresses[n] = raw(addresses[n]);
                (*block).masks[n] = raw(MASKS[n]);
                let next = if n == 0 { &raw mut (*block).entries[1] } else { ptr::null_mut() };
                let entry = &mut (*block).entries[n];
                entry.ifa_next = next;
                entry.ifa_name = NAMES[n].as_ptr().cast_mut();
                entry.ifa_flags = FLAGS[n].cast_unsigned();
                entry.ifa_addr = (&raw mut (*block).addresses[n]).cast::<sockaddr>();
                entry.ifa_netmask = (&raw mut (*block).masks[n]).cast::<sockaddr>();
            }
        }
        // SAFETY: libc's contract; the first entry is where the block begins.
        unsafe { *into = block.cast() };
        Ok(0)
    };

    /// Gives the memory of a list back.
    fn freeifaddrs(list: *mut ifaddrs) = |_| {
        // SAFETY: libc's contract: what was given out, one block.
        unsafe { libc::free(list.cast()) };
        Ok::<_, Errno>(())
    };
}

fn raw(ip: Ipv4Addr) -> sockaddr_in {
    let bytes = Address::Inet((ip, 0).into()).bytes();
    // SAFETY: these are the bytes of one.
    unsafe { bytes.as_ptr().cast::<sockaddr_in>().read_unaligned() }
}
