//! Definitions of libc's functions, one group a file, and the check that they are the ones in force.

mod clock;
mod device;
mod entropy;
pub(crate) mod errno;
mod frames;
mod futex;
pub(crate) mod hosting;
mod pthread;
mod real;
mod sleep;
#[allow(clippy::many_single_char_names, reason = "the arguments of a system call have no other names")]
mod syscall;

use std::ffi::{CStr, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::base::{Error, Kind};

/// Real functions that hosted threads are made of.
pub(crate) mod reals {
    pub(crate) use super::pthread::sigaction;
    pub(crate) use super::pthread::{at_thread_exit, block_signals, futex, pthread_create, pthread_join, tid, wake};
    pub(crate) use super::syscall::{
        address as syscall_address, answered as answered_syscall, real_syscall as syscall,
    };
}
pub(super) use frames::frames;
pub(crate) use hosting::Hosting;
pub(crate) use real::Real;
pub(crate) use sleep::ns_of;

pub(super) const ANSWERED: bool = true;

/// Every function defined here, by the name that others know it by.
///
/// That a run's entry calls [`check`], and that refers to each function, is what keeps them in the test binary: a linker
/// takes an object file out of a library only for the sake of a name that something already needs.
fn answers() -> [(&'static CStr, *const c_void); 13] {
    [
        (c"clock_gettime", clock::clock_gettime as *const c_void),
        (c"gettimeofday", clock::gettimeofday as *const c_void),
        (c"time", clock::time as *const c_void),
        (c"timespec_get", clock::timespec_get as *const c_void),
        (c"getrandom", entropy::getrandom as *const c_void),
        (c"getentropy", entropy::getentropy as *const c_void),
        (c"read", device::read as *const c_void),
        (c"readv", device::readv as *const c_void),
        (c"nanosleep", sleep::nanosleep as *const c_void),
        (c"clock_nanosleep", sleep::clock_nanosleep as *const c_void),
        (c"usleep", sleep::usleep as *const c_void),
        (c"sleep", sleep::sleep as *const c_void),
        (c"syscall", syscall::syscall as *const c_void),
    ]
}

/// Fails unless each function is the one that the whole program gets, `dlsym` included: half an answer would be worse
/// than none. Looks once in a program's life.
pub(super) fn check() -> Result<(), Error> {
    static CHECKED: AtomicBool = AtomicBool::new(false);
    if CHECKED.load(Ordering::Relaxed) {
        return Ok(());
    }
    check_each(&answers())?;
    CHECKED.store(true, Ordering::Relaxed);
    Ok(())
}

pub(crate) fn check_each(answers: &[(&'static CStr, *const c_void)]) -> Result<(), Error> {
    for (name, ours) in answers {
        // SAFETY: the name ends with a zero byte, and looking it up has no precondition.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        if found.cast_const() != *ours {
            let name = name.to_string_lossy();
            return Err(Error::new(
                Kind::Config,
                format!(
                    "answer libc's `{name}` from the simulation: this program gets another definition of it; link \
                     tumult-sim into the test executable itself (no `prefer-dynamic`, no sanitizer), or switch its \
                     feature `host` off and do without simulated clocks and entropy in libc"
                ),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{answers, check, check_each, clock};

    #[test]
    fn the_functions_in_force_are_ours() {
        check().unwrap();
    }

    #[test]
    fn another_definition_is_refused_by_name() {
        let mut planted = answers();
        planted[4].1 = clock::time as *const _;
        let message = check_each(&planted).unwrap_err().to_string();
        assert!(message.starts_with("failed to answer libc's `getrandom` from the simulation"), "{message}");
    }

    /// Each function has a row in the documentation, and each test named there exists.
    #[test]
    fn the_documentation_has_every_function_with_its_tests() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let read = |path: &str| std::fs::read_to_string(format!("{root}/{path}")).unwrap();
        let tests = ["hook", "linux/clock/tests", "linux/device", "linux/entropy", "linux/futex", "linux/sleep/tests"];
        let mut code = read("tests/tests/host.rs") + &read("tumult-sim/src/host/linux/syscall.rs");
        code.extend(tests.map(|file| read(&format!("tumult-sim/src/host/{file}.rs"))));
        let documentation = read("docs/HOSTING.md");
        for (name, _) in answers() {
            let start = format!("| `{}` |", name.to_string_lossy());
            let row = documentation.lines().find(|line| line.starts_with(&start));
            let row = row.unwrap_or_else(|| panic!("docs/HOSTING.md has no row {start}"));
            let named = row.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap();
            for test in named.split(", ") {
                let test = test.trim_matches([' ', '`']).trim_start_matches("host::");
                assert!(code.contains(&format!("fn {test}() {{")), "docs/HOSTING.md names a test that is not: {test}");
            }
        }
    }
}
