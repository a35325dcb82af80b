//! Where libc's functions cannot be defined nothing is hosted, and who asks for it is told.

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Ready;

use crate::base::{Error, Kind};

/// Always fails.
///
/// # Errors
/// Says where programs are hosted.
pub(crate) fn check() -> Result<(), Error> {
    let message = "host a program: unmodified programs run on 64-bit Linux with glibc, linked dynamically, with the \
                   feature `hosting` of tumult-sim; write a native body (an async closure) here";
    Err(Error::new(Kind::Config, message))
}

/// Not reached: [`check`] comes before it.
pub(crate) fn start_main(_: Box<dyn FnOnce()>, _: &[(String, String)]) -> Result<Ready<()>, i32> {
    Err(0)
}

/// The system's allocator: nothing is hosted here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Preempting;

/// It never asks for preemption here, and nobody misses that.
pub(crate) const fn is_in_use() -> bool {
    true
}

// SAFETY: all that is given and taken is the system allocator's.
unsafe impl GlobalAlloc for Preempting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) };
    }
}

#[cfg(test)]
mod tests {
    use crate::Sim;
    use crate::body::program;

    #[test]
    fn who_asks_for_a_program_is_told_where_they_run() {
        let declare = || {
            Sim::new(1).primary("main", program(|| ()));
        };
        let payload = std::panic::catch_unwind(declare).unwrap_err();
        let message = payload.downcast_ref::<String>().unwrap();
        for word in ["failed to host a program", "64-bit Linux with glibc", "linked dynamically", "`hosting`"] {
            assert!(message.contains(word), "`{word}` is missing in {message}");
        }
    }
}
