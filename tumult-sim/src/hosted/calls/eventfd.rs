//! `eventfd`, and reads and writes of one by its own names.

use std::ffi::{c_int, c_uint};
use std::rc::Rc;

use super::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::objects::eventfd::EventFd;
use crate::hosted::thread::Thread;

libc_calls! {
    /// A new counter.
    fn eventfd(count: c_uint, flags: c_int) -> c_int = |me| create(me, count, flags);

    /// Takes the counter, or one of it.
    fn eventfd_read(fd: c_int, into: *mut u64) -> c_int = |me| {
        let open = me.life.open_at(fd)?;
        let mut bytes = [0; size_of::<u64>()];
        open.object.read(me, &mut bytes, open.how())?;
        // SAFETY: libc's contract: it can be written to.
        unsafe { into.write(u64::from_ne_bytes(bytes)) };
        Ok(0)
    };

    /// Adds to the counter.
    fn eventfd_write(fd: c_int, more: u64) -> c_int = |me| {
        let open = me.life.open_at(fd)?;
        open.object.write(me, &more.to_ne_bytes(), open.how())?;
        Ok(0)
    };
}

/// A new counter.
pub(super) fn create(me: &Thread, count: c_uint, flags: c_int) -> Result<c_int, Errno> {
    if flags & !(libc::EFD_CLOEXEC | libc::EFD_NONBLOCK | libc::EFD_SEMAPHORE) != 0 {
        return Err(Errno(libc::EINVAL));
    }
    let semaphore = flags & libc::EFD_SEMAPHORE != 0;
    // The flags are those of `open`, but for that of the semaphore.
    me.life.install(Rc::new(EventFd::new(count, semaphore)), libc::O_RDWR | flags & !libc::EFD_SEMAPHORE)
}
