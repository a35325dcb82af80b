//! Who the process is: numbers of processes, threads, users and groups; the machine's name.

use std::ffi::{c_char, c_int, c_long, c_ulong};

use libc::{gid_t, pid_t, size_t, uid_t, utsname};

use super::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::identity::USER;

libc_calls! {
    /// A number of this life's own.
    fn getpid() -> pid_t = |me| Ok(me.life.pid());

    /// Whoever started it is no process of the simulation.
    fn getppid() -> pid_t = |_| Ok(1);

    /// The main thread's is the process's.
    fn gettid() -> pid_t = |me| Ok(me.life.tid(me.number));

    /// It leads a group of its own.
    fn getpgrp() -> pid_t = |me| Ok(me.life.pid());

    /// As `getpgrp`, for itself alone.
    fn getpgid(pid: pid_t) -> pid_t = |me| own(me.life.pid(), pid);

    /// It leads a session of its own.
    fn getsid(pid: pid_t) -> pid_t = |me| own(me.life.pid(), pid);

    /// It leads its group already.
    fn setsid() -> pid_t = |_| Err(Errno(libc::EPERM));

    /// The same user for all.
    fn getuid() -> uid_t = |_| Ok(USER);

    /// As `getuid`.
    fn geteuid() -> uid_t = |_| Ok(USER);

    /// The same group for all.
    fn getgid() -> gid_t = |_| Ok(USER);

    /// As `getgid`.
    fn getegid() -> gid_t = |_| Ok(USER);

    /// No other groups.
    fn getgroups(_size: c_int, _into: *mut gid_t) -> c_int = |_| Ok(0);

    /// Only to what it is.
    fn setuid(to: uid_t) -> c_int = |_| if to == USER { Ok(0) } else { Err(Errno(libc::EPERM)) };

    /// Only to what it is.
    fn setgid(to: gid_t) -> c_int = |_| if to == USER { Ok(0) } else { Err(Errno(libc::EPERM)) };

    /// Whatever the program began with, it is not privileged.
    fn getauxval(kind: c_ulong) -> c_ulong = |me| Ok(match kind {
        libc::AT_RANDOM => me.life.identity.borrow().random.as_ptr() as c_ulong,
        libc::AT_UID | libc::AT_EUID | libc::AT_GID | libc::AT_EGID => USER.into(),
        libc::AT_SECURE => 0,
        // What the processor can do, and where the loader put things, is the machine's.
        // SAFETY: it has no precondition.
        _ => unsafe { getauxval(kind) },
    });

    /// The system that is simulated, with the process's name as the machine's.
    fn uname(into: *mut utsname) -> c_int = |me| {
        if into.is_null() {
            return Err(Errno(libc::EFAULT));
        }
        // SAFETY: libc's contract; zeros are a value of it.
        let names = unsafe { into.write_bytes(0, 1); &mut *into };
        put(&mut names.sysname, "Linux");
        put(&mut names.nodename, &me.life.name());
        put(&mut names.release, "6.1.0");
        put(&mut names.version, "#1 SMP");
        put(&mut names.machine, std::env::consts::ARCH);
        put(&mut names.domainname, "(none)");
        Ok(0)
    };

    /// None.
    fn getdomainname(into: *mut c_char, len: size_t) -> c_int = |_| {
        if len == 0 {
            return Err(Errno(libc::EINVAL));
        }
        // SAFETY: libc's contract: `len` bytes can be written there.
        put(unsafe { std::slice::from_raw_parts_mut(into, len) }, "(none)");
        Ok(0)
    };

    /// The number of every machine.
    fn gethostid() -> c_long = |_| Ok::<_, Errno>(0);

    /// The process's name.
    fn gethostname(into: *mut c_char, len: size_t) -> c_int = |me| {
        let name = me.life.name();
        if len <= name.len() {
            return Err(Errno(libc::ENAMETOOLONG));
        }
        // SAFETY: libc's contract: `len` bytes can be written there.
        put(unsafe { std::slice::from_raw_parts_mut(into, len) }, &name);
        Ok(0)
    };
}

fn own(pid: pid_t, asked: pid_t) -> Result<pid_t, Errno> {
    if asked == 0 || asked == pid { Ok(pid) } else { Err(Errno(libc::ESRCH)) }
}

/// Puts a text and a zero into a field, as much of it as there is room for.
pub(super) fn put(into: &mut [c_char], text: &str) {
    let Some(room) = into.len().checked_sub(1) else { return };
    let n = room.min(text.len());
    for (to, from) in into.iter_mut().zip(&text.as_bytes()[..n]) {
        *to = *from as c_char;
    }
    into[n] = 0;
}
