//! Reading directories.

use std::ffi::{c_char, c_int, c_void};
use std::rc::Rc;

use libc::{DIR, dirent64};

use super::open::open_place;
use crate::hosted::calls::descriptors::bytes_mut;
use crate::hosted::calls::libc_calls;
use crate::hosted::descriptors::Open;
use crate::hosted::errno::Errno;
use crate::hosted::files::{Flags, OpenFile, RealDirectory, look, place, text};
use crate::hosted::thread::Thread;
use crate::kernel::disk::Action;

/// Where the name of an entry begins, as the kernel gives it.
const ENTRY_HEAD: usize = 19;

/// What a `DIR` of a hosted program is.
#[derive(Debug)]
struct Stream {
    fd: c_int,
    /// The names and kinds as they were when the first was asked for, `.` and `..` before all others.
    entries: Option<Vec<Entry>>,
    next: usize,
    /// The entry that was given last, which C code reads until the next.
    given: Box<dirent64>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    kind: u8,
    ino: u64,
}

/// A stream of a descriptor, which belongs to it from now on.
fn stream(fd: c_int) -> *mut DIR {
    // SAFETY: all zeros is a value of the type.
    let given = Box::new(unsafe { std::mem::zeroed() });
    Box::into_raw(Box::new(Stream { fd, entries: None, next: 0, given })).cast()
}

/// # Safety
/// `dir` came from [`stream`] and was not closed; nobody else uses it meanwhile.
unsafe fn of<'a>(dir: *mut DIR) -> Result<&'a mut Stream, Errno> {
    // SAFETY: the caller's promise.
    unsafe { dir.cast::<Stream>().as_mut() }.ok_or(Errno(libc::EBADF))
}

fn list(me: &Thread, open: &Rc<Open>) -> Result<Vec<Entry>, Errno> {
    let dots = [".", ".."].map(|name| Entry { name: name.into(), kind: libc::DT_DIR, ino: 1 });
    let mut all = Vec::from(dots);
    if let Ok(real) = open.is::<RealDirectory>(libc::ENOTDIR) {
        all.extend(real.entries().into_iter().map(|(name, kind)| Entry { name, kind, ino: 1 }));
        return Ok(all);
    }
    let directory = open.is::<OpenFile>(libc::ENOTDIR)?.as_directory()?;
    // One that was removed has no entries any more.
    let Some(path) = directory.name() else { return Ok(all) };
    let entries = look(me, &path, Action::ReadDir, |d, _| d.read_dir(&path))?;
    all.extend(entries.into_iter().map(|entry| Entry {
        name: entry.name.into(),
        kind: if entry.metadata.is_dir { libc::DT_DIR } else { libc::DT_REG },
        ino: entry.metadata.ino,
    }));
    Ok(all)
}

impl Stream {
    /// The next entry; null at the end.
    fn next(&mut self, me: &Thread) -> Result<*mut dirent64, Errno> {
        if self.entries.is_none() {
            self.entries = Some(list(me, &me.life.open_at(self.fd)?)?);
        }
        let Some(entry) = self.entries.as_ref().and_then(|entries| entries.get(self.next)) else {
            return Ok(std::ptr::null_mut());
        };
        self.next += 1;
        let given = &mut *self.given;
        given.d_ino = entry.ino;
        given.d_off = self.next as i64;
        given.d_reclen = size_of::<dirent64>() as u16;
        given.d_type = entry.kind;
        given.d_name.fill(0);
        // No name is longer than what has a place, with its zero.
        for (into, byte) in given.d_name.iter_mut().zip(entry.name.bytes()) {
            *into = byte.cast_signed();
        }
        Ok(given)
    }
}

/// # Safety
/// The path is null or ends with a zero.
unsafe fn open_path(me: &Thread, path: *const c_char) -> Result<*mut DIR, Errno> {
    // SAFETY: the caller's promise.
    let place = place(me, libc::AT_FDCWD, unsafe { text(path) }?)?.followed();
    open_place(me, &place, Flags(libc::O_DIRECTORY | libc::O_CLOEXEC), 0).map(stream)
}

/// # Safety
/// As for `readdir_r`.
unsafe fn next_into(
    me: &Thread,
    dir: *mut DIR,
    into: *mut dirent64,
    result: *mut *mut dirent64,
) -> Result<c_int, Errno> {
    // SAFETY: the caller's promise.
    unsafe {
        match of(dir)?.next(me) {
            Ok(entry) if entry.is_null() => result.write(entry),
            Ok(entry) => {
                into.copy_from_nonoverlapping(entry, 1);
                result.write(into);
            }
            Err(Errno(number)) => return Ok(number),
        }
    }
    Ok(0)
}

/// As many entries as fit, from where the descriptor is.
fn raw_entries(me: &Thread, fd: c_int, into: &mut [u8]) -> Result<isize, Errno> {
    let open = me.life.open_at(fd)?;
    let directory = open.is::<OpenFile>(libc::ENOTDIR)?.as_directory()?;
    let entries = list(me, &open)?;
    directory.advance(me, |at| {
        let (mut filled, mut at) = (0, at);
        while let Some(entry) = usize::try_from(at).ok().and_then(|n| entries.get(n)) {
            let len = (ENTRY_HEAD + entry.name.len() + 1).next_multiple_of(8);
            let Some(place) = into.get_mut(filled..filled + len) else { break };
            at += 1;
            place.fill(0);
            place[..8].copy_from_slice(&entry.ino.to_ne_bytes());
            place[8..16].copy_from_slice(&at.to_ne_bytes());
            place[16..18].copy_from_slice(&(len as u16).to_ne_bytes());
            place[18] = entry.kind;
            place[ENTRY_HEAD..ENTRY_HEAD + entry.name.len()].copy_from_slice(entry.name.as_bytes());
            filled += len;
        }
        let more = entries.len() as u64 > at;
        if filled == 0 && more { Err(Errno(libc::EINVAL)) } else { Ok((filled.cast_signed(), at)) }
    })
}

libc_calls! {
    /// A stream of a directory's entries, sorted by name.
    fn opendir(path: *const c_char) -> *mut DIR = |me| {
        // SAFETY: libc's contract.
        unsafe { open_path(me, path) }
    };
    /// As `opendir`, of what is open.
    fn fdopendir(fd: c_int) -> *mut DIR = |me| {
        let open = me.life.open_at(fd)?;
        if open.is::<RealDirectory>(0).is_err() {
            open.is::<OpenFile>(libc::ENOTDIR)?.as_directory()?;
        }
        Ok(stream(fd))
    };
    /// The next entry.
    fn readdir(dir: *mut DIR) -> *mut dirent64 = |me| {
        // SAFETY: libc's contract.
        unsafe { of(dir) }?.next(me)
    };
    /// As `readdir`.
    fn readdir64(dir: *mut DIR) -> *mut dirent64 = |me| {
        // SAFETY: libc's contract.
        unsafe { of(dir) }?.next(me)
    };
    /// As `readdir`, into a buffer of the caller.
    fn readdir_r(dir: *mut DIR, into: *mut dirent64, result: *mut *mut dirent64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { next_into(me, dir, into, result) }
    };
    /// As `readdir_r`.
    fn readdir64_r(dir: *mut DIR, into: *mut dirent64, result: *mut *mut dirent64) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { next_into(me, dir, into, result) }
    };
    /// Begins again, with the entries as they are then.
    fn rewinddir(dir: *mut DIR) = |_me| {
        // SAFETY: libc's contract.
        let stream = unsafe { of(dir) }?;
        (stream.entries, stream.next) = (None, 0);
        Ok(())
    };
    /// Where the stream is.
    fn telldir(dir: *mut DIR) -> i64 = |_me| {
        // SAFETY: libc's contract.
        Ok(unsafe { of(dir) }?.next as i64)
    };
    /// Goes back to where it was.
    fn seekdir(dir: *mut DIR, to: i64) = |_me| {
        // SAFETY: libc's contract.
        unsafe { of(dir) }?.next = usize::try_from(to).unwrap_or(0);
        Ok(())
    };
    /// Ends the stream and closes its descriptor.
    fn closedir(dir: *mut DIR) -> c_int = |me| {
        // SAFETY: libc's contract.
        let fd = unsafe { of(dir) }?.fd;
        // SAFETY: `stream` made it, and nobody uses it any more.
        drop(unsafe { Box::from_raw(dir.cast::<Stream>()) });
        me.life.close(fd).map(|()| 0)
    };
    /// The next entries, as the kernel gives them to who goes without `readdir`.
    fn getdents64(fd: c_int, into: *mut c_void, len: usize) -> isize = |me| {
        // SAFETY: libc's contract.
        raw_entries(me, fd, unsafe { bytes_mut(into, len) }?)
    };
    /// The stream's descriptor.
    fn dirfd(dir: *mut DIR) -> c_int = |_me| {
        // SAFETY: libc's contract.
        Ok(unsafe { of(dir) }?.fd)
    };
}
