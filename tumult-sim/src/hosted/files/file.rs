//! An open file or directory of the process's disk.

use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::rc::Rc;

use super::lock::{Locks, Owner, Range};
use super::maps::Maps;
use super::position::Position;
use crate::base::{ProcessId, Time};
use crate::context;
use crate::disk::gate::{perform, read_at};
use crate::hosted::errno::Errno;
use crate::hosted::object::{How, Object};
use crate::hosted::thread::Thread;
use crate::hosted::wait::{self, block_on};
use crate::kernel::disk::{Action, At, Disk, DiskError, Fd, Metadata, Of, OpenOptions};

/// Sectors of the simulated disk, to which direct I/O is aligned.
const SECTOR: u64 = 512;

/// The flags of `open`.
#[derive(Clone, Copy, Debug)]
pub(in crate::hosted) struct Flags(pub(in crate::hosted) c_int);

impl Flags {
    pub(in crate::hosted) const fn has(self, flags: c_int) -> bool {
        self.0 & flags == flags
    }

    const fn reads(self) -> bool {
        self.0 & libc::O_ACCMODE != libc::O_WRONLY && !self.has(libc::O_PATH)
    }

    pub(in crate::hosted) const fn writes(self) -> bool {
        self.0 & libc::O_ACCMODE != libc::O_RDONLY && !self.has(libc::O_PATH)
    }
}

/// An open file or directory.
#[derive(Debug)]
pub(in crate::hosted) struct OpenFile {
    locks: Rc<RefCell<Locks>>,
    maps: Rc<RefCell<Maps>>,
    process: ProcessId,
    fd: Fd,
    /// Among all that were opened in this life: whose locks are whose.
    pub(in crate::hosted) number: u64,
    pub(in crate::hosted) ino: u64,
    is_dir: bool,
    flags: Flags,
    /// `O_APPEND` and `O_DIRECT`, which may be changed.
    status: Cell<c_int>,
    position: Position,
}

/// Looks at the disk or changes it, in no time.
pub(in crate::hosted) fn disk<R>(me: &Thread, f: impl FnOnce(&mut Disk) -> R) -> R {
    context::with(|w| f(w.disks.get_mut(me.life.process)))
}

/// An operation by path, which takes its time.
///
/// # Errors
/// What the disk says.
pub(in crate::hosted) fn look<R>(
    me: &Thread,
    path: &str,
    action: Action,
    f: impl FnOnce(&mut Disk, Time) -> Result<R, DiskError>,
) -> Result<R, Errno> {
    let operation = perform(me.life.process, At::Entry(path), action, path.as_bytes(), f);
    Ok(block_on("the disk", operation)?)
}

impl OpenFile {
    /// Opens what is at a path of the disk.
    ///
    /// # Errors
    /// As `open`.
    pub(in crate::hosted) fn open(me: &Thread, path: &str, flags: Flags, mode: u32) -> Result<Self, Errno> {
        let creates = flags.has(libc::O_CREAT);
        let options = OpenOptions {
            // Who may read and write is asked here, since Linux has pairs that the disk has not.
            read: true,
            write: flags.writes() || creates || flags.has(libc::O_TRUNC),
            append: false,
            truncate: flags.has(libc::O_TRUNC),
            create: creates,
            create_new: creates && flags.has(libc::O_EXCL),
        };
        let (fd, metadata) = look(me, path, Action::Open, |d, now| {
            let is_new = creates && d.metadata(path).is_err();
            let fd = d.open(path, options, now)?;
            if is_new {
                d.set_new_mode(Of::File(fd), mode as u16 & 0o7777);
            }
            Ok((fd, d.metadata_of(fd)?))
        })?;
        let file = Self {
            locks: Rc::clone(&me.life.files.locks),
            maps: Rc::clone(&me.life.files.maps),
            process: me.life.process,
            fd,
            number: me.life.files.next(),
            ino: metadata.ino,
            is_dir: metadata.is_dir,
            flags,
            status: Cell::new(flags.0),
            position: Position::default(),
        };
        if flags.has(libc::O_TRUNC) {
            file.renew();
        }
        if flags.has(libc::O_DIRECTORY) && !file.is_dir {
            file.close();
            return Err(Errno(libc::ENOTDIR));
        }
        Ok(file)
    }

    pub(in crate::hosted) const fn fd(&self) -> Fd {
        self.fd
    }

    /// # Errors
    /// ENOTDIR for a file.
    pub(in crate::hosted) const fn as_directory(&self) -> Result<&Self, Errno> {
        if self.is_dir { Ok(self) } else { Err(Errno(libc::ENOTDIR)) }
    }

    /// # Errors
    /// EBADF unless it was opened to be read, EISDIR for a directory.
    pub(in crate::hosted) const fn readable(&self) -> Result<&Self, Errno> {
        match () {
            () if !self.flags.reads() => Err(Errno(libc::EBADF)),
            () if self.is_dir => Err(Errno(libc::EISDIR)),
            () => Ok(self),
        }
    }

    /// # Errors
    /// The number given, unless it was opened to be written.
    pub(in crate::hosted) const fn writable(&self, otherwise: c_int) -> Result<&Self, Errno> {
        if self.flags.writes() && !self.is_dir { Ok(self) } else { Err(Errno(otherwise)) }
    }

    /// A path that leads there now.
    pub(in crate::hosted) fn name(&self) -> Option<String> {
        context::with(|w| w.disks.get_mut(self.process).name_of(self.fd))
    }

    pub(in crate::hosted) fn len(&self) -> u64 {
        context::with(|w| w.disks.get_mut(self.process).len(self.fd)).unwrap_or(0)
    }

    /// An operation, which takes its time; `what` is for the trace.
    ///
    /// # Errors
    /// What the disk says.
    pub(in crate::hosted) fn perform<R>(
        &self,
        action: Action,
        what: &[u8],
        f: impl FnOnce(&mut Disk, Fd, Time) -> Result<R, DiskError>,
    ) -> Result<R, Errno> {
        let fd = self.fd;
        Ok(block_on("the disk", perform(self.process, At::File(fd), action, what, |d, now| f(d, fd, now)))?)
    }

    /// # Errors
    /// As `pread`.
    pub(in crate::hosted) fn read_at(&self, into: &mut [u8], offset: u64) -> Result<usize, Errno> {
        self.readable()?;
        self.aligned(into.as_ptr() as u64 | into.len() as u64 | offset)?;
        self.read_unaligned(into, offset)
    }

    /// # Errors
    /// What the disk says.
    pub(in crate::hosted) fn read_unaligned(&self, into: &mut [u8], offset: u64) -> Result<usize, Errno> {
        self.maps.borrow().take(self.ino);
        Ok(block_on("a read from the disk", read_at(self.process, self.fd, offset, into))?)
    }

    /// Writes at an offset, or at the end if it was opened so; gives how many bytes, and where they end.
    ///
    /// # Errors
    /// As `pwrite`.
    pub(in crate::hosted) fn write_at(&self, from: &[u8], offset: u64) -> Result<(usize, u64), Errno> {
        self.writable(libc::EBADF)?;
        self.aligned(from.len() as u64 | offset)?;
        self.maps.borrow().take(self.ino);
        let appends = self.status.get() & libc::O_APPEND != 0;
        let written = self.perform(Action::Write, from, |d, fd, now| {
            let at = if appends { d.len(fd)? } else { offset };
            let n = d.write_at(fd, at, from, now)?;
            Ok((n, at + n as u64))
        })?;
        self.maps.borrow().renew(self.ino, written.1 - written.0 as u64, written.1);
        if self.flags.has(libc::O_DSYNC) {
            self.sync()?;
        }
        Ok(written)
    }

    /// # Errors
    /// What the disk says.
    pub(in crate::hosted) fn sync(&self) -> Result<(), Errno> {
        self.maps.borrow().take(self.ino);
        self.perform(Action::Sync, &[], |d, fd, _| d.sync_all(fd))
    }

    /// # Errors
    /// EINVAL for a length below 0, or when it was not opened to be written; what the disk says.
    pub(in crate::hosted) fn set_len(&self, len: i64) -> Result<(), Errno> {
        let len = u64::try_from(len).map_err(|_| Errno(libc::EINVAL))?;
        self.writable(libc::EINVAL)?;
        self.maps.borrow().take(self.ino);
        self.perform(Action::SetLen, &len.to_le_bytes(), |d, fd, now| d.set_len(fd, len, now))?;
        self.renew();
        Ok(())
    }

    /// The file was changed as a whole: mappings of it have it too.
    pub(in crate::hosted) fn renew(&self) {
        self.maps.borrow().renew(self.ino, 0, u64::MAX);
    }

    /// # Errors
    /// What the disk says.
    pub(in crate::hosted) fn metadata(&self) -> Result<Metadata, Errno> {
        self.perform(Action::Metadata, &[], |d, fd, _| d.metadata_of(fd))
    }

    /// Does something at the position, and moves it.
    ///
    /// # Errors
    /// What `f` says.
    pub(in crate::hosted) fn advance<T>(
        &self,
        me: &Thread,
        f: impl FnOnce(u64) -> Result<(T, u64), Errno>,
    ) -> Result<T, Errno> {
        self.position.advance(me, f)
    }

    /// Moves the position.
    ///
    /// # Errors
    /// As `lseek`.
    pub(in crate::hosted) fn seek(&self, me: &Thread, by: i64, whence: c_int) -> Result<i64, Errno> {
        self.position.advance(me, |at| {
            let to = sought(at, self.len(), by, whence)?;
            Ok((to, to.cast_unsigned()))
        })
    }

    /// Direct I/O is by sectors.
    const fn aligned(&self, all: u64) -> Result<(), Errno> {
        if self.flags.has(libc::O_DIRECT) && !all.is_multiple_of(SECTOR) { Err(Errno(libc::EINVAL)) } else { Ok(()) }
    }
}

/// Where a seek leads. There are no holes: all of a file is data.
///
/// # Errors
/// EINVAL before the beginning, ENXIO past the end for data and holes.
pub(in crate::hosted) fn sought(at: u64, len: u64, by: i64, whence: c_int) -> Result<i64, Errno> {
    let base = match whence {
        libc::SEEK_SET => 0,
        libc::SEEK_CUR => at,
        libc::SEEK_END => len,
        libc::SEEK_DATA | libc::SEEK_HOLE => {
            let within = u64::try_from(by).is_ok_and(|by| by < len);
            return match whence {
                _ if !within => Err(Errno(libc::ENXIO)),
                libc::SEEK_DATA => Ok(by),
                _ => Ok(len.cast_signed()),
            };
        }
        _ => return Err(Errno(libc::EINVAL)),
    };
    let to = base.checked_add_signed(by).and_then(|to| i64::try_from(to).ok());
    to.ok_or(Errno(libc::EINVAL))
}

impl Object for OpenFile {
    fn what(&self) -> &'static str {
        if self.is_dir { "a directory" } else { "a file" }
    }

    fn read(&self, me: &Thread, into: &mut [u8], _how: How) -> Result<usize, Errno> {
        self.position.advance(me, |at| self.read_at(into, at).map(|n| (n, at + n as u64)))
    }

    fn write(&self, me: &Thread, from: &[u8], _how: How) -> Result<usize, Errno> {
        self.position.advance(me, |at| self.write_at(from, at))
    }

    /// All parts of a `readv` are one read; those of direct I/O are aligned each.
    fn is_of_messages(&self) -> bool {
        !self.flags.has(libc::O_DIRECT)
    }

    fn can_be_polled(&self) -> bool {
        false
    }

    fn set_status(&self, flags: c_int) {
        self.status.set(flags);
    }

    /// The locks of a process on a file end with the first of its descriptors for it, as POSIX has it.
    fn close_one(&self) {
        let woken = self.locks.borrow_mut().set(self.ino, Owner::Process, None, Range::WHOLE);
        wait::wake_all(woken);
    }

    fn close(&self) {
        let woken = self.locks.borrow_mut().release_all_of(self.number);
        wait::wake_all(woken);
        // Closed with its process already, if that has ended.
        let _ = context::with(|w| w.disks.get_mut(self.process).close(self.fd));
    }
}
