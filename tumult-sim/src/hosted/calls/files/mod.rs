//! Files: open ones, names, metadata, directories, locks.

mod attributes;
mod copy;
mod current;
mod directories;
mod io;
pub(super) mod locks;
mod maps;
mod names;
mod open;
mod stats;

use std::ffi::{CStr, c_long, c_void};

use crate::hosted::calls::answer;

/// The functions of all these groups.
pub(super) fn defined() -> Vec<(&'static CStr, *const c_void)> {
    [
        attributes::defined(),
        copy::defined(),
        current::defined(),
        directories::defined(),
        io::defined(),
        maps::defined(),
        locks::defined(),
        names::defined(),
        open::defined(),
        stats::defined(),
    ]
    .concat()
}

/// libc's `syscall` for what is done to files by number, as std does where it does not know what its libc has.
/// `None`: something else.
pub(super) fn system_call(number: c_long, [a, b, c, d, e, f]: [usize; 6]) -> Option<c_long> {
    // SAFETY: the caller keeps the contract of the system call; narrower arguments are cut to their width.
    Some(unsafe {
        match number {
            libc::SYS_openat => open::openat(a as _, b as _, c as _, d as _).into(),
            libc::SYS_statx => stats::statx(a as _, b as _, c as _, d as _, e as _).into(),
            libc::SYS_copy_file_range => copy::copy_file_range(a as _, b as _, c as _, d as _, e, f as _) as c_long,
            libc::SYS_renameat2 => names::renameat2(a as _, b as _, c as _, d as _, e as _).into(),
            libc::SYS_faccessat2 => stats::faccessat(a as _, b as _, c as _, d as _).into(),
            libc::SYS_openat2 => answer(|_| Err(crate::hosted::errno::Errno(libc::ENOSYS))),
            _ => return None,
        }
    })
}
