//! `getrandom` and `getentropy`.

use std::ffi::{c_int, c_uint, c_void};
use std::slice;

use super::super::hook::{self, Hooks};
use super::errno;
use super::real::Real;

/// What Linux gives at most in one call, as for every read.
const LEN_MAX: usize = 0x7fff_f000;

/// POSIX's limit for `getentropy`, which gives all or nothing.
const GETENTROPY_LEN_MAX: usize = 256;

type Getrandom = unsafe extern "C" fn(*mut c_void, usize, c_uint) -> isize;
// SAFETY: the type is this function's.
static GETRANDOM: Real<Getrandom> = unsafe { Real::new(c"getrandom") };

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn getrandom(into: *mut c_void, len: usize, flags: c_uint) -> isize {
    if let Some(hooks) = hook::current() {
        let contradiction = libc::GRND_RANDOM | libc::GRND_INSECURE;
        let known = contradiction | libc::GRND_NONBLOCK;
        if flags & !known != 0 || flags & contradiction == contradiction {
            return errno::fail(libc::EINVAL);
        }
        // SAFETY: the caller keeps libc's contract.
        return unsafe { fill(hooks, into.cast(), len) };
    }
    let Some(real) = GETRANDOM.get() else { return -1 };
    // SAFETY: the caller keeps libc's contract.
    unsafe { real(into, len, flags) }
}

type Getentropy = unsafe extern "C" fn(*mut c_void, usize) -> c_int;
// SAFETY: the type is this function's.
static GETENTROPY: Real<Getentropy> = unsafe { Real::new(c"getentropy") };

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn getentropy(into: *mut c_void, len: usize) -> c_int {
    if let Some(hooks) = hook::current() {
        if len > GETENTROPY_LEN_MAX {
            return errno::fail(libc::EIO);
        }
        // SAFETY: the caller keeps libc's contract.
        return if unsafe { fill(hooks, into.cast(), len) } < 0 { -1 } else { 0 };
    }
    let Some(real) = GETENTROPY.get() else { return -1 };
    // SAFETY: the caller keeps libc's contract.
    unsafe { real(into, len) }
}

/// Fills from the process's own randomness and gives the number of bytes, or −1 with `errno`.
///
/// # Safety
/// If `into` is not null, `len` bytes from it on can be written to; they need not be initialised.
pub(super) unsafe fn fill(hooks: &Hooks, into: *mut u8, len: usize) -> isize {
    let len = len.min(LEN_MAX);
    if len == 0 {
        return 0;
    }
    if into.is_null() {
        return errno::fail(libc::EFAULT);
    }
    // SAFETY: the caller's promise; after the zeros they are initialised, as a slice of bytes must be.
    let bytes = unsafe {
        into.write_bytes(0, len);
        slice::from_raw_parts_mut(into, len)
    };
    errno::ask(|| (hooks.fill)(bytes));
    len as isize
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::super::super::testing::{set_entropy, simulated};
    use crate::host::linux::errno;

    fn getrandom(len: usize, flags: u32) -> (isize, Vec<u8>) {
        let mut bytes = vec![0; len];
        // SAFETY: the buffer is as long as said.
        let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), len, flags) };
        (got, bytes)
    }

    fn getentropy(len: usize) -> (i32, Vec<u8>) {
        let mut bytes = vec![0; len];
        // SAFETY: the buffer is as long as said.
        let got = unsafe { libc::getentropy(bytes.as_mut_ptr().cast(), len) };
        (got, bytes)
    }

    #[test]
    fn getrandom_is_answered_inside_and_real_outside() {
        set_entropy(5);
        errno::set(libc::EXDEV);
        assert_eq!(simulated(|| getrandom(3, 0)), (3, vec![5, 6, 7]));
        assert_eq!(simulated(|| getrandom(2, libc::GRND_INSECURE)), (2, vec![8, 9]));
        assert_eq!(errno::get(), libc::EXDEV);
        assert_ne!(getrandom(16, 0), getrandom(16, 0));
    }

    #[test]
    fn getrandom_refuses_what_the_kernel_refuses() {
        for flags in [8, libc::GRND_RANDOM | libc::GRND_INSECURE] {
            let refused = || (getrandom(1, flags).0, errno::get());
            assert_eq!(simulated(refused), (-1, libc::EINVAL));
            assert_eq!(refused(), (-1, libc::EINVAL));
        }
        // SAFETY: a null pointer is refused.
        let null = || (unsafe { libc::getrandom(ptr::null_mut(), 1, 0) }, errno::get());
        assert_eq!(simulated(null), (-1, libc::EFAULT));
        assert_eq!(null(), (-1, libc::EFAULT));
    }

    #[test]
    fn an_empty_request_is_no_draw() {
        set_entropy(5);
        assert_eq!(simulated(|| getrandom(0, 0)).0, 0);
        assert_eq!(simulated(|| getrandom(1, 0)).1, [5]);
    }

    #[test]
    fn getentropy_is_answered_inside_and_real_outside() {
        set_entropy(5);
        assert_eq!(simulated(|| getentropy(3)), (0, vec![5, 6, 7]));
        assert_ne!(getentropy(16), getentropy(16));
        for refused in [simulated(|| (getentropy(257).0, errno::get())), (getentropy(257).0, errno::get())] {
            assert_eq!(refused, (-1, libc::EIO));
        }
    }
}
