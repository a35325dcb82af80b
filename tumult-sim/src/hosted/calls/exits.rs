//! `exit` and its kin, `abort`: an end of the process, of no other and not of the test.
//!
//! `exit` writes what the streams of C have not written. No handler of `atexit` is called: they belong to the whole program, and would run again at its own end.

use std::ffi::{CStr, c_int, c_void};

use crate::host::Real;
use crate::hosted::{ends, thread::simulated};

/// Defines functions that never return.
macro_rules! ends {
    ($( $(#[$attribute:meta])* fn $name:ident($($argument:ident: $type:ty),*) = $body:expr; )*) => {
        $(
            $(#[$attribute])*
            ///
            /// # Safety
            /// As libc's.
            #[unsafe(no_mangle)]
            pub(in crate::hosted) unsafe extern "C" fn $name($($argument: $type),*) -> ! {
                static REAL: Real<unsafe extern "C" fn($($type),*) -> !> =
                    // SAFETY: the type is this function's.
                    unsafe { Real::new(super::name(concat!(stringify!($name), "\0"))) };
                if simulated().is_some() {
                    super::answer::<()>($body);
                }
                match REAL.get() {
                    // SAFETY: the caller keeps libc's contract.
                    Some(real) => unsafe { real($($argument),*) },
                    None => loop {
                        // What no libc lacks.
                        std::hint::spin_loop();
                    },
                }
            }
        )*

        /// The functions of this group, by name.
        pub(super) fn defined() -> Vec<(&'static CStr, *const c_void)> {
            vec![$((super::name(concat!(stringify!($name), "\0")), $name as *const c_void)),*]
        }
    };
}

ends! {
    /// std's `process::exit`.
    fn exit(status: c_int) = |me| {
        super::stdio::flush(me);
        ends::exit(me, "exit", status)
    };

    /// As `exit`, which calls no handlers here either.
    fn _exit(status: c_int) = |me| ends::exit(me, "_exit", status);

    /// As `exit`, which calls no handlers here either.
    fn _Exit(status: c_int) = |me| ends::exit(me, "_Exit", status);

    /// As `exit`, which calls no handlers here either.
    fn quick_exit(status: c_int) = |me| ends::exit(me, "quick_exit", status);

    /// std's `process::abort`, and what a panic that cannot unwind comes to.
    fn abort() = |me| ends::abort(me, "abort()");
}
