//! An open file.

use std::io::{self, SeekFrom};
use std::path::Path;

use super::gate::{perform, read_at};
use super::{Metadata, OpenOptions};
use crate::context::try_current;
use crate::kernel::disk::{Action, At, Fd};
use crate::process::Descriptor;

/// An open file, or a directory opened to be synced. Closed when dropped, and when its process ends.
///
/// No operation is cancel-safe in the sense that a dropped future says nothing about whether it happened to the one
/// that dropped it; but it is atomic: it happened whole or not at all.
#[derive(Debug)]
pub struct File {
    place: Descriptor,
    fd: Fd,
    appends: bool,
    position: u64,
}

impl File {
    pub(super) const fn new(place: Descriptor, fd: Fd, appends: bool) -> Self {
        Self { place, fd, appends, position: 0 }
    }

    /// Opens for reading; a directory too, which then can be synced.
    ///
    /// # Errors
    /// As [`std::fs::File::open`].
    ///
    /// # Panics
    /// Outside a process.
    pub async fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::options().read(true).open(path).await
    }

    /// Opens for writing, makes the file or empties it.
    ///
    /// # Errors
    /// As [`std::fs::File::create`].
    ///
    /// # Panics
    /// Outside a process.
    pub async fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::options().write(true).create(true).truncate(true).open(path).await
    }

    /// Options, to be set and opened with.
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// Reads from the position on; less than asked for at the end, and nothing past it.
    ///
    /// # Errors
    /// EIO by fault; EBADF if it was not opened for reading.
    pub async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.read_at(buf, self.position).await?;
        self.position += n as u64;
        Ok(n)
    }

    /// Reads everything from the position on.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn read_to_end(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let before = bytes.len();
        // Bounded by the file's length: another task that makes it longer meanwhile is waited for once more only.
        loop {
            let missing = self.len().await?.saturating_sub(self.position) as usize;
            let from = bytes.len();
            bytes.resize(from + missing, 0);
            let result = self.read(&mut bytes[from..]).await;
            bytes.truncate(from + *result.as_ref().unwrap_or(&0));
            if result? == 0 {
                return Ok(bytes.len() - before);
            }
        }
    }

    /// Reads from `offset` on, and leaves the position.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        read_at(self.place.process, self.fd, offset, buf).await
    }

    /// Fills `buf` from `offset` on.
    ///
    /// # Errors
    /// `UnexpectedEof` when the file ends before; as [`read`](Self::read).
    pub async fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let mut done = 0;
        while done < buf.len() {
            match self.read_at(&mut buf[done..], offset + done as u64).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => done += n,
            }
        }
        Ok(())
    }

    /// Writes at the position (or the end, if opened to append); less than given when the disk becomes full.
    ///
    /// # Errors
    /// `StorageFull` when nothing fits; EIO by fault; EBADF if it was not opened for writing.
    pub async fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let n = self.write_at(data, self.position).await?;
        self.position = if self.appends { self.peek_len() } else { self.position + n as u64 };
        Ok(n)
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// As [`write`](Self::write); what was written before the error stays.
    pub async fn write_all(&mut self, mut data: &[u8]) -> io::Result<()> {
        while !data.is_empty() {
            let n = self.write(data).await?;
            data = &data[n..];
        }
        Ok(())
    }

    /// Writes at `offset`, and leaves the position. What lies between the end and `offset` reads as zero.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn write_at(&self, data: &[u8], offset: u64) -> io::Result<usize> {
        let fd = self.fd;
        perform(self.place.process, At::File(fd), Action::Write, data, |d, now| d.write_at(fd, offset, data, now)).await
    }

    /// Writes all of it at `offset`.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn write_all_at(&self, data: &[u8], offset: u64) -> io::Result<()> {
        let mut done = 0;
        while done < data.len() {
            done += self.write_at(&data[done..], offset + done as u64).await?;
        }
        Ok(())
    }

    /// Moves the position and gives it.
    ///
    /// # Errors
    /// `InvalidInput` when it would be negative, or past the largest offset.
    pub async fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::Current(by) => (self.position, by),
            SeekFrom::End(by) => (self.len().await?, by),
        };
        let position = base.checked_add_signed(by).filter(|at| i64::try_from(*at).is_ok());
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }

    /// Cuts the file, or extends it with zeros.
    ///
    /// # Errors
    /// `StorageFull` when it does not fit; EIO by fault.
    pub async fn set_len(&self, len: u64) -> io::Result<()> {
        let (fd, what) = (self.fd, len.to_le_bytes());
        perform(self.place.process, At::File(fd), Action::SetLen, &what, |d, now| d.set_len(fd, len, now)).await
    }

    /// Makes content and length durable; of a directory, its entries. Not the file's own name: see
    /// [`sync_dir`](super::sync_dir).
    ///
    /// # Errors
    /// EIO by fault: nothing is known then of what was written since the last sync that succeeded, and a sync that
    /// succeeds later proves nothing about it. See [the module](super).
    pub async fn sync_all(&self) -> io::Result<()> {
        let fd = self.fd;
        perform(self.place.process, At::File(fd), Action::Sync, &[], |d, _| d.sync_all(fd)).await
    }

    /// The same as [`sync_all`](Self::sync_all): only times could be left out.
    ///
    /// # Errors
    /// As [`sync_all`](Self::sync_all).
    pub async fn sync_data(&self) -> io::Result<()> {
        let fd = self.fd;
        perform(self.place.process, At::File(fd), Action::Sync, &[], |d, _| d.sync_data(fd)).await
    }

    /// Its length and kind.
    ///
    /// # Errors
    /// When its process has ended.
    pub async fn metadata(&self) -> io::Result<Metadata> {
        let fd = self.fd;
        perform(self.place.process, At::File(fd), Action::Metadata, &[], |d, _| d.metadata_of(fd)).await.map(Metadata)
    }

    async fn len(&self) -> io::Result<u64> {
        Ok(self.metadata().await?.len())
    }

    /// The length, of which the write that was just made has told.
    fn peek_len(&self) -> u64 {
        crate::context::with(|w| w.disks.get_mut(self.place.process).len(self.fd)).unwrap_or(self.position)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if let Some(run) = try_current() {
            // Closed with its process already, if that has ended: a descriptor of the dead names nothing.
            let _ = run.world.borrow_mut().disks.get_mut(self.place.process).close(self.fd);
        }
    }
}
