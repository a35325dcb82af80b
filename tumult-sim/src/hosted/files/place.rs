//! Where a path leads: to the disk of the process, to a device, or to something real that is on the list.

use std::ffi::{CStr, c_char, c_int};

use super::device::Device;
use super::real::{self, RealDirectory};
use super::{OpenFile, disk};
use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;

/// What Linux takes at most: of a path with its zero, and of a name.
const PATH_MAX: usize = 4096;
const NAME_MAX: usize = 255;

/// Where a path leads, as an absolute path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::hosted) enum Place {
    Disk(String),
    Device(Device),
    /// The real file system, to be read.
    Real(String),
    /// A symbolic link of `/proc/self`, to this path.
    Link(String),
    /// A directory of open descriptors, or one of them: `/proc/self/fd/3`.
    Descriptor(c_int),
    /// What only a real system has: there is nothing.
    Nothing,
}

/// A path that C gave.
///
/// # Errors
/// EFAULT for none, ENAMETOOLONG, EILSEQ where it is not UTF-8: simulated disks have UTF-8 names.
///
/// # Safety
/// It is null, or ends with a zero and lives as long as the answer.
pub(in crate::hosted) unsafe fn text<'a>(path: *const c_char) -> Result<&'a str, Errno> {
    if path.is_null() {
        return Err(Errno(libc::EFAULT));
    }
    // SAFETY: the caller's promise.
    let path = unsafe { CStr::from_ptr(path) }.to_str().map_err(|_| Errno(libc::EILSEQ))?;
    if path.len() >= PATH_MAX || path.split('/').any(|name| name.len() > NAME_MAX) {
        return Err(Errno(libc::ENAMETOOLONG));
    }
    Ok(path)
}

/// The path from the root on, as it was written: relative ones begin at `dir`, or at the current directory.
///
/// # Errors
/// ENOENT for an empty path and for a directory that was removed, ENOTDIR, EBADF.
fn absolute(me: &Thread, dir: c_int, path: &str) -> Result<String, Errno> {
    if path.is_empty() {
        return Err(Errno(libc::ENOENT));
    }
    if path.starts_with('/') {
        return Ok(path.into());
    }
    let base = if dir == libc::AT_FDCWD {
        match me.life.files.current.get() {
            None => Some("/".into()),
            Some(fd) => disk(me, |d| d.name_of(fd)),
        }
    } else {
        let open = me.life.open_at(dir)?;
        match open.is::<RealDirectory>(libc::ENOTDIR) {
            Ok(real) => Some(real.path().into()),
            Err(_) => open.is::<OpenFile>(libc::ENOTDIR)?.as_directory()?.name(),
        }
    };
    let base = base.ok_or(Errno(libc::ENOENT))?;
    Ok(format!("{}/{path}", base.trim_end_matches('/')))
}

/// Where a path leads.
///
/// # Errors
/// As [`absolute`].
pub(in crate::hosted) fn place(me: &Thread, dir: c_int, path: &str) -> Result<Place, Errno> {
    let path = absolute(me, dir, path)?;
    let plain = plain(&path);
    Ok(match plain.split('/').nth(1) {
        Some("dev") => Device::at(&plain).map_or(Place::Disk(path), Place::Device),
        Some("proc") => process(me, &plain),
        Some("sys") => Place::Nothing,
        _ if real::is_listed(&plain) => Place::Real(plain),
        _ => Place::Disk(path),
    })
}

/// What is answered of `/proc`.
fn process(me: &Thread, path: &str) -> Place {
    let own = format!("/proc/{}/", me.life.pid());
    let Some(entry) = path.strip_prefix("/proc/self/").or_else(|| path.strip_prefix(&*own)) else {
        return Place::Nothing;
    };
    match entry.split_once('/') {
        Some(("fd", number)) => number.parse().map_or(Place::Nothing, Place::Descriptor),
        None if entry == "exe" => Place::Link(real::executable().into()),
        None if entry == "cwd" => {
            let current = me.life.files.current.get();
            let name = current.map_or(Some("/".into()), |fd| disk(me, |d| d.name_of(fd)));
            name.map_or(Place::Nothing, Place::Link)
        }
        // Backtraces are made of it.
        None if entry == "maps" => Place::Real(path.into()),
        _ => Place::Nothing,
    }
}

/// The path without `.`, `..` and doubled `/`. There are no symbolic links on simulated disks.
fn plain(path: &str) -> String {
    let mut names: Vec<&str> = vec![];
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}

impl Place {
    /// The path on the disk, for what changes something.
    ///
    /// # Errors
    /// EROFS for what is real, EPERM for what the kernel keeps, ENOENT where nothing can be.
    pub(in crate::hosted) fn writable(self) -> Result<String, Errno> {
        match self {
            Self::Disk(path) => Ok(path),
            Self::Real(_) => Err(Errno(libc::EROFS)),
            Self::Device(_) | Self::Link(_) | Self::Descriptor(_) => Err(Errno(libc::EPERM)),
            Self::Nothing => Err(Errno(libc::ENOENT)),
        }
    }

    /// Follows a link of `/proc/self`.
    pub(in crate::hosted) fn followed(self) -> Self {
        match self {
            Self::Link(to) if real::is_listed(&to) => Self::Real(to),
            Self::Link(to) => Self::Disk(to),
            other => other,
        }
    }

    /// The same path, without what the spelling hides.
    pub(in crate::hosted) fn canonical(&self) -> Option<String> {
        match self {
            Self::Disk(path) => Some(plain(path)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn paths_are_made_plain() {
        let cases = [("/", "/"), ("//a/./b/", "/a/b"), ("/a/../../b", "/b"), ("/dev/../etc/ssl", "/etc/ssl")];
        for (path, expected) in cases {
            assert_eq!(plain(path), expected);
        }
    }
}
