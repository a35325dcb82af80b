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

use crate::hosted::calls::{answer, descriptors};

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
            libc::SYS_renameat => names::renameat(a as _, b as _, c as _, d as _).into(),
            libc::SYS_mkdirat => names::mkdirat(a as _, b as _, c as _).into(),
            libc::SYS_unlinkat => names::unlinkat(a as _, b as _, c as _).into(),
            libc::SYS_linkat => names::linkat(a as _, b as _, c as _, d as _, e as _).into(),
            libc::SYS_readlinkat => current::readlinkat(a as _, b as _, c as _, d) as c_long,
            libc::SYS_newfstatat => stats::fstatat64(a as _, b as _, c as _, d as _).into(),
            libc::SYS_fstat => stats::fstat64(a as _, b as _).into(),
            libc::SYS_fcntl => descriptors::fcntl64(a as _, b as _, c).into(),
            libc::SYS_flock => locks::flock(a as _, b as _).into(),
            libc::SYS_lseek => io::lseek64(a as _, b as _, c as _) as c_long,
            libc::SYS_ftruncate => io::ftruncate64(a as _, b as _).into(),
            libc::SYS_fsync => io::fsync(a as _).into(),
            libc::SYS_fdatasync => io::fdatasync(a as _).into(),
            libc::SYS_pread64 => io::pread64(a as _, b as _, c, d as _) as c_long,
            libc::SYS_pwrite64 => io::pwrite64(a as _, b as _, c, d as _) as c_long,
            libc::SYS_write => descriptors::write(a as _, b as _, c) as c_long,
            libc::SYS_writev => descriptors::writev(a as _, b as _, c as _) as c_long,
            libc::SYS_close => descriptors::close(a as _).into(),
            libc::SYS_openat2 => answer(|_| Err(crate::hosted::errno::Errno(libc::ENOSYS))),
            _ => return None,
        }
    })
}
