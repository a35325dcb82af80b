//! One body on both arms: hosted, and on the real system. What it notes must be the same.

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};

use tumult_sim::trace::TraceHash;

use crate::threads::alone;

/// What a body has seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Log(Vec<String>);

impl Log {
    /// Notes a value.
    pub(crate) fn note(&mut self, value: impl Debug) {
        self.0.push(format!("{value:?}"));
    }

    /// Notes what an operation gave: a value, or the number of the error.
    pub(crate) fn seen<T: Debug>(&mut self, result: io::Result<T>) {
        match result {
            Ok(value) => self.note(value),
            Err(e) => self.0.push(format!("{:?} {:?}", e.kind(), e.raw_os_error())),
        }
    }
}

/// A body: in a directory of its own, which is empty.
pub(crate) type Case = fn(&Path, &mut Log);

fn run(case: Case, directory: &Path) -> Log {
    let mut log = Log::default();
    case(directory, &mut log);
    // The directory is another one on each arm.
    let name = directory.to_str().unwrap().to_owned();
    Log(log.0.into_iter().map(|line| line.replace(&name, "DIR")).collect())
}

/// Runs a body on both arms, and twice in the simulation.
pub(crate) fn both(case: Case) {
    assert_eq!(once_on_each(case), once_on_each(case), "the same seed gives the same trace");
}

/// Runs a body on both arms; gives the trace hash.
pub(crate) fn once_on_each(case: Case) -> TraceHash {
    let hosted = move || {
        let directory = PathBuf::from("/tmp/case");
        std::fs::create_dir(&directory).unwrap();
        run(case, &directory)
    };
    let (log, hash) = alone(1, hosted);
    let real = tempfile::tempdir().unwrap();
    let real = run(case, &real.path().canonicalize().unwrap());
    assert!(!real.0.is_empty(), "a case notes something");
    assert_eq!(log, real, "hosted, and on the real system");
    hash
}

/// Tests of the cases' names.
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        mod on_both_arms {
            $(#[test] fn $case() { $crate::files::arms::both(super::$case); })*
        }
    };
}
pub(crate) use cases;

/// What a call of libc gave: its value, or `errno`.
pub(crate) fn os(result: isize) -> io::Result<isize> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// A path as C takes it.
pub(crate) fn c(path: &Path) -> std::ffi::CString {
    std::ffi::CString::new(path.to_str().unwrap()).unwrap()
}
