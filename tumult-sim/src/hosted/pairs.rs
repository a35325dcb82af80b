//! Pairs of sockets, which programs keep in statics: tokio does, so that handlers of signals can wake it.
//!
//! The processes of a run share statics, where on machines of their own each would have made such a pair for itself. So
//! the numbers of a pair are given out once in a program, and say what kind of pair it is; in a life that has not made
//! it, as in a later one of the same process, they stand for a pair of that life's own, which is made when it is first
//! used.

use std::ffi::c_int;
use std::rc::Rc;
use std::sync::atomic::{AtomicI32, Ordering};

use super::descriptors::FIRST;
use super::errno::Errno;
use super::life::Life;
use super::object::Object;
use super::sockets::unix::datagram::UnixDatagram;
use super::sockets::unix::stream::UnixStream;

/// The first number of a pair: above all others.
pub(super) const PAIRS: c_int = FIRST << 2;
/// Bits of a number: which end, the place of the pair, and its kind.
const PLACE: u32 = 1;
const KIND: u32 = 22;

/// Pairs made so far: no two in a program have one place.
static MADE: AtomicI32 = AtomicI32::new(0);

/// What a pair is: streams or datagrams, and the flags of its descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PairKind {
    pub(super) datagrams: bool,
    pub(super) nonblocking: bool,
    pub(super) close_on_exec: bool,
}

impl PairKind {
    const fn bits(self) -> c_int {
        self.datagrams as c_int | (self.nonblocking as c_int) << 1 | (self.close_on_exec as c_int) << 2
    }

    const fn of_bits(bits: c_int) -> Self {
        Self { datagrams: bits & 1 != 0, nonblocking: bits & 2 != 0, close_on_exec: bits & 4 != 0 }
    }

    /// As `open` has them.
    const fn flags(self) -> c_int {
        let nonblocking = if self.nonblocking { libc::O_NONBLOCK } else { 0 };
        libc::O_RDWR | nonblocking | if self.close_on_exec { libc::O_CLOEXEC } else { 0 }
    }

    fn make(self, life: &Life) -> [Rc<dyn Object>; 2] {
        if self.datagrams {
            UnixDatagram::pair(life).map(|s| -> Rc<dyn Object> { Rc::new(s) })
        } else {
            UnixStream::pair(life).map(|s| -> Rc<dyn Object> { Rc::new(s) })
        }
    }
}

impl Life {
    /// Makes a pair.
    ///
    /// # Errors
    /// EMFILE when the process has as many open as it may.
    pub(super) fn make_pair(&self, kind: PairKind) -> Result<[c_int; 2], Errno> {
        let place = MADE.fetch_add(1, Ordering::Relaxed);
        if place >= 1 << (KIND - PLACE) {
            return Err(Errno(libc::ENFILE));
        }
        let first = PAIRS | kind.bits() << KIND | place << PLACE;
        self.install_pair(first, kind)
    }

    /// Makes this life's own of a pair that another has made. Anything else stays as it is.
    ///
    /// # Errors
    /// EMFILE when the process has as many open as it may.
    pub(super) fn adopt_pair(&self, fd: c_int) -> Result<(), Errno> {
        if fd < PAIRS || self.descriptors.borrow().knows_pair(fd) {
            return Ok(());
        }
        let (kind, place) = (PairKind::of_bits((fd - PAIRS) >> KIND), (fd & ((1 << KIND) - 1)) >> PLACE);
        if place < MADE.load(Ordering::Relaxed) {
            self.install_pair(fd & !1, kind)?;
        }
        Ok(())
    }

    fn install_pair(&self, first: c_int, kind: PairKind) -> Result<[c_int; 2], Errno> {
        let [a, b] = kind.make(self);
        if let Err(error) = self.install_at(first, a, kind.flags()) {
            b.close();
            return Err(error);
        }
        self.install_at(first + 1, b, kind.flags()).inspect_err(|_| {
            // It was just given out.
            let _ = self.close(first);
        })?;
        Ok([first, first + 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_says_the_kind() {
        for bits in 0..8 {
            let kind = PairKind::of_bits(bits);
            assert_eq!(kind.bits(), bits);
            let number = PAIRS | bits << KIND | 77 << PLACE | 1;
            assert_eq!(((number - PAIRS) >> KIND, (number & ((1 << KIND) - 1)) >> PLACE), (bits, 77));
        }
    }
}
