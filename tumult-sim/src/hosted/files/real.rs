//! What hosted programs see of the real file system: what is on a list, to be read.

use std::cell::RefCell;
use std::ffi::{CString, c_int};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::FileExt;
use std::sync::LazyLock;

use super::file::sought;
use super::position::Position;
use crate::hosted::errno::Errno;
use crate::hosted::object::{How, Object};
use crate::hosted::thread::Thread;

/// Directories and files that are real: certificates and the time zones, which are data that programs come with and
/// which are mostly the same everywhere. Not on it: what describes the machine (names, addresses, users, its own zone).
const LISTED: &[&str] = &[
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/etc/ca-certificates.conf",
    "/usr/lib/ssl",
    "/usr/local/share/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/share/zoneinfo",
];

/// The program itself, which backtraces are made of.
pub(super) fn executable() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| {
        let path = std::env::current_exe().ok().and_then(|path| path.into_os_string().into_string().ok());
        path.unwrap_or_default()
    });
    &PATH
}

/// Whether a path without dots leads to something real.
pub(super) fn is_listed(path: &str) -> bool {
    let within =
        |listed: &&str| path.strip_prefix(*listed).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    LISTED.iter().any(within) || path == executable()
}

/// An open file of the real file system.
#[derive(Debug)]
pub(in crate::hosted) struct RealFile {
    file: File,
    position: Position,
}

impl RealFile {
    /// # Errors
    /// What the system says.
    pub(in crate::hosted) fn open(path: &str) -> Result<Self, Errno> {
        Ok(Self { file: File::open(path).map_err(number)?, position: Position::default() })
    }

    pub(in crate::hosted) fn descriptor(&self) -> RawFd {
        self.file.as_raw_fd()
    }

    /// # Errors
    /// As `lseek`.
    pub(in crate::hosted) fn seek(&self, me: &Thread, by: i64, whence: c_int) -> Result<i64, Errno> {
        let len = self.file.metadata().map_err(number)?.len();
        self.position.advance(me, |at| {
            let to = sought(at, len, by, whence)?;
            Ok((to, to.cast_unsigned()))
        })
    }

    pub(in crate::hosted) fn read_at(&self, into: &mut [u8], offset: u64) -> Result<usize, Errno> {
        self.file.read_at(into, offset).map_err(number)
    }
}

impl Object for RealFile {
    fn what(&self) -> &'static str {
        "a file of the real file system"
    }
    fn read(&self, me: &Thread, into: &mut [u8], _how: How) -> Result<usize, Errno> {
        self.position.advance(me, |at| self.read_at(into, at).map(|n| (n, at + n as u64)))
    }
    fn write(&self, _me: &Thread, _from: &[u8], _how: How) -> Result<usize, Errno> {
        Err(Errno(libc::EBADF))
    }
    fn can_be_polled(&self) -> bool {
        false
    }
}

/// An open directory of the real file system.
#[derive(Debug)]
pub(in crate::hosted) struct RealDirectory {
    path: String,
    entries: RefCell<Vec<(String, u8)>>,
}

impl RealDirectory {
    pub(in crate::hosted) fn open(path: &str) -> Result<Self, Errno> {
        let mut entries = vec![];
        for entry in std::fs::read_dir(path).map_err(number)? {
            let entry = entry.map_err(number)?;
            let kind = entry.file_type().map_or(libc::DT_UNKNOWN, |kind| match kind {
                kind if kind.is_dir() => libc::DT_DIR,
                kind if kind.is_symlink() => libc::DT_LNK,
                _ => libc::DT_REG,
            });
            if let Ok(name) = entry.file_name().into_string() {
                entries.push((name, kind));
            }
        }
        entries.sort();
        Ok(Self { path: path.into(), entries: RefCell::new(entries) })
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Names and kinds, sorted.
    pub(in crate::hosted) fn entries(&self) -> Vec<(String, u8)> {
        self.entries.borrow().clone()
    }
}

impl Object for RealDirectory {
    fn what(&self) -> &'static str {
        "a directory of the real file system"
    }
    fn read(&self, _me: &Thread, _into: &mut [u8], _how: How) -> Result<usize, Errno> {
        Err(Errno(libc::EISDIR))
    }
    fn can_be_polled(&self) -> bool {
        false
    }
}

fn number(error: io::Error) -> Errno {
    Errno::from(error)
}

/// What the system says of a real path.
///
/// # Errors
/// What the system says.
pub(super) fn stat(path: &str, follow: bool) -> Result<libc::stat64, Errno> {
    let path = CString::new(path).map_err(|_| Errno(libc::EINVAL))?;
    // SAFETY: all zeros is a value of the type.
    let mut seen: libc::stat64 = unsafe { std::mem::zeroed() };
    // SAFETY: the path ends with a zero, and the answer can be written.
    let got = unsafe {
        if follow { libc::stat64(path.as_ptr(), &raw mut seen) } else { libc::lstat64(path.as_ptr(), &raw mut seen) }
    };
    if got == 0 { Ok(seen) } else { Err(io::Error::last_os_error().into()) }
}

/// What the system says of a real open file.
///
/// # Errors
/// What the system says.
pub(super) fn stat_of(fd: RawFd) -> Result<libc::stat64, Errno> {
    // SAFETY: all zeros is a value of the type.
    let mut seen: libc::stat64 = unsafe { std::mem::zeroed() };
    // SAFETY: the answer can be written.
    let got = unsafe { libc::fstat64(fd, &raw mut seen) };
    if got == 0 { Ok(seen) } else { Err(io::Error::last_os_error().into()) }
}
