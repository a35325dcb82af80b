//! Randomness that libc gives without asking the kernel through its own `getrandom`: the process's.

use std::ffi::c_void;

use libc::size_t;

use super::{ANSWERS, libc_calls};
use crate::hosted::errno::Errno;

libc_calls! {
    /// Drawn from the process's own randomness.
    fn arc4random() -> u32 = |_| Ok::<_, Errno>(draw());

    /// As `arc4random`.
    fn arc4random_buf(into: *mut c_void, len: size_t) = |_| {
        if len > 0 {
            // SAFETY: libc's contract: so many bytes can be written.
            (ANSWERS.fill)(unsafe { std::slice::from_raw_parts_mut(into.cast(), len) });
        }
        Ok::<_, Errno>(())
    };

    /// As `arc4random`, below a bound, each number as likely as the others to within one in four billion.
    fn arc4random_uniform(bound: u32) -> u32 = |_| Ok::<_, Errno>(((u64::from(draw()) * u64::from(bound)) >> 32) as u32);
}

fn draw() -> u32 {
    let mut bytes = [0; 4];
    (ANSWERS.fill)(&mut bytes);
    u32::from_ne_bytes(bytes)
}
