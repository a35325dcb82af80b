//! `pipe`, `pipe2`.

use std::ffi::c_int;
use std::rc::Rc;

use super::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::objects::pipe::End;
use crate::hosted::thread::Thread;

libc_calls! {
    /// A new pipe.
    fn pipe(into: *mut c_int) -> c_int = |me| {
        // SAFETY: libc's contract: two numbers can be written.
        unsafe { create(me, into, 0) }
    };

    /// A new pipe.
    fn pipe2(into: *mut c_int, flags: c_int) -> c_int = |me| {
        // SAFETY: libc's contract: two numbers can be written.
        unsafe { create(me, into, flags) }
    };
}

/// # Safety
/// Two numbers can be written there.
unsafe fn create(me: &Thread, into: *mut c_int, flags: c_int) -> Result<c_int, Errno> {
    if flags & !(libc::O_CLOEXEC | libc::O_NONBLOCK | libc::O_DIRECT) != 0 {
        return Err(Errno(libc::EINVAL));
    }
    if flags & libc::O_DIRECT != 0 {
        super::refuse(me, "`pipe2` with O_DIRECT");
    }
    if into.is_null() {
        return Err(Errno(libc::EFAULT));
    }
    let (reader, writer) = End::pair(me);
    let reader = me.life.install(Rc::new(reader), libc::O_RDONLY | flags)?;
    let writer = match me.life.install(Rc::new(writer), libc::O_WRONLY | flags) {
        Ok(writer) => writer,
        Err(errno) => {
            me.life.close(reader)?;
            return Err(errno);
        }
    };
    // SAFETY: the caller's promise.
    unsafe {
        into.write(reader);
        into.add(1).write(writer);
    }
    Ok(0)
}
