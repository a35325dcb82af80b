//! `open` and its like.

use std::ffi::{c_char, c_int};
use std::rc::Rc;

use crate::hosted::calls::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::files::{Flags, OpenFile, Place, RealDirectory, RealFile, look, place, text};
use crate::hosted::object::Object;
use crate::hosted::thread::Thread;
use crate::kernel::disk::Action;

/// Opens what a path leads to.
///
/// # Safety
/// The path is null or ends with a zero.
unsafe fn open_path(me: &Thread, dir: c_int, path: *const c_char, flags: c_int, mode: u32) -> Result<c_int, Errno> {
    // SAFETY: the caller's promise.
    let path = unsafe { text(path) }?;
    let place = place(me, dir, path)?.followed();
    open_place(me, &place, Flags(flags), mode & !me.life.files.umask.get())
}

/// As `open`, for a stream of C.
///
/// # Safety
/// The path is null or ends with a zero.
pub(in crate::hosted::calls) unsafe fn open_named(
    me: &Thread,
    path: *const c_char,
    flags: c_int,
) -> Result<c_int, Errno> {
    // SAFETY: the caller's promise.
    unsafe { open_path(me, libc::AT_FDCWD, path, flags, 0o666) }
}

/// A file that loses its name at once.
pub(in crate::hosted::calls) fn temporary_file(me: &Thread) -> Result<c_int, Errno> {
    let mut name = *b"/tmp/tmpfXXXXXX\0";
    // SAFETY: a string that can be written to.
    let fd = unsafe { temporary(me, name.as_mut_ptr().cast(), 0, 0) }?;
    // SAFETY: it is one still.
    let name = unsafe { text(name.as_ptr().cast()) }?;
    look(me, name, Action::RemoveFile, |d, now| d.remove_file(name, now))?;
    Ok(fd)
}

/// # Errors
/// As `open`.
pub(super) fn open_place(me: &Thread, place: &Place, flags: Flags, mode: u32) -> Result<c_int, Errno> {
    const O_TMPFILE: c_int = 0o20_000_000;
    if flags.has(O_TMPFILE) {
        return Err(Errno(libc::EOPNOTSUPP));
    }
    if let Place::Descriptor(fd) = place {
        let open = me.life.open_at(*fd).map_err(|_| Errno(libc::ENOENT))?;
        let name = open.is::<OpenFile>(libc::ENXIO)?.name().ok_or(Errno(libc::ENOENT))?;
        return open_place(me, &Place::Disk(name), flags, mode);
    }
    me.life.reserve()?;
    let object = open_object(me, place, flags, mode).inspect_err(|_| me.life.give_back())?;
    Ok(me.life.install_reserved(object, flags.0))
}

fn open_object(me: &Thread, place: &Place, flags: Flags, mode: u32) -> Result<Rc<dyn Object>, Errno> {
    let refuse = |when: bool, number: c_int| if when { Err(Errno(number)) } else { Ok(()) };
    match place {
        Place::Disk(path) => Ok(Rc::new(OpenFile::open(me, path, flags, mode)?)),
        Place::Device(device) => {
            refuse(flags.has(libc::O_CREAT | libc::O_EXCL), libc::EEXIST)?;
            refuse(flags.has(libc::O_DIRECTORY), libc::ENOTDIR)?;
            Ok(Rc::new(*device))
        }
        Place::Real(path) => {
            refuse(flags.has(libc::O_CREAT | libc::O_EXCL), libc::EEXIST)?;
            refuse(flags.writes() || flags.has(libc::O_CREAT) || flags.has(libc::O_TRUNC), libc::EROFS)?;
            match RealDirectory::open(path) {
                Ok(directory) => Ok(Rc::new(directory)),
                Err(Errno(libc::ENOTDIR)) => {
                    refuse(flags.has(libc::O_DIRECTORY), libc::ENOTDIR)?;
                    Ok(Rc::new(RealFile::open(path)?))
                }
                Err(error) => Err(error),
            }
        }
        Place::Link(_) | Place::Descriptor(_) | Place::Nothing => Err(Errno(libc::ENOENT)),
    }
}

libc_calls! {
    /// Opens a file. C declares it variadic: see `syscall` in `host`.
    fn open(path: *const c_char, flags: c_int, mode: u32) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { open_path(me, libc::AT_FDCWD, path, flags, mode) }
    };

    /// As `open`.
    fn open64(path: *const c_char, flags: c_int, mode: u32) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { open_path(me, libc::AT_FDCWD, path, flags, mode) }
    };

    /// As `open`, relative to a directory.
    fn openat(dir: c_int, path: *const c_char, flags: c_int, mode: u32) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { open_path(me, dir, path, flags, mode) }
    };

    /// As `openat`.
    fn openat64(dir: c_int, path: *const c_char, flags: c_int, mode: u32) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { open_path(me, dir, path, flags, mode) }
    };

    /// What C code compiled with checks calls for `open`.
    fn __open_2(path: *const c_char, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { open_path(me, libc::AT_FDCWD, path, flags, 0) }
    };

    /// As `__open_2`.
    fn __open64_2(path: *const c_char, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { open_path(me, libc::AT_FDCWD, path, flags, 0) }
    };

    /// As `open` for writing, making and emptying.
    fn creat(path: *const c_char, mode: u32) -> c_int = |me| {
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC;
        // SAFETY: libc's contract.
        unsafe { open_path(me, libc::AT_FDCWD, path, flags, mode) }
    };

    /// As `creat`.
    fn creat64(path: *const c_char, mode: u32) -> c_int = |me| {
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC;
        // SAFETY: libc's contract.
        unsafe { open_path(me, libc::AT_FDCWD, path, flags, mode) }
    };

    /// Permissions that new files and directories do not get.
    fn umask(mask: u32) -> u32 = |me| Ok(me.life.files.umask.replace(mask & 0o777));

    /// A new file of a name that nobody has; the last six letters of the pattern are drawn.
    fn mkstemp(pattern: *mut c_char) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { temporary(me, pattern, 0, 0) }
    };

    /// As `mkstemp`.
    fn mkstemp64(pattern: *mut c_char) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { temporary(me, pattern, 0, 0) }
    };

    /// As `mkstemp`, with flags of `open`.
    fn mkostemp(pattern: *mut c_char, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { temporary(me, pattern, 0, flags) }
    };

    /// As `mkostemp`, with letters that stay behind those that are drawn.
    fn mkostemps(pattern: *mut c_char, suffix: c_int, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { temporary(me, pattern, suffix, flags) }
    };
}

/// # Safety
/// The pattern is a string that can be written to.
unsafe fn temporary(me: &Thread, pattern: *mut c_char, suffix: c_int, flags: c_int) -> Result<c_int, Errno> {
    let flags = flags & !libc::O_ACCMODE | libc::O_RDWR | libc::O_CREAT | libc::O_EXCL;
    // SAFETY: the caller's promise.
    unsafe {
        draw_name(pattern, suffix, |path| {
            let path = place(me, libc::AT_FDCWD, path)?;
            open_place(me, &path, Flags(flags), 0o600)
        })
    }
}

/// Draws names for a pattern until one is free.
///
/// # Errors
/// EINVAL for a pattern without six X; what `make` says.
///
/// # Safety
/// The pattern is a string that can be written to.
pub(super) unsafe fn draw_name<T>(
    pattern: *mut c_char,
    suffix: c_int,
    mut make: impl FnMut(&str) -> Result<T, Errno>,
) -> Result<T, Errno> {
    const LETTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    // SAFETY: the caller's promise.
    let len = unsafe { text(pattern) }?.len();
    let suffix = usize::try_from(suffix).map_err(|_| Errno(libc::EINVAL))?;
    let from = len.checked_sub(suffix + 6).ok_or(Errno(libc::EINVAL))?;
    // SAFETY: six bytes within the string.
    let drawn = unsafe { std::slice::from_raw_parts_mut(pattern.add(from).cast::<u8>(), 6) };
    if drawn != b"XXXXXX" {
        return Err(Errno(libc::EINVAL));
    }
    // As many as glibc tries, for a bound.
    for _ in 0..62 * 62 * 62 {
        let mut random = [0; 6];
        (crate::hosted::calls::ANSWERS.fill)(&mut random);
        for (letter, random) in drawn.iter_mut().zip(random) {
            *letter = LETTERS[random as usize % LETTERS.len()];
        }
        // SAFETY: the caller's promise.
        match make(unsafe { text(pattern) }?) {
            Err(Errno(libc::EEXIST)) => {}
            result => return result,
        }
    }
    Err(Errno(libc::EEXIST))
}
