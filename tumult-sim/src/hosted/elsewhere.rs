//! Where libc's functions cannot be defined nothing is hosted, and who asks for it is told.

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
