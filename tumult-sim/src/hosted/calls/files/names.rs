//! Names: making, moving and removing files and directories.

use std::ffi::{c_char, c_int, c_uint};

use super::open::draw_name;
use crate::hosted::calls::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::files::{OpenFile, Place, look, place, text};
use crate::hosted::thread::Thread;
use crate::hosted::wait::block_on;
use crate::kernel::disk::{Action, At, Of};

/// A path that is to be changed, on the disk.
///
/// # Safety
/// It is null or ends with a zero.
unsafe fn on_disk(me: &Thread, dir: c_int, path: *const c_char) -> Result<String, Errno> {
    // SAFETY: the caller's promise.
    place(me, dir, unsafe { text(path) }?)?.writable()
}

/// As [`on_disk`], for what is to be made: what is there already, and is not the disk's, is there.
///
/// # Safety
/// It is null or ends with a zero.
unsafe fn new_on_disk(me: &Thread, dir: c_int, path: *const c_char) -> Result<String, Errno> {
    // SAFETY: the caller's promise.
    match place(me, dir, unsafe { text(path) }?)? {
        Place::Disk(path) => Ok(path),
        Place::Nothing => Err(Errno(libc::ENOENT)),
        _ => Err(Errno(libc::EEXIST)),
    }
}

fn make_directory(me: &Thread, path: &str, mode: u32) -> Result<c_int, Errno> {
    let mode = (mode & !me.life.files.umask.get() & 0o7777) as u16;
    look(me, path, Action::CreateDir, |d, now| {
        d.create_dir(path, now)?;
        d.set_new_mode(Of::Path(path), mode);
        Ok(0)
    })
}

fn remove_directory(me: &Thread, path: &str) -> Result<c_int, Errno> {
    // By spelling: Linux refuses these whatever they name.
    match path.trim_end_matches('/').rsplit('/').next() {
        Some(".") => Err(Errno(libc::EINVAL)),
        Some("..") => Err(Errno(libc::ENOTEMPTY)),
        _ => look(me, path, Action::RemoveDir, |d, now| d.remove_dir(path, now).map(|()| 0)),
    }
}

fn remove_file(me: &Thread, path: &str) -> Result<c_int, Errno> {
    look(me, path, Action::RemoveFile, |d, now| d.remove_file(path, now).map(|()| 0))
}

fn move_name(me: &Thread, from: &str, to: &str, flags: c_uint) -> Result<c_int, Errno> {
    if flags & !libc::RENAME_NOREPLACE != 0 {
        return Err(Errno(libc::EINVAL));
    }
    let what = [from, to].join("\0");
    let moved =
        crate::disk::gate::perform(me.life.process, At::Entry(to), Action::Rename, what.as_bytes(), |d, now| {
            // That there is none, and the move, are one step.
            if flags != 0 && d.metadata(from).is_ok() && d.metadata(to).is_ok() {
                return Ok(Err(Errno(libc::EEXIST)));
            }
            d.rename(from, to, now).map(Ok)
        });
    block_on("the disk", moved)??;
    Ok(0)
}

fn link_name(me: &Thread, file: &str, name: &str) -> Result<c_int, Errno> {
    let what = [file, name].join("\0");
    let link =
        crate::disk::gate::perform(me.life.process, At::Entry(name), Action::HardLink, what.as_bytes(), |d, now| {
            d.hard_link(file, name, now)
        });
    block_on("the disk", link)?;
    Ok(0)
}

/// What `linkat` is to link: a path, what `/proc/self/fd` leads to, or a descriptor itself.
///
/// # Safety
/// The path is null or ends with a zero.
unsafe fn linked(me: &Thread, dir: c_int, path: *const c_char, flags: c_int) -> Result<String, Errno> {
    // SAFETY: the caller's promise.
    let path = unsafe { text(path) }?;
    let number = match path {
        "" if flags & libc::AT_EMPTY_PATH != 0 => dir,
        _ => match place(me, dir, path)? {
            Place::Descriptor(fd) if flags & libc::AT_SYMLINK_FOLLOW != 0 => fd,
            Place::Disk(path) => return Ok(path),
            Place::Nothing => return Err(Errno(libc::ENOENT)),
            _ => return Err(Errno(libc::EXDEV)),
        },
    };
    me.life.open_at(number)?.is::<OpenFile>(libc::EXDEV)?.name().ok_or(Errno(libc::ENOENT))
}

/// What the disk has no names for is not made, nor where something is.
fn refuse(me: &Thread, name: &str) -> Result<c_int, Errno> {
    match look(me, name, Action::Metadata, |d, _| d.metadata(name)) {
        Ok(_) => Err(Errno(libc::EEXIST)),
        Err(Errno(libc::ENOENT)) => Err(Errno(libc::EPERM)),
        Err(error) => Err(error),
    }
}

libc_calls! {
    /// Makes a directory.
    fn mkdir(path: *const c_char, mode: u32) -> c_int = |me| {
        // SAFETY: libc's contract.
        make_directory(me, &unsafe { new_on_disk(me, libc::AT_FDCWD, path) }?, mode)
    };
    /// As `mkdir`, relative to a directory.
    fn mkdirat(dir: c_int, path: *const c_char, mode: u32) -> c_int = |me| {
        // SAFETY: libc's contract.
        make_directory(me, &unsafe { new_on_disk(me, dir, path) }?, mode)
    };
    /// A new directory of a name that nobody has.
    fn mkdtemp(pattern: *mut c_char) -> *mut c_char = |me| {
        // SAFETY: libc's contract.
        unsafe {
            draw_name(pattern, 0, |path| {
                make_directory(me, &place(me, libc::AT_FDCWD, path)?.writable()?, 0o700)
            })
        }?;
        Ok(pattern)
    };
    /// Removes an empty directory.
    fn rmdir(path: *const c_char) -> c_int = |me| {
        // SAFETY: libc's contract.
        remove_directory(me, &unsafe { on_disk(me, libc::AT_FDCWD, path) }?)
    };
    /// Removes a name of a file, which lives on while it is open.
    fn unlink(path: *const c_char) -> c_int = |me| {
        // SAFETY: libc's contract.
        remove_file(me, &unsafe { on_disk(me, libc::AT_FDCWD, path) }?)
    };
    /// As `unlink`, or as `rmdir`.
    fn unlinkat(dir: c_int, path: *const c_char, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        let path = unsafe { on_disk(me, dir, path) }?;
        match flags {
            0 => remove_file(me, &path),
            libc::AT_REMOVEDIR => remove_directory(me, &path),
            _ => Err(Errno(libc::EINVAL)),
        }
    };
    /// As `unlink`, or as `rmdir` for a directory.
    fn remove(path: *const c_char) -> c_int = |me| {
        // SAFETY: libc's contract.
        let path = unsafe { on_disk(me, libc::AT_FDCWD, path) }?;
        match remove_file(me, &path) {
            Err(Errno(libc::EISDIR)) => remove_directory(me, &path),
            result => result,
        }
    };
    /// Moves a file or directory, over what is there.
    fn rename(from: *const c_char, to: *const c_char) -> c_int = |me| {
        // SAFETY: libc's contract.
        let paths = unsafe { (on_disk(me, libc::AT_FDCWD, from)?, on_disk(me, libc::AT_FDCWD, to)?) };
        move_name(me, &paths.0, &paths.1, 0)
    };
    /// As `rename`, relative to directories.
    fn renameat(from_dir: c_int, from: *const c_char, to_dir: c_int, to: *const c_char) -> c_int = |me| {
        // SAFETY: libc's contract.
        let paths = unsafe { (on_disk(me, from_dir, from)?, on_disk(me, to_dir, to)?) };
        move_name(me, &paths.0, &paths.1, 0)
    };
    /// As `renameat`; `RENAME_NOREPLACE` is the one flag that the disk knows.
    fn renameat2(
        from_dir: c_int,
        from: *const c_char,
        to_dir: c_int,
        to: *const c_char,
        flags: c_uint,
    ) -> c_int = |me| {
        // SAFETY: libc's contract.
        let paths = unsafe { (on_disk(me, from_dir, from)?, on_disk(me, to_dir, to)?) };
        move_name(me, &paths.0, &paths.1, flags)
    };
    /// Gives a file one more name.
    fn link(file: *const c_char, name: *const c_char) -> c_int = |me| {
        // SAFETY: libc's contract.
        let paths = unsafe { (linked(me, libc::AT_FDCWD, file, 0)?, new_on_disk(me, libc::AT_FDCWD, name)?) };
        link_name(me, &paths.0, &paths.1)
    };
    /// As `link`, relative to directories.
    fn linkat(
        file_dir: c_int,
        file: *const c_char,
        name_dir: c_int,
        name: *const c_char,
        flags: c_int,
    ) -> c_int = |me| {
        // SAFETY: libc's contract.
        let paths = unsafe { (linked(me, file_dir, file, flags)?, new_on_disk(me, name_dir, name)?) };
        link_name(me, &paths.0, &paths.1)
    };
    /// Simulated disks have no symbolic links: EPERM, as of file systems that do not know them.
    fn symlink(_to: *const c_char, name: *const c_char) -> c_int = |me| {
        // SAFETY: libc's contract.
        refuse(me, &unsafe { new_on_disk(me, libc::AT_FDCWD, name) }?)
    };
    /// As `symlink`.
    fn symlinkat(_to: *const c_char, dir: c_int, name: *const c_char) -> c_int = |me| {
        // SAFETY: libc's contract.
        refuse(me, &unsafe { new_on_disk(me, dir, name) }?)
    };
    /// No pipes and devices by name: EPERM.
    fn mkfifo(name: *const c_char, _mode: u32) -> c_int = |me| {
        // SAFETY: libc's contract.
        refuse(me, &unsafe { new_on_disk(me, libc::AT_FDCWD, name) }?)
    };
    /// As `mkfifo`.
    fn mknod(name: *const c_char, _mode: u32, _device: libc::dev_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        refuse(me, &unsafe { new_on_disk(me, libc::AT_FDCWD, name) }?)
    };
}
