//! Files and directories by name.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::File;
use super::gate::{owner, perform, text};
use crate::base::Time;
use crate::kernel::disk::{self as kernel, Action, At, Disk, DiskError};

/// What is known about a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata(pub(super) kernel::Metadata);

#[expect(clippy::len_without_is_empty, reason = "as std's")]
impl Metadata {
    /// Bytes in the file; 0 for a directory.
    pub const fn len(&self) -> u64 {
        self.0.len
    }
    /// Whether it is a directory.
    pub const fn is_dir(&self) -> bool {
        self.0.is_dir
    }
    /// Whether it is a file.
    pub const fn is_file(&self) -> bool {
        !self.0.is_dir
    }
    /// When it was last written to, in virtual time; of a directory, when a name in it last changed.
    pub const fn modified(&self) -> Time {
        self.0.modified
    }
    /// When it was made, in virtual time.
    pub const fn created(&self) -> Time {
        self.0.created
    }
    /// How many names it has: 0 for a file that is removed and open.
    pub const fn nlink(&self) -> u64 {
        self.0.nlink as u64
    }
    /// Its number, which no other file or directory of this disk has or will have.
    pub const fn ino(&self) -> u64 {
        self.0.ino
    }
}

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry(kernel::DirEntry);

impl DirEntry {
    /// Its name within the directory.
    pub fn file_name(&self) -> &str {
        &self.0.name
    }
    /// What it was when the directory was read.
    pub const fn metadata(&self) -> Metadata {
        Metadata(self.0.metadata)
    }
}

async fn on<R>(
    path: &Path,
    action: Action,
    f: impl FnOnce(&mut Disk, &str, Time) -> Result<R, DiskError>,
) -> io::Result<R> {
    let (process, path) = (owner()?, text(path)?);
    perform(process, At::Entry(path), action, path.as_bytes(), |disk, now| f(disk, path, now)).await
}

/// A file's whole content.
///
/// # Errors
/// As [`File::open`] and [`File::read`].
///
/// # Panics
/// Outside a process, as all functions here.
pub async fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    File::open(path).await?.read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// A file's whole content, if it is UTF-8.
///
/// # Errors
/// As [`read`]; `InvalidData` when it is not UTF-8.
pub async fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    String::from_utf8(read(path).await?).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

/// Makes a file, or empties it, and writes all of `data`. Not synced.
///
/// # Errors
/// As [`File::create`] and [`File::write`].
pub async fn write(path: impl AsRef<Path>, data: impl AsRef<[u8]>) -> io::Result<()> {
    File::create(path).await?.write_all(data.as_ref()).await
}

/// Makes a directory.
///
/// # Errors
/// `AlreadyExists`, `NotFound` when the directory above is missing; EIO by fault.
pub async fn create_dir(path: impl AsRef<Path>) -> io::Result<()> {
    on(path.as_ref(), Action::CreateDir, Disk::create_dir).await
}

/// Makes a directory and those above it, as far as they are missing.
///
/// # Errors
/// As [`create_dir`], except that it may be there.
pub async fn create_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    on(path.as_ref(), Action::CreateDir, Disk::create_dir_all).await
}

/// A directory's entries, sorted by name.
///
/// # Errors
/// `NotFound`, `NotADirectory`.
pub async fn read_dir(path: impl AsRef<Path>) -> io::Result<Vec<DirEntry>> {
    let entries = on(path.as_ref(), Action::ReadDir, |disk, path, _| disk.read_dir(path)).await?;
    Ok(entries.into_iter().map(DirEntry).collect())
}

/// What is known about a file or directory.
///
/// # Errors
/// `NotFound`, `NotADirectory` when the path leads through a file.
pub async fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    on(path.as_ref(), Action::Metadata, |disk, path, _| disk.metadata(path)).await.map(Metadata)
}

/// Whether there is something of that name.
///
/// # Errors
/// As [`metadata`], except for `NotFound`.
pub async fn try_exists(path: impl AsRef<Path>) -> io::Result<bool> {
    match metadata(path).await {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// Moves a file or directory, over an existing file or empty directory if there is one. After a power loss it is at the
/// old or at the new place; which of them is sure once the directory is synced.
///
/// # Errors
/// As [`std::fs::rename`]; EIO by fault.
pub async fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let (process, from, to) = (owner()?, text(from.as_ref())?, text(to.as_ref())?);
    let what = [from, to].join("\0");
    let rename = |disk: &mut Disk, now| disk.rename(from, to, now);
    perform(process, At::Entry(to), Action::Rename, what.as_bytes(), rename).await
}

/// Gives a file one more name, which must be free. Durable once the directory of the new name is synced.
///
/// # Errors
/// As [`std::fs::hard_link`]; EIO by fault.
pub async fn hard_link(file: impl AsRef<Path>, name: impl AsRef<Path>) -> io::Result<()> {
    let (process, file, name) = (owner()?, text(file.as_ref())?, text(name.as_ref())?);
    let what = [file, name].join("\0");
    let link = |disk: &mut Disk, now| disk.hard_link(file, name, now);
    perform(process, At::Entry(name), Action::HardLink, what.as_bytes(), link).await
}

/// Copies a file's content to another, which is made or emptied first; gives how many bytes. Not synced.
///
/// # Errors
/// As [`read`] and [`write()`].
pub async fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<u64> {
    let data = read(from).await?;
    write(to, &data).await?;
    Ok(data.len() as u64)
}

/// The path without `.`, `..` and doubled `/`, from the root on. There are no symbolic links.
///
/// # Errors
/// As [`metadata`].
pub async fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    metadata(&path).await?;
    let mut canonical = PathBuf::from("/");
    for part in path.as_ref().components() {
        match part {
            Component::Normal(name) => canonical.push(name),
            Component::ParentDir => drop(canonical.pop()),
            _ => {}
        }
    }
    Ok(canonical)
}

/// Removes a file's name. The file lives on while it is open, and its name may come back after a power loss until the
/// directory is synced.
///
/// # Errors
/// `NotFound`, `IsADirectory`; EIO by fault.
pub async fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
    on(path.as_ref(), Action::RemoveFile, Disk::remove_file).await
}

/// Removes an empty directory.
///
/// # Errors
/// `NotFound`, `NotADirectory`, `DirectoryNotEmpty`; EIO by fault.
pub async fn remove_dir(path: impl AsRef<Path>) -> io::Result<()> {
    on(path.as_ref(), Action::RemoveDir, Disk::remove_dir).await
}

/// Removes a directory and everything in it, one after the other: a crash on the way leaves a part.
///
/// # Errors
/// As [`remove_dir`] and [`remove_file`]; what was removed before the error is gone.
pub async fn remove_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    let mut found = vec![path.as_ref().to_path_buf()];
    let mut at = 0;
    while at < found.len() {
        for entry in read_dir(&found[at]).await? {
            let path = found[at].join(entry.file_name());
            if entry.metadata().is_dir() {
                found.push(path);
            } else {
                remove_file(path).await?;
            }
        }
        at += 1;
    }
    for directory in found.iter().rev() {
        remove_dir(directory).await?;
    }
    Ok(())
}

/// Makes the names in a directory durable: what was made, moved and removed there. The same as opening it and calling
/// [`File::sync_all`].
///
/// # Errors
/// `NotFound`, `NotADirectory`; EIO by fault.
pub async fn sync_dir(path: impl AsRef<Path>) -> io::Result<()> {
    let (process, path) = (owner()?, text(path.as_ref())?);
    perform(process, At::Dir(path), Action::SyncDir, path.as_bytes(), |disk, _| disk.sync_dir(path)).await
}
