//! Reading, writing and seeking at a given place, lengths, syncs.

use std::ffi::{c_int, c_void};

use libc::{iovec, off64_t};

use crate::hosted::calls::descriptors::{bytes, bytes_mut, gather, parts, scatter};
use crate::hosted::calls::libc_calls;
use crate::hosted::descriptors::Open;
use crate::hosted::errno::Errno;
use crate::hosted::files::{Device, Flags, OpenFile, Place, RealFile, place, text};
use crate::hosted::thread::Thread;
use crate::hosted::wait::{self, block_on};
use crate::kernel::disk::{Action, At};

/// What is not for what has no positions.
const PIPE: c_int = libc::ESPIPE;

fn offset(of: off64_t) -> Result<u64, Errno> {
    u64::try_from(of).map_err(|_| Errno(libc::EINVAL))
}

fn read_at(open: &Open, into: &mut [u8], at: off64_t) -> Result<usize, Errno> {
    let at = offset(at)?;
    if let Ok(real) = open.is::<RealFile>(PIPE) {
        return real.read_at(into, at);
    }
    if let Ok(device) = open.is::<Device>(PIPE) {
        return Ok(device.fill(into));
    }
    open.is::<OpenFile>(PIPE)?.read_at(into, at)
}

fn write_at(me: &Thread, open: &Open, from: &[u8], at: off64_t) -> Result<usize, Errno> {
    let at = offset(at)?;
    if open.is::<Device>(PIPE).is_ok() {
        return open.object.write(me, from, open.how());
    }
    if open.is::<RealFile>(PIPE).is_ok() {
        return Err(Errno(libc::EBADF));
    }
    Ok(open.is::<OpenFile>(PIPE)?.write_at(from, at)?.0)
}

/// # Safety
/// `len` bytes can be written there.
unsafe fn read_from(me: &Thread, fd: c_int, into: *mut c_void, len: usize, at: off64_t) -> Result<isize, Errno> {
    wait::interleave(me);
    let open = me.life.open_at(fd)?;
    // SAFETY: the caller's promise.
    read_at(&open, unsafe { bytes_mut(into, len) }?, at).map(usize::cast_signed)
}

/// # Safety
/// `len` bytes can be read there.
unsafe fn write_to(me: &Thread, fd: c_int, from: *const c_void, len: usize, at: off64_t) -> Result<isize, Errno> {
    wait::interleave(me);
    let open = me.life.open_at(fd)?;
    // SAFETY: the caller's promise.
    write_at(me, &open, unsafe { bytes(from, len) }?, at).map(usize::cast_signed)
}

/// All parts as one read.
///
/// # Safety
/// The parts can be written to.
unsafe fn read_parts(me: &Thread, fd: c_int, list: *const iovec, count: c_int, at: off64_t) -> Result<isize, Errno> {
    wait::interleave(me);
    let open = me.life.open_at(fd)?;
    // SAFETY: the caller's promise.
    let list = unsafe { parts(list, count) }?;
    if let [one] = list {
        // SAFETY: the caller's promise.
        return read_at(&open, unsafe { bytes_mut(one.iov_base, one.iov_len) }?, at).map(usize::cast_signed);
    }
    let mut whole = vec![0; list.iter().map(|p| p.iov_len).sum()];
    let n = read_at(&open, &mut whole, at)?;
    // SAFETY: the caller's promise.
    unsafe { scatter(&whole[..n], list) };
    Ok(n.cast_signed())
}

/// All parts as one write.
///
/// # Safety
/// The parts can be read.
unsafe fn write_parts(me: &Thread, fd: c_int, list: *const iovec, count: c_int, at: off64_t) -> Result<isize, Errno> {
    wait::interleave(me);
    let open = me.life.open_at(fd)?;
    // SAFETY: the caller's promise.
    let whole = unsafe { gather(parts(list, count)?) }?;
    write_at(me, &open, &whole, at).map(usize::cast_signed)
}

/// The second versions of `preadv` and `pwritev`: -1 is the position; flags other than those that hurry are unknown.
fn version_two(flags: c_int) -> Result<(), Errno> {
    if flags & !libc::RWF_HIPRI == 0 { Ok(()) } else { Err(Errno(libc::EOPNOTSUPP)) }
}

fn seek(me: &Thread, fd: c_int, by: off64_t, whence: c_int) -> Result<off64_t, Errno> {
    wait::interleave(me);
    let open = me.life.open_at(fd)?;
    if let Ok(real) = open.is::<RealFile>(PIPE) {
        return real.seek(me, by, whence);
    }
    if open.is::<Device>(PIPE).is_ok() {
        return Ok(0);
    }
    open.is::<OpenFile>(PIPE)?.seek(me, by, whence)
}

fn set_len(me: &Thread, fd: c_int, len: off64_t) -> Result<c_int, Errno> {
    let open = me.life.open_at(fd)?;
    open.is::<OpenFile>(libc::EINVAL)?.set_len(len).map(|()| 0)
}

/// # Safety
/// The path is null or ends with a zero.
unsafe fn set_len_at(me: &Thread, path: *const std::ffi::c_char, len: off64_t) -> Result<c_int, Errno> {
    // SAFETY: the caller's promise.
    let path = match place(me, libc::AT_FDCWD, unsafe { text(path) }?)? {
        Place::Device(_) => return Err(Errno(libc::EINVAL)),
        place => place.writable()?,
    };
    if len < 0 {
        return Err(Errno(libc::EINVAL));
    }
    let file = OpenFile::open(me, &path, Flags(libc::O_WRONLY), 0)?;
    let result = file.set_len(len);
    crate::hosted::object::Object::close(&file);
    result.map(|()| 0)
}

fn sync_file(me: &Thread, fd: c_int) -> Result<c_int, Errno> {
    wait::interleave(me);
    let open = me.life.open_at(fd)?;
    open.is::<OpenFile>(libc::EINVAL)?.sync().map(|()| 0)
}

fn sync_disk(me: &Thread) -> Result<(), Errno> {
    me.life.files.maps.borrow().take_all();
    let all = crate::disk::gate::perform(me.life.process, At::Dir("/"), Action::SyncDir, b"*", |d, _| d.sync_disk());
    Ok(block_on("the disk", all)?)
}

libc_calls! {
    /// Reads at an offset.
    fn pread(fd: c_int, into: *mut c_void, len: usize, at: off64_t) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { read_from(me, fd, into, len, at) }
    };
    /// As `pread`.
    fn pread64(fd: c_int, into: *mut c_void, len: usize, at: off64_t) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { read_from(me, fd, into, len, at) }
    };
    /// Writes at an offset; at the end where it was opened so, as Linux does.
    fn pwrite(fd: c_int, from: *const c_void, len: usize, at: off64_t) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { write_to(me, fd, from, len, at) }
    };
    /// As `pwrite`.
    fn pwrite64(fd: c_int, from: *const c_void, len: usize, at: off64_t) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { write_to(me, fd, from, len, at) }
    };
    /// As `pread`, into several parts.
    fn preadv(fd: c_int, list: *const iovec, count: c_int, at: off64_t) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { read_parts(me, fd, list, count, at) }
    };
    /// As `preadv`.
    fn preadv64(fd: c_int, list: *const iovec, count: c_int, at: off64_t) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { read_parts(me, fd, list, count, at) }
    };
    /// As `pwrite`, from several parts.
    fn pwritev(fd: c_int, list: *const iovec, count: c_int, at: off64_t) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { write_parts(me, fd, list, count, at) }
    };
    /// As `pwritev`.
    fn pwritev64(fd: c_int, list: *const iovec, count: c_int, at: off64_t) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { write_parts(me, fd, list, count, at) }
    };
    /// As `preadv`, without flags.
    fn preadv2(fd: c_int, list: *const iovec, count: c_int, at: off64_t, flags: c_int) -> isize = |me| {
        version_two(flags)?;
        if at == -1 {
            return crate::hosted::calls::descriptors::readv_at_fd(me, fd, list, count);
        }
        // SAFETY: libc's contract.
        unsafe { read_parts(me, fd, list, count, at) }
    };
    /// As `pwritev`, without flags.
    fn pwritev2(fd: c_int, list: *const iovec, count: c_int, at: off64_t, flags: c_int) -> isize = |me| {
        version_two(flags)?;
        if at == -1 {
            let open = me.life.open_at(fd)?;
            // SAFETY: libc's contract.
            let whole = unsafe { gather(parts(list, count)?) }?;
            return open.object.write(me, &whole, open.how()).map(usize::cast_signed);
        }
        // SAFETY: libc's contract.
        unsafe { write_parts(me, fd, list, count, at) }
    };
    /// Moves the position.
    fn lseek(fd: c_int, by: off64_t, whence: c_int) -> off64_t = |me| seek(me, fd, by, whence);
    /// As `lseek`.
    fn lseek64(fd: c_int, by: off64_t, whence: c_int) -> off64_t = |me| seek(me, fd, by, whence);
    /// Cuts or extends an open file.
    fn ftruncate(fd: c_int, len: off64_t) -> c_int = |me| set_len(me, fd, len);
    /// As `ftruncate`.
    fn ftruncate64(fd: c_int, len: off64_t) -> c_int = |me| set_len(me, fd, len);
    /// Cuts or extends a file.
    fn truncate(path: *const std::ffi::c_char, len: off64_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { set_len_at(me, path, len) }
    };
    /// As `truncate`.
    fn truncate64(path: *const std::ffi::c_char, len: off64_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { set_len_at(me, path, len) }
    };
    /// Makes a file or the names in a directory durable.
    fn fsync(fd: c_int) -> c_int = |me| sync_file(me, fd);
    /// As `fsync`: a length is needed to read the data.
    fn fdatasync(fd: c_int) -> c_int = |me| sync_file(me, fd);
    /// As `fsync`, of the whole file.
    fn sync_file_range(fd: c_int, _at: off64_t, _len: off64_t, _flags: u32) -> c_int = |me| sync_file(me, fd);
    /// Makes everything on the disk durable.
    fn syncfs(fd: c_int) -> c_int = |me| {
        me.life.open_at(fd)?;
        sync_disk(me).map(|()| 0)
    };
    /// As `syncfs`; tells nobody of errors.
    fn sync() = |me| {
        let _ = sync_disk(me);
        Ok(())
    };
}
