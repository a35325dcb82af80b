//! Memory that a forked process shares with the one that forked it: what is written there outlives it.

use std::io;
use std::sync::atomic::{AtomicU8, Ordering};

/// A piece of shared memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared {
    bytes: &'static [AtomicU8],
}

impl Shared {
    /// So many bytes, zeroed. They are never given back.
    pub(crate) fn new(len: usize) -> io::Result<Self> {
        let (access, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping, at a place of the system's choice.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), len, access, flags, -1, 0) };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the mapping has this length and is never unmapped; every byte is a valid `AtomicU8`, through which
        // alone it is accessed, in this process and in those that it forks.
        let bytes = unsafe { std::slice::from_raw_parts(at.cast::<AtomicU8>(), len) };
        Ok(Self { bytes })
    }

    pub(crate) fn len(self) -> usize {
        self.bytes.len()
    }

    /// Writes what fits.
    pub(crate) fn write(self, at: usize, bytes: &[u8]) {
        for (to, byte) in self.bytes.iter().skip(at).zip(bytes) {
            to.store(*byte, Ordering::Relaxed);
        }
    }

    /// Reads what is there.
    pub(crate) fn read(self, at: usize, to: &mut [u8]) {
        for (from, byte) in self.bytes.iter().skip(at).zip(to) {
            *byte = from.load(Ordering::Relaxed);
        }
    }
}
