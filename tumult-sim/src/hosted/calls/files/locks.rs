//! Locks on files. They are advice: nobody is kept from reading and writing.

use std::ffi::{c_int, c_short};

use libc::flock64;

use crate::hosted::calls::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::files::{OpenFile, Owner, Range};
use crate::hosted::thread::Thread;
use crate::hosted::wait;

libc_calls! {
    /// The lock of an open file, which ends when the last descriptor for it is closed.
    fn flock(fd: c_int, operation: c_int) -> c_int = |me| {
        wait::interleave(me);
        let open = me.life.open_at(fd)?;
        let file = open.is::<OpenFile>(libc::EINVAL)?;
        let locks = &me.life.files.locks;
        let exclusive = match operation & !libc::LOCK_NB {
            libc::LOCK_SH => false,
            libc::LOCK_EX => true,
            libc::LOCK_UN => {
                let woken = locks.borrow_mut().release_whole(file.number);
                wait::wake_all(woken);
                return Ok(0);
            }
            _ => return Err(Errno(libc::EINVAL)),
        };
        if locks.borrow_mut().take_whole(file.ino, file.number, exclusive) {
            return Ok(0);
        }
        // A lock of another kind that it has is given up meanwhile, as Linux does.
        let woken = locks.borrow_mut().release_whole(file.number);
        wait::wake_all(woken);
        if operation & libc::LOCK_NB != 0 {
            return Err(Errno(libc::EAGAIN));
        }
        wait::until(me, "a lock on a file (flock)", None, |me| {
            let mut locks = locks.borrow_mut();
            let taken = locks.take_whole(file.ino, file.number, exclusive);
            if !taken {
                locks.wait(me.waiter());
            }
            taken.then_some(())
        });
        Ok(0)
    };

    /// Locks from the position on, as `fcntl` does.
    fn lockf(fd: c_int, command: c_int, len: libc::off64_t) -> c_int = |me| lock_from_position(me, fd, command, len);

    /// As `lockf`.
    fn lockf64(fd: c_int, command: c_int, len: libc::off64_t) -> c_int = |me| lock_from_position(me, fd, command, len);
}

fn lock_from_position(me: &Thread, fd: c_int, command: c_int, len: i64) -> Result<c_int, Errno> {
    let (command, kind) = match command {
        libc::F_LOCK => (libc::F_SETLKW, libc::F_WRLCK),
        libc::F_TLOCK => (libc::F_SETLK, libc::F_WRLCK),
        libc::F_ULOCK => (libc::F_SETLK, libc::F_UNLCK),
        libc::F_TEST => (libc::F_GETLK, libc::F_WRLCK),
        _ => return Err(Errno(libc::EINVAL)),
    };
    let (l_type, l_whence) = (kind as c_short, libc::SEEK_CUR as c_short);
    let mut lock = flock64 { l_type, l_whence, l_start: 0, l_len: len, l_pid: 0 };
    control(me, fd, command, &mut lock)?;
    let free = command != libc::F_GETLK || lock.l_type == libc::F_UNLCK as c_short;
    if free { Ok(0) } else { Err(Errno(libc::EACCES)) }
}

/// Whether `fcntl` is asked for a lock.
pub(in crate::hosted::calls) const fn is_of_locks(command: c_int) -> bool {
    matches!(
        command,
        libc::F_GETLK | libc::F_SETLK | libc::F_SETLKW | libc::F_OFD_GETLK | libc::F_OFD_SETLK | libc::F_OFD_SETLKW
    )
}

/// `fcntl` for locks of ranges.
///
/// # Errors
/// As `fcntl`.
pub(in crate::hosted::calls) fn control(
    me: &Thread,
    fd: c_int,
    command: c_int,
    lock: &mut flock64,
) -> Result<c_int, Errno> {
    let open = me.life.open_at(fd)?;
    let file = open.is::<OpenFile>(libc::EINVAL)?;
    let by_open = matches!(command, libc::F_OFD_GETLK | libc::F_OFD_SETLK | libc::F_OFD_SETLKW);
    if by_open && lock.l_pid != 0 {
        return Err(Errno(libc::EINVAL));
    }
    let owner = if by_open { Owner::Open(file.number) } else { Owner::Process };
    let range = range(me, file, lock)?;
    let wanted = match c_int::from(lock.l_type) {
        libc::F_RDLCK => Some(false),
        libc::F_WRLCK => Some(true),
        libc::F_UNLCK => None,
        _ => return Err(Errno(libc::EINVAL)),
    };
    let locks = &me.life.files.locks;
    let in_the_way =
        |exclusive: Option<bool>| exclusive.and_then(|e| locks.borrow().in_the_way(file.ino, owner, e, range));
    if matches!(command, libc::F_GETLK | libc::F_OFD_GETLK) {
        let Some(exclusive) = wanted else { return Err(Errno(libc::EINVAL)) };
        match in_the_way(Some(exclusive)) {
            None => lock.l_type = libc::F_UNLCK as c_short,
            Some(held) => {
                lock.l_type = if held.exclusive { libc::F_WRLCK } else { libc::F_RDLCK } as c_short;
                lock.l_whence = libc::SEEK_SET as c_short;
                lock.l_start = held.range.start.cast_signed();
                lock.l_len =
                    if held.range.end == u64::MAX { 0 } else { (held.range.end - held.range.start).cast_signed() };
                lock.l_pid = if held.owner == Owner::Process { me.life.pid() } else { -1 };
            }
        }
        return Ok(0);
    }
    match wanted {
        Some(true) => drop(file.writable(libc::EBADF)?),
        Some(false) => drop(file.readable()?),
        None => {}
    }
    wait::interleave(me);
    if in_the_way(wanted).is_some() {
        if matches!(command, libc::F_SETLK | libc::F_OFD_SETLK) {
            return Err(Errno(libc::EAGAIN));
        }
        wait::until(me, "a lock on a part of a file (fcntl)", None, |me| {
            if in_the_way(wanted).is_none() {
                return Some(());
            }
            locks.borrow_mut().wait(me.waiter());
            None
        });
    }
    let woken = locks.borrow_mut().set(file.ino, owner, wanted, range);
    wait::wake_all(woken);
    Ok(0)
}

/// The bytes that a lock is of.
fn range(me: &Thread, file: &OpenFile, lock: &flock64) -> Result<Range, Errno> {
    let base = match c_int::from(lock.l_whence) {
        libc::SEEK_SET => 0,
        libc::SEEK_CUR => file.seek(me, 0, libc::SEEK_CUR)?,
        libc::SEEK_END => file.len().cast_signed(),
        _ => return Err(Errno(libc::EINVAL)),
    };
    let start = base.checked_add(lock.l_start).ok_or(Errno(libc::EOVERFLOW))?;
    let (start, end) = match lock.l_len {
        0 => (start, None),
        len if len > 0 => (start, Some(start.checked_add(len).ok_or(Errno(libc::EOVERFLOW))?)),
        len => (start + len, Some(start)),
    };
    let start = u64::try_from(start).map_err(|_| Errno(libc::EINVAL))?;
    Ok(Range { start, end: end.map_or(u64::MAX, i64::cast_unsigned) })
}
