//! Unix sockets, within a process: streams on the kernel's pipes, datagrams in queues.
//!
//! A name belongs to a process and lives as long as its socket: no file is made for it, and none has to be unlinked.
//! Descriptors are not passed.

pub(in crate::hosted) mod datagram;
pub(in crate::hosted) mod stream;

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::rc::{Rc, Weak};

use crate::hosted::address::Address;
use crate::hosted::errno::Errno;
use datagram::Inbox;
use stream::Queue;

/// What a name stands for.
#[derive(Clone, Debug)]
pub(in crate::hosted) enum Named {
    Stream(Weak<Queue>),
    Datagram(Weak<Inbox>),
}

/// The names of one life.
#[derive(Debug, Default)]
pub(in crate::hosted) struct Names {
    by_name: BTreeMap<Vec<u8>, Named>,
    /// Names that Linux makes up: a zero and five digits.
    made_up: u32,
}

impl Names {
    /// Gives a name to what is bound: a made-up one for none.
    ///
    /// # Errors
    /// EADDRINUSE when something living has it.
    fn bind(&mut self, name: &[u8], what: Named) -> Result<Vec<u8>, Errno> {
        let mut name = name.to_vec();
        if name.is_empty() {
            self.made_up += 1;
            name = format!("\0{:05x}", self.made_up).into_bytes();
        }
        if self.find(&name).is_ok() {
            return Err(Errno(libc::EADDRINUSE));
        }
        self.by_name.insert(name.clone(), what);
        Ok(name)
    }

    /// What has a name.
    ///
    /// # Errors
    /// ENOENT for a path, ECONNREFUSED for another name.
    fn find(&self, name: &[u8]) -> Result<&Named, Errno> {
        let lives = |named: &&Named| match named {
            Named::Stream(queue) => queue.strong_count() > 0,
            Named::Datagram(inbox) => inbox.strong_count() > 0,
        };
        let unknown = if name.first() == Some(&0) { libc::ECONNREFUSED } else { libc::ENOENT };
        self.by_name.get(name).filter(lives).ok_or(Errno(unknown))
    }

    fn forget(&mut self, name: &[u8]) {
        self.by_name.remove(name);
    }
}

/// The name in an address.
fn name_in(address: &Address) -> Result<&[u8], Errno> {
    match address {
        Address::Unix(name) => Ok(name),
        _ => Err(Errno(libc::EINVAL)),
    }
}

const fn kind(sort: c_int) -> (c_int, c_int, c_int) {
    (libc::AF_UNIX, sort, 0)
}

/// Only what is alive has a name: what is bound keeps this.
fn named(name: &[u8]) -> Address {
    Address::Unix(name.to_vec())
}

/// The other one is gone, unless it is there.
fn alive<T>(weak: &Weak<T>) -> Result<Rc<T>, Errno> {
    weak.upgrade().ok_or(Errno(libc::ECONNREFUSED))
}
