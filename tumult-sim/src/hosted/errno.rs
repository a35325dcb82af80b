//! Errors as libc's functions give them: a number.

use std::ffi::c_int;
use std::io;

use crate::kernel::disk::DiskError;

/// An error number of Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Errno(pub(super) c_int);

impl From<io::Error> for Errno {
    /// The kernel's machines say what is wrong by a number or by std's kinds.
    fn from(error: io::Error) -> Self {
        let number = error.get_ref().and_then(|e| e.downcast_ref::<DiskError>()).map(DiskError::errno);
        if let Some(number) = error.raw_os_error().or(number) {
            return Self(number);
        }
        Self::from(error.kind())
    }
}

impl From<io::ErrorKind> for Errno {
    fn from(kind: io::ErrorKind) -> Self {
        use io::ErrorKind as K;
        Self(match kind {
            K::NotFound => libc::ENOENT,
            K::PermissionDenied => libc::EACCES,
            K::ConnectionRefused => libc::ECONNREFUSED,
            K::ConnectionReset => libc::ECONNRESET,
            K::HostUnreachable => libc::EHOSTUNREACH,
            K::NetworkUnreachable => libc::ENETUNREACH,
            K::ConnectionAborted => libc::ECONNABORTED,
            K::NotConnected => libc::ENOTCONN,
            K::AddrInUse => libc::EADDRINUSE,
            K::AddrNotAvailable => libc::EADDRNOTAVAIL,
            K::NetworkDown => libc::ENETDOWN,
            K::BrokenPipe => libc::EPIPE,
            K::AlreadyExists => libc::EEXIST,
            K::WouldBlock => libc::EAGAIN,
            K::NotADirectory => libc::ENOTDIR,
            K::IsADirectory => libc::EISDIR,
            K::DirectoryNotEmpty => libc::ENOTEMPTY,
            K::ReadOnlyFilesystem => libc::EROFS,
            K::InvalidInput => libc::EINVAL,
            K::TimedOut => libc::ETIMEDOUT,
            K::StorageFull => libc::ENOSPC,
            K::FileTooLarge => libc::EFBIG,
            K::ResourceBusy => libc::EBUSY,
            K::Interrupted => libc::EINTR,
            K::Unsupported => libc::ENOSYS,
            K::OutOfMemory => libc::ENOMEM,
            _ => libc::EIO,
        })
    }
}
