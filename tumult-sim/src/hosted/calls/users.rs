//! Users and groups: there is the one that every process runs as, and no file of the real machine is read for another.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;

use libc::{gid_t, group, passwd, size_t, uid_t};

use super::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::identity::USER;

const NAME: &CStr = c"user";

libc_calls! {
    /// The process's own user; no other is known.
    fn getpwuid_r(
        user: uid_t, into: *mut passwd, _room: *mut c_char, _len: size_t, found: *mut *mut passwd
    ) -> c_int = |_| {
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { tell(user == USER, entry(), into, found) })
    };

    /// As `getpwuid_r`, by name.
    fn getpwnam_r(
        name: *const c_char, into: *mut passwd, _room: *mut c_char, _len: size_t, found: *mut *mut passwd
    ) -> c_int = |_| {
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { tell(CStr::from_ptr(name) == NAME, entry(), into, found) })
    };

    /// The process's own group; no other is known.
    fn getgrgid_r(
        number: gid_t, into: *mut group, _room: *mut c_char, _len: size_t, found: *mut *mut group
    ) -> c_int = |_| {
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { tell(number == USER, entry_of_group(), into, found) })
    };

    /// As `getgrgid_r`, by name.
    fn getgrnam_r(
        name: *const c_char, into: *mut group, _room: *mut c_char, _len: size_t, found: *mut *mut group
    ) -> c_int = |_| {
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { tell(CStr::from_ptr(name) == NAME, entry_of_group(), into, found) })
    };

    /// All three are the same.
    fn getresuid(real: *mut uid_t, effective: *mut uid_t, saved: *mut uid_t) -> c_int = |_| {
        // SAFETY: libc's contract.
        unsafe {
            real.write(USER);
            effective.write(USER);
            saved.write(USER);
        }
        Ok::<_, Errno>(0)
    };

    /// As `getresuid`.
    fn getresgid(real: *mut gid_t, effective: *mut gid_t, saved: *mut gid_t) -> c_int = |_| {
        // SAFETY: libc's contract.
        unsafe {
            real.write(USER);
            effective.write(USER);
            saved.write(USER);
        }
        Ok::<_, Errno>(0)
    };

    /// Nobody logged in.
    fn getlogin_r(_into: *mut c_char, _len: size_t) -> c_int = |_| Ok::<_, Errno>(libc::ENXIO);
}

/// The texts of an entry are constants, which need no room.
fn entry() -> passwd {
    let text = |text: &'static CStr| text.as_ptr().cast_mut();
    passwd {
        pw_name: text(NAME),
        pw_passwd: text(c"x"),
        pw_uid: USER,
        pw_gid: USER,
        pw_gecos: text(c""),
        pw_dir: text(c"/root"),
        pw_shell: text(c"/bin/sh"),
    }
}

fn entry_of_group() -> group {
    /// A list without members.
    struct NoMembers([*mut c_char; 1]);
    // SAFETY: nobody writes to it.
    unsafe impl Sync for NoMembers {}
    static NOBODY: NoMembers = NoMembers([ptr::null_mut()]);
    group {
        gr_name: NAME.as_ptr().cast_mut(),
        gr_passwd: c"x".as_ptr().cast_mut(),
        gr_gid: USER,
        gr_mem: NOBODY.0.as_ptr().cast_mut(),
    }
}

/// # Safety
/// Both can be written.
unsafe fn tell<T>(is_known: bool, entry: T, into: *mut T, found: *mut *mut T) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        if is_known {
            into.write(entry);
        }
        found.write(if is_known { into } else { ptr::null_mut() });
    }
    0
}
