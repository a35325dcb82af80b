//! What a disk operation can fail with: a Linux errno, what was tried, and on which path.

use std::fmt;
use std::io;

/// Why an operation failed. The numbers are Linux's, on every system, because traces and hosted programs see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Cause {
    /// EPERM: a directory has one name.
    NotPermitted = 1,
    /// ENOENT
    NotFound = 2,
    /// EIO
    Io = 5,
    /// EBADF: closed, of a dead incarnation, or not opened for this.
    BadDescriptor = 9,
    /// EBUSY: the root directory can be neither moved nor removed.
    Busy = 16,
    /// EEXIST
    Exists = 17,
    /// ENOTDIR
    NotDirectory = 20,
    /// EISDIR
    IsDirectory = 21,
    /// EINVAL
    Invalid = 22,
    /// EMFILE: the process has as many files open as it may.
    TooManyOpen = 24,
    /// EFBIG: past the largest offset, 2^63 - 1.
    TooLarge = 27,
    /// ENOSPC
    NoSpace = 28,
    /// EROFS
    ReadOnly = 30,
    /// ENOTEMPTY
    NotEmpty = 39,
}

impl Cause {
    /// The kind that std gives such an error; `None` where std has no stable kind and programs look at the number.
    const fn kind(self) -> Option<io::ErrorKind> {
        Some(match self {
            Self::NotPermitted => io::ErrorKind::PermissionDenied,
            Self::NotFound => io::ErrorKind::NotFound,
            Self::Busy => io::ErrorKind::ResourceBusy,
            Self::Exists => io::ErrorKind::AlreadyExists,
            Self::NotDirectory => io::ErrorKind::NotADirectory,
            Self::IsDirectory => io::ErrorKind::IsADirectory,
            Self::Invalid => io::ErrorKind::InvalidInput,
            Self::TooLarge => io::ErrorKind::FileTooLarge,
            Self::NoSpace => io::ErrorKind::StorageFull,
            Self::ReadOnly => io::ErrorKind::ReadOnlyFilesystem,
            Self::NotEmpty => io::ErrorKind::DirectoryNotEmpty,
            Self::Io | Self::TooManyOpen | Self::BadDescriptor => return None,
        })
    }

    const fn text(self) -> &'static str {
        match self {
            Self::NotPermitted => "operation not permitted",
            Self::NotFound => "no such file or directory",
            Self::Io => "input/output error",
            Self::BadDescriptor => "bad file descriptor",
            Self::Busy => "device or resource busy",
            Self::Exists => "file exists",
            Self::NotDirectory => "not a directory",
            Self::IsDirectory => "is a directory",
            Self::Invalid => "invalid argument",
            Self::TooLarge => "file too large",
            Self::NoSpace => "no space left on device",
            Self::ReadOnly => "read-only file system",
            Self::TooManyOpen => "too many open files",
            Self::NotEmpty => "directory not empty",
        }
    }
}

/// An operation on a simulated disk that failed: what, on which path, and the errno.
///
/// The native face gives it as the inner error of an [`io::Error`] of the kind that std uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskError {
    cause: Cause,
    what: &'static str,
    path: Box<str>,
}

impl DiskError {
    pub(crate) fn new(cause: Cause, what: &'static str, path: &str) -> Self {
        Self { cause, what, path: path.into() }
    }

    /// The errno that Linux gives in this case.
    pub const fn errno(&self) -> i32 {
        self.cause as i32
    }

    /// The path as the program wrote it; for an open file the one that it was opened by.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cause, what, path } = self;
        write!(f, "failed to {what} `{path}`: {} (os error {})", cause.text(), *cause as i32)
    }
}

impl std::error::Error for DiskError {}

impl From<DiskError> for io::Error {
    /// EIO, EMFILE and EBADF have no stable [`io::ErrorKind`]: programs recognise them by `raw_os_error()`, so they come as
    /// that and without the path. All others keep the message.
    fn from(error: DiskError) -> Self {
        match error.cause.kind() {
            Some(kind) => Self::new(kind, error),
            None => Self::from_raw_os_error(error.errno()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_operation_and_the_path() {
        let e = DiskError::new(Cause::NoSpace, "write to", "/wal/log");
        assert_eq!(e.to_string(), "failed to write to `/wal/log`: no space left on device (os error 28)");
        let e = io::Error::from(e);
        assert_eq!(e.kind(), io::ErrorKind::StorageFull);
        assert!(e.to_string().contains("/wal/log"));
    }

    #[test]
    fn eio_is_recognised_by_its_number() {
        let e = io::Error::from(DiskError::new(Cause::Io, "sync", "/wal/log"));
        assert_eq!(e.raw_os_error(), Some(5));
    }

    /// Numbers and kinds are what the system that programs are hosted on says they are.
    #[cfg(target_os = "linux")]
    #[test]
    fn kinds_are_those_of_the_real_errno() {
        use Cause::{
            BadDescriptor, Busy, Exists, Invalid, Io, IsDirectory, NoSpace, NotDirectory, NotEmpty, NotFound,
            NotPermitted, ReadOnly, TooLarge, TooManyOpen,
        };
        let kinds = [NotFound, Busy, Exists, NotDirectory, IsDirectory, Invalid, TooLarge, NoSpace, NotEmpty];
        for cause in kinds.into_iter().chain([NotPermitted, ReadOnly]) {
            assert_eq!(cause.kind(), Some(io::Error::from_raw_os_error(cause as i32).kind()), "{cause:?}");
        }
        let texts =
            [Io, BadDescriptor, NotFound, Busy, NoSpace, TooLarge, NotEmpty, NotPermitted, ReadOnly, TooManyOpen];
        for cause in texts {
            let real = io::Error::from_raw_os_error(cause as i32).to_string().to_lowercase();
            assert!(real.starts_with(cause.text()), "{cause:?}: {real}");
        }
    }
}
