//! `read` and `readv`, for the sake of `/dev/urandom` and `/dev/random`.
//!
//! The descriptor is the real device, opened for real, so opening, duplicating and closing need no definitions of ours;
//! a read asks the descriptor what it is. That costs an `fstat` for each read by simulated code, and nothing elsewhere.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use libc::iovec;

use super::super::hook;
use super::entropy;
use super::errno;
use super::real::Real;

type Read = unsafe extern "C" fn(c_int, *mut c_void, usize) -> isize;
// SAFETY: the type is this function's.
static READ: Real<Read> = unsafe { Real::new(c"read") };

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn read(fd: c_int, into: *mut c_void, len: usize) -> isize {
    if let Some(hooks) = hook::current() {
        if let Some(hosting) = hooks.hosting {
            return (hosting.read)(fd, into, len);
        }
        if is_random(fd) {
            // SAFETY: the caller keeps libc's contract.
            return unsafe { entropy::fill(hooks, into.cast(), len) };
        }
    }
    let Some(real) = READ.get() else { return -1 };
    // SAFETY: the caller keeps libc's contract.
    unsafe { real(fd, into, len) }
}

type Readv = unsafe extern "C" fn(c_int, *const iovec, c_int) -> isize;
// SAFETY: the type is this function's.
static READV: Real<Readv> = unsafe { Real::new(c"readv") };

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn readv(fd: c_int, parts: *const iovec, count: c_int) -> isize {
    if let Some(hosting) = hook::current().and_then(|hooks| hooks.hosting) {
        return (hosting.readv)(fd, parts, count);
    }
    if let Some(hooks) = hook::current()
        && is_random(fd)
    {
        let mut filled = 0;
        for number in 0..usize::try_from(count).unwrap_or(0) {
            // SAFETY: libc's contract: `count` parts can be read, and each can be written to.
            let got = unsafe {
                let part = &*parts.add(number);
                entropy::fill(hooks, part.iov_base.cast(), part.iov_len)
            };
            if got < 0 {
                return if filled > 0 { filled } else { got };
            }
            filled += got;
        }
        return filled;
    }
    let Some(real) = READV.get() else { return -1 };
    // SAFETY: the caller keeps libc's contract.
    unsafe { real(fd, parts, count) }
}

/// Linux fixes the numbers of its memory devices: 1, 8 is `random` and 1, 9 is `urandom`, wherever they are mounted.
fn is_random(fd: c_int) -> bool {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the buffer is of the type that is asked for.
    if errno::kept(|| unsafe { libc::fstat(fd, stat.as_mut_ptr()) }) != 0 {
        return false;
    }
    // SAFETY: the call succeeded, so it filled the buffer.
    let stat = unsafe { stat.assume_init() };
    let device = (libc::major(stat.st_rdev), libc::minor(stat.st_rdev));
    stat.st_mode & libc::S_IFMT == libc::S_IFCHR && matches!(device, (1, 8 | 9))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{IoSliceMut, Read};

    use super::super::super::testing::{set_entropy, simulated};
    use crate::host::linux::errno;

    fn draw(path: &str) -> [u8; 8] {
        let mut bytes = [0; 8];
        File::open(path).unwrap().read_exact(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_random_devices_are_answered_inside_and_real_outside() {
        for path in ["/dev/urandom", "/dev/random"] {
            set_entropy(5);
            assert_eq!(simulated(|| draw(path)), [5, 6, 7, 8, 9, 10, 11, 12]);
            assert_ne!(draw(path), draw(path));
        }
    }

    #[test]
    fn a_descriptor_opened_before_and_duplicated_is_answered_too() {
        let mut copy = File::open("/dev/urandom").unwrap().try_clone().unwrap();
        let (mut one, mut two) = ([0; 2], [0; 3]);
        set_entropy(5);
        let parts = &mut [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
        assert_eq!(simulated(|| copy.read_vectored(parts)).unwrap(), 5);
        assert_eq!((one, two), ([5, 6], [7, 8, 9]));
        let parts = &mut [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
        assert_eq!(copy.read_vectored(parts).unwrap(), 5);
        assert_ne!((one, two), ([5, 6], [7, 8, 9]));
    }

    #[test]
    fn other_descriptors_are_read_for_real() {
        set_entropy(5);
        assert_eq!(simulated(|| draw("/dev/zero")), [0; 8]);
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert!(simulated(|| std::fs::read_to_string(manifest)).unwrap().contains("tumult-sim"));
        let mut byte = 0_u8;
        // SAFETY: one byte can be written; the descriptor is none.
        let got = simulated(|| (unsafe { libc::read(-1, (&raw mut byte).cast(), 1) }, errno::get()));
        assert_eq!(got, (-1, libc::EBADF));
    }
}
