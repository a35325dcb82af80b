//! Files by the numbers of the system calls, as std calls where it does not know what its libc has, and code that goes
//! without libc.

use std::ffi::{c_int, c_long, c_void};

use super::{attributes, copy, current, directories, io, locks, maps, names, open, stats};
use crate::hosted::calls::{answer, descriptors};
use crate::hosted::errno::Errno;

/// The answer to a system call; `None`: something else.
///
/// # Safety
/// As for the system call.
pub(in crate::hosted::calls) unsafe fn system_call(number: c_long, a: [usize; 6]) -> Option<c_long> {
    // SAFETY: the caller keeps the contract of the system call; narrower arguments are cut to their width.
    unsafe { by_names(number, a).map(c_long::from).or_else(|| by_content(number, a)) }
}

/// # Safety
/// As for the system call.
unsafe fn by_names(number: c_long, a: [usize; 6]) -> Option<c_int> {
    // SAFETY: the caller's promise, with the arguments in the order that the kernel documents.
    Some(unsafe {
        match number {
            libc::SYS_openat => open::openat(a[0] as _, a[1] as _, a[2] as _, a[3] as _),
            libc::SYS_openat2 => answer(|_| Err(Errno(libc::ENOSYS))),
            libc::SYS_close => descriptors::close(a[0] as _),
            libc::SYS_statx => stats::statx(a[0] as _, a[1] as _, a[2] as _, a[3] as _, a[4] as _),
            libc::SYS_fstat => stats::fstat(a[0] as _, a[1] as _),
            libc::SYS_newfstatat => stats::fstatat(a[0] as _, a[1] as _, a[2] as _, a[3] as _),
            libc::SYS_statfs => stats::statfs(a[0] as _, a[1] as _),
            libc::SYS_fstatfs => stats::fstatfs(a[0] as _, a[1] as _),
            libc::SYS_faccessat => stats::faccessat(a[0] as _, a[1] as _, a[2] as _, 0),
            libc::SYS_faccessat2 => stats::faccessat(a[0] as _, a[1] as _, a[2] as _, a[3] as _),
            libc::SYS_mkdirat => names::mkdirat(a[0] as _, a[1] as _, a[2] as _),
            libc::SYS_unlinkat => names::unlinkat(a[0] as _, a[1] as _, a[2] as _),
            libc::SYS_renameat => names::renameat(a[0] as _, a[1] as _, a[2] as _, a[3] as _),
            libc::SYS_renameat2 => names::renameat2(a[0] as _, a[1] as _, a[2] as _, a[3] as _, a[4] as _),
            libc::SYS_linkat => names::linkat(a[0] as _, a[1] as _, a[2] as _, a[3] as _, a[4] as _),
            libc::SYS_symlinkat => names::symlinkat(a[0] as _, a[1] as _, a[2] as _),
            libc::SYS_chdir => current::chdir(a[0] as _),
            libc::SYS_fchdir => current::fchdir(a[0] as _),
            libc::SYS_fchmod => attributes::fchmod(a[0] as _, a[1] as _),
            libc::SYS_fchmodat => attributes::fchmodat(a[0] as _, a[1] as _, a[2] as _, 0),
            libc::SYS_utimensat => attributes::utimensat(a[0] as _, a[1] as _, a[2] as _, a[3] as _),
            libc::SYS_ftruncate => io::ftruncate(a[0] as _, a[1] as _),
            libc::SYS_truncate => io::truncate(a[0] as _, a[1] as _),
            libc::SYS_fsync => io::fsync(a[0] as _),
            libc::SYS_fdatasync => io::fdatasync(a[0] as _),
            libc::SYS_syncfs => io::syncfs(a[0] as _),
            libc::SYS_sync_file_range => io::sync_file_range(a[0] as _, a[1] as _, a[2] as _, a[3] as _),
            libc::SYS_fallocate => copy::fallocate(a[0] as _, a[1] as _, a[2] as _, a[3] as _),
            libc::SYS_fadvise64 => 0,
            libc::SYS_flock => locks::flock(a[0] as _, a[1] as _),
            libc::SYS_fcntl => descriptors::fcntl(a[0] as _, a[1] as _, a[2] as _),
            libc::SYS_munmap => maps::munmap(a[0] as _, a[1] as _),
            libc::SYS_msync => maps::msync(a[0] as _, a[1] as _, a[2] as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_open => open::open(a[0] as _, a[1] as _, a[2] as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_stat => stats::stat(a[0] as _, a[1] as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_lstat => stats::lstat(a[0] as _, a[1] as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_access => stats::access(a[0] as _, a[1] as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_mkdir => names::mkdir(a[0] as _, a[1] as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_rmdir => names::rmdir(a[0] as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_unlink => names::unlink(a[0] as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_rename => names::rename(a[0] as _, a[1] as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_link => names::link(a[0] as _, a[1] as _),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_chmod => attributes::chmod(a[0] as _, a[1] as _),
            _ => return None,
        }
    })
}

/// # Safety
/// As for the system call.
unsafe fn by_content(number: c_long, a: [usize; 6]) -> Option<c_long> {
    // SAFETY: the caller's promise, with the arguments in the order that the kernel documents.
    Some(unsafe {
        match number {
            libc::SYS_write => descriptors::write(a[0] as _, a[1] as _, a[2]) as c_long,
            libc::SYS_writev => descriptors::writev(a[0] as _, a[1] as _, a[2] as _) as c_long,
            libc::SYS_pread64 => io::pread(a[0] as _, a[1] as _, a[2], a[3] as _) as c_long,
            libc::SYS_pwrite64 => io::pwrite(a[0] as _, a[1] as _, a[2], a[3] as _) as c_long,
            libc::SYS_preadv => io::preadv(a[0] as _, a[1] as _, a[2] as _, a[3] as _) as c_long,
            libc::SYS_pwritev => io::pwritev(a[0] as _, a[1] as _, a[2] as _, a[3] as _) as c_long,
            libc::SYS_lseek => io::lseek(a[0] as _, a[1] as _, a[2] as _),
            libc::SYS_copy_file_range => {
                copy::copy_file_range(a[0] as _, a[1] as _, a[2] as _, a[3] as _, a[4], a[5] as _) as c_long
            }
            libc::SYS_sendfile => copy::sendfile(a[0] as _, a[1] as _, a[2] as _, a[3]) as c_long,
            libc::SYS_readlinkat => current::readlinkat(a[0] as _, a[1] as _, a[2] as _, a[3]) as c_long,
            libc::SYS_getcwd => match current::getcwd(a[0] as _, a[1]) {
                path if path.is_null() => -1,
                path => libc::strlen(path).cast_signed() as c_long + 1,
            },
            libc::SYS_getdents64 => directories::getdents64(a[0] as _, a[1] as *mut c_void, a[2]) as c_long,
            libc::SYS_mmap => maps::mmap(a[0] as _, a[1], a[2] as _, a[3] as _, a[4] as _, a[5] as _) as c_long,
            libc::SYS_mremap => maps::mremap(a[0] as _, a[1], a[2], a[3] as _, a[4] as _) as c_long,
            _ => return None,
        }
    })
}
