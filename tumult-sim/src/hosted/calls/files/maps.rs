//! Files in memory: `mmap` and its like. Anonymous memory is real.

use std::ffi::{c_int, c_void};

use libc::off64_t;

use crate::hosted::calls::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::files::{Device, OpenFile, PAGE, RealFile, Region, map_real};
use crate::hosted::thread::Thread;
use crate::hosted::wait::{self, block_on};
use crate::kernel::disk::{Action, At};

/// What of the flags is about the place and kind of memory.
const PLACE: c_int = libc::MAP_FIXED | libc::MAP_FIXED_NOREPLACE | libc::MAP_NORESERVE | libc::MAP_POPULATE;

/// The arguments of `mmap`.
#[derive(Clone, Copy)]
struct Wanted {
    address: *mut c_void,
    len: usize,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    offset: off64_t,
}

/// # Safety
/// As for `mmap`.
unsafe fn map(me: &Thread, wanted: Wanted) -> Result<isize, Errno> {
    let Wanted { address, len, protection, flags, fd, offset } = wanted;
    if flags & libc::MAP_ANONYMOUS != 0 {
        if flags & libc::MAP_FIXED != 0 {
            me.life.files.maps.borrow_mut().remove(address as usize, len);
        }
        // SAFETY: the caller's promise.
        return unsafe { map_real(address, len, protection, flags, -1, 0) }.map(|found| found as isize);
    }
    let open = me.life.open_at(fd)?;
    let offset = u64::try_from(offset).map_err(|_| Errno(libc::EINVAL))?;
    if len == 0 || !offset.is_multiple_of(PAGE) {
        return Err(Errno(libc::EINVAL));
    }
    if let Ok(real) = open.is::<RealFile>(0) {
        if flags & libc::MAP_TYPE != libc::MAP_PRIVATE && protection & libc::PROT_WRITE != 0 {
            return Err(Errno(libc::EACCES));
        }
        // SAFETY: the caller's promise.
        return unsafe { map_real(address, len, protection, flags, real.descriptor(), offset) }.map(|at| at as isize);
    }
    if open.is::<Device>(0).is_ok() {
        // SAFETY: the caller's promise.
        return unsafe { map_real(address, len, protection, flags | libc::MAP_ANONYMOUS, -1, 0) }.map(|at| at as isize);
    }
    let file = open.is::<OpenFile>(libc::ENODEV)?;
    match file.readable() {
        Err(Errno(libc::EISDIR)) => return Err(Errno(libc::ENODEV)),
        Err(_) => return Err(Errno(libc::EACCES)),
        Ok(_) => {}
    }
    // SAFETY: the caller's promise.
    let found = unsafe {
        match flags & libc::MAP_TYPE {
            libc::MAP_PRIVATE => map_copy(me, file, wanted, offset)?,
            libc::MAP_SHARED | libc::MAP_SHARED_VALIDATE => map_shared(me, file, wanted, offset)?,
            _ => return Err(Errno(libc::EINVAL)),
        }
    };
    Ok(found as isize)
}

/// A private mapping: memory of its own with what the file has now.
///
/// # Safety
/// As for `mmap`.
unsafe fn map_copy(me: &Thread, file: &OpenFile, wanted: Wanted, offset: u64) -> Result<*mut c_void, Errno> {
    let mut content = vec![0; (wanted.len as u64).min(file.len().saturating_sub(offset)) as usize];
    let mut done = 0;
    while done < content.len() {
        match file.read_unaligned(&mut content[done..], offset + done as u64)? {
            0 => break,
            n => done += n,
        }
    }
    if wanted.flags & libc::MAP_FIXED != 0 {
        me.life.files.maps.borrow_mut().remove(wanted.address as usize, wanted.len);
    }
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | wanted.flags & PLACE;
    let writable = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: the caller's promise; the memory is new, and as long as what is put there.
    unsafe {
        let found = map_real(wanted.address, wanted.len, writable, flags, -1, 0)?;
        found.cast::<u8>().copy_from_nonoverlapping(content.as_ptr(), content.len());
        if libc::mprotect(found, wanted.len, wanted.protection) != 0 {
            return Err(std::io::Error::last_os_error().into());
        }
        Ok(found)
    }
}

/// A shared mapping: the pages that all shared mappings of this part of the file have.
///
/// # Safety
/// As for `mmap`.
unsafe fn map_shared(me: &Thread, file: &OpenFile, wanted: Wanted, offset: u64) -> Result<*mut c_void, Errno> {
    if wanted.flags & libc::MAP_TYPE == libc::MAP_SHARED_VALIDATE && wanted.flags & libc::MAP_SYNC != 0 {
        return Err(Errno(libc::EOPNOTSUPP));
    }
    let writable = file.writable(libc::EACCES);
    if wanted.protection & libc::PROT_WRITE != 0 {
        writable?;
    }
    // It takes the time of a read; that of the pages is not counted one by one.
    file.read_unaligned(&mut [0; 1], offset)?;
    let mut maps = me.life.files.maps.borrow_mut();
    if wanted.flags & libc::MAP_FIXED != 0 {
        maps.remove(wanted.address as usize, wanted.len);
    }
    let real = maps.prepare((file.ino, file.fd()), offset, wanted.len as u64, writable.is_ok())?;
    let flags = libc::MAP_SHARED | wanted.flags & PLACE;
    // SAFETY: the caller's promise.
    let found = unsafe { map_real(wanted.address, wanted.len, wanted.protection, flags, real, offset) }?;
    let len = wanted.len.next_multiple_of(PAGE as usize);
    maps.add(Region { address: found as usize, len, ino: file.ino, offset });
    Ok(found)
}

/// # Safety
/// As for `munmap`.
unsafe fn unmap(me: &Thread, address: *mut c_void, len: usize) -> Result<c_int, Errno> {
    let pages = len.next_multiple_of(PAGE as usize);
    me.life.files.maps.borrow_mut().remove(address as usize, pages);
    // SAFETY: the caller's promise.
    if unsafe { libc::munmap(address, len) } == 0 { Ok(0) } else { Err(std::io::Error::last_os_error().into()) }
}

/// # Safety
/// As for `mremap`.
unsafe fn remap(
    me: &Thread,
    old: *mut c_void,
    old_len: usize,
    len: usize,
    flags: c_int,
    to: *mut c_void,
) -> Result<isize, Errno> {
    let mut maps = me.life.files.maps.borrow_mut();
    let former = maps.within(old as usize, old_len);
    if let [region] = former.as_slice() {
        let fd = maps.kept(region.ino).ok_or(Errno(libc::EFAULT))?;
        maps.take(region.ino);
        maps.prepare((region.ino, fd), region.offset, len as u64, false)?;
    }
    // SAFETY: the caller's promise.
    let found = unsafe { libc::mremap(old, old_len, len, flags, to) };
    if found == libc::MAP_FAILED {
        return Err(std::io::Error::last_os_error().into());
    }
    if let [region] = former.as_slice() {
        let len = len.next_multiple_of(PAGE as usize);
        let moved = Region { address: found as usize, len, ..*region };
        // The new one first, so that the file stays mapped meanwhile; where they overlap it is what is left.
        maps.replace(old as usize, old_len, moved);
    }
    Ok(found as isize)
}

/// # Safety
/// As for `msync`.
unsafe fn sync_memory(me: &Thread, address: *mut c_void, len: usize, flags: c_int) -> Result<c_int, Errno> {
    if flags & !(libc::MS_SYNC | libc::MS_ASYNC | libc::MS_INVALIDATE) != 0
        || flags & (libc::MS_SYNC | libc::MS_ASYNC) == libc::MS_SYNC | libc::MS_ASYNC
        || !(address as u64).is_multiple_of(PAGE)
    {
        return Err(Errno(libc::EINVAL));
    }
    wait::interleave(me);
    let regions = me.life.files.maps.borrow().within(address as usize, len.max(1));
    if regions.is_empty() {
        // SAFETY: the caller's promise.
        let done = unsafe { libc::msync(address, len, flags) };
        return if done == 0 { Ok(0) } else { Err(std::io::Error::last_os_error().into()) };
    }
    for region in regions {
        me.life.files.maps.borrow().take(region.ino);
        let kept = me.life.files.maps.borrow().kept(region.ino);
        if let Some(fd) = kept.filter(|_| flags & libc::MS_SYNC != 0) {
            let sync =
                crate::disk::gate::perform(me.life.process, At::File(fd), Action::Sync, &[], |d, _| d.sync_all(fd));
            block_on("the disk", sync)?;
        }
    }
    Ok(0)
}

libc_calls! {
    /// Maps a file, or gives memory. Its type is an address, where -1 says that it failed.
    fn mmap(address: *mut c_void, len: usize, protection: c_int, flags: c_int, fd: c_int, offset: off64_t) -> isize =
        |me| {
            // SAFETY: libc's contract.
            unsafe { map(me, Wanted { address, len, protection, flags, fd, offset }) }
        };
    /// As `mmap`.
    fn mmap64(address: *mut c_void, len: usize, protection: c_int, flags: c_int, fd: c_int, offset: off64_t) -> isize =
        |me| {
            // SAFETY: libc's contract.
            unsafe { map(me, Wanted { address, len, protection, flags, fd, offset }) }
        };
    /// Ends mappings; what was stored is the file's.
    fn munmap(address: *mut c_void, len: usize) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { unmap(me, address, len) }
    };
    /// Makes what was stored durable.
    fn msync(address: *mut c_void, len: usize, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { sync_memory(me, address, len, flags) }
    };
    /// Makes a mapping longer or shorter, here or elsewhere. C declares it variadic: see `syscall` in `host`.
    fn mremap(old: *mut c_void, old_len: usize, len: usize, flags: c_int, to: *mut c_void) -> isize = |me| {
        // SAFETY: libc's contract.
        unsafe { remap(me, old, old_len, len, flags, to) }
    };
}
