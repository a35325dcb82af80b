//! The current directory, and paths as they are without links.

use std::ffi::{CString, c_char, c_int};

use crate::hosted::calls::descriptors::bytes_mut;
use crate::hosted::calls::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::files::{Flags, OpenFile, Place, Seen, disk, look, place, text};
use crate::hosted::thread::Thread;
use crate::kernel::disk::{Action, Fd};

/// The directory is the current one from now on, and open for as long.
fn go_to(me: &Thread, path: &str) -> Result<c_int, Errno> {
    let directory = OpenFile::open(me, path, Flags(libc::O_DIRECTORY), 0)?;
    let before = me.life.files.current.replace(Some(directory.fd()));
    leave(me, before);
    Ok(0)
}

fn leave(me: &Thread, former: Option<Fd>) {
    if let Some(fd) = former {
        // Closed with its process already, if that has ended.
        let _ = disk(me, |d| d.close(fd));
    }
}

fn current(me: &Thread) -> Result<String, Errno> {
    let fd = me.life.files.current.get();
    fd.map_or(Ok("/".into()), |fd| disk(me, |d| d.name_of(fd)).ok_or(Errno(libc::ENOENT)))
}

/// Puts a string with its zero into a buffer, or into one that is allocated.
///
/// # Safety
/// `into` is null, or so many bytes can be written there.
unsafe fn give(text: String, into: *mut c_char, size: usize) -> Result<*mut c_char, Errno> {
    let text = CString::new(text).map_err(|_| Errno(libc::EINVAL))?;
    let bytes = text.as_bytes_with_nul();
    if !into.is_null() && size == 0 {
        return Err(Errno(libc::EINVAL));
    }
    if size != 0 && bytes.len() > size {
        return Err(Errno(libc::ERANGE));
    }
    let into = if into.is_null() {
        // SAFETY: the caller frees it, as libc's contract says.
        unsafe { libc::malloc(bytes.len().max(size)) }.cast()
    } else {
        into
    };
    // SAFETY: there is room for it.
    unsafe { bytes_mut(into.cast(), bytes.len()) }?.copy_from_slice(bytes);
    Ok(into)
}

/// The path without links and dots.
fn canonical(me: &Thread, path: &str) -> Result<String, Errno> {
    let place = place(me, libc::AT_FDCWD, path)?.followed();
    match &place {
        Place::Disk(path) => {
            look(me, path, Action::Metadata, |d, _| d.metadata(path))?;
            place.canonical().ok_or(Errno(libc::ENOENT))
        }
        Place::Real(path) => {
            let path = std::fs::canonicalize(path)?;
            path.into_os_string().into_string().map_err(|_| Errno(libc::EILSEQ))
        }
        Place::Descriptor(fd) => me.life.open_at(*fd)?.is::<OpenFile>(libc::ENOENT)?.name().ok_or(Errno(libc::ENOENT)),
        Place::Device(_) => Ok(path.into()),
        Place::Link(_) | Place::Nothing => Err(Errno(libc::ENOENT)),
    }
}

/// Where a symbolic link leads, without a zero; cut where the buffer ends.
///
/// # Safety
/// The path is null or ends with a zero, and so many bytes can be written.
unsafe fn link_at(
    me: &Thread,
    dir: c_int,
    path: *const c_char,
    into: *mut c_char,
    size: usize,
) -> Result<isize, Errno> {
    // SAFETY: the caller's promise.
    let to = match place(me, dir, unsafe { text(path) }?)? {
        Place::Link(to) => to,
        Place::Real(path) => {
            let to = std::fs::read_link(path)?;
            to.into_os_string().into_string().map_err(|_| Errno(libc::EILSEQ))?
        }
        Place::Descriptor(fd) => {
            let open = me.life.open_at(fd).map_err(|_| Errno(libc::ENOENT))?;
            match open.is::<OpenFile>(0) {
                Ok(file) => file.name().unwrap_or_else(|| "/ (deleted)".into()),
                Err(_) => format!("anon_inode:[{}]", open.object.what()),
            }
        }
        place => {
            Seen::at(me, place, false)?;
            return Err(Errno(libc::EINVAL));
        }
    };
    if size == 0 {
        return Err(Errno(libc::EINVAL));
    }
    let n = to.len().min(size);
    // SAFETY: the caller's promise.
    unsafe { bytes_mut(into.cast(), n) }?.copy_from_slice(&to.as_bytes()[..n]);
    Ok(n.cast_signed())
}

libc_calls! {
    /// The current directory, `/` at first.
    fn getcwd(into: *mut c_char, size: usize) -> *mut c_char = |me| {
        // SAFETY: libc's contract.
        unsafe { give(current(me)?, into, size) }
    };
    /// As `getcwd`, allocated.
    fn get_current_dir_name() -> *mut c_char = |me| {
        // SAFETY: nothing is passed.
        unsafe { give(current(me)?, std::ptr::null_mut(), 0) }
    };
    /// Another current directory, of all threads of the process.
    fn chdir(path: *const c_char) -> c_int = |me| {
        // SAFETY: libc's contract.
        match place(me, libc::AT_FDCWD, unsafe { text(path) }?)?.followed() {
            Place::Disk(path) => go_to(me, &path),
            Place::Nothing => Err(Errno(libc::ENOENT)),
            Place::Real(_) => Err(Errno(libc::EACCES)),
            _ => Err(Errno(libc::ENOTDIR)),
        }
    };
    /// As `chdir`, to an open one.
    fn fchdir(fd: c_int) -> c_int = |me| {
        let open = me.life.open_at(fd)?;
        let name = open.is::<OpenFile>(libc::ENOTDIR)?.as_directory()?.name();
        go_to(me, &name.ok_or(Errno(libc::ENOENT))?)
    };
    /// The absolute path without links and dots.
    fn realpath(path: *const c_char, into: *mut c_char) -> *mut c_char = |me| {
        // SAFETY: libc's contract: where there is a buffer, a path of any length fits.
        unsafe { give(canonical(me, text(path).map_err(null_is_invalid)?)?, into, if into.is_null() { 0 } else { 4096 }) }
    };
    /// As `realpath`, allocated.
    fn canonicalize_file_name(path: *const c_char) -> *mut c_char = |me| {
        // SAFETY: libc's contract.
        unsafe { give(canonical(me, text(path).map_err(null_is_invalid)?)?, std::ptr::null_mut(), 0) }
    };
    /// Where a symbolic link leads: those below `/proc/self` and of the real file system. EINVAL for what is none.
    fn readlink(path: *const c_char, into: *mut c_char, size: usize) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { link_at(me, libc::AT_FDCWD, path, into, size) }
    };
    /// As `readlink`, relative to a directory.
    fn readlinkat(dir: c_int, path: *const c_char, into: *mut c_char, size: usize) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { link_at(me, dir, path, into, size) }
    };
}

/// `realpath` says so of no path.
const fn null_is_invalid(error: Errno) -> Errno {
    if error.0 == libc::EFAULT { Errno(libc::EINVAL) } else { error }
}
