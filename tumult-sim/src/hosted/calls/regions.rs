//! Where the process is said to be: its time zone is UTC, its locale is C's. glibc would look both up in the environment and
//! in files of the real machine.

use std::ffi::{CStr, c_char, c_int};

use libc::{locale_t, time_t, tm};

use super::{libc_calls, refuse};
use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;

libc_calls! {
    /// As `gmtime_r`. A process that has set `TZ` to anything else than UTC is refused.
    fn localtime_r(at: *const time_t, into: *mut tm) -> *mut tm = |me| {
        only_utc(me, "`localtime_r`");
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { named(libc::gmtime_r(at, into)) })
    };

    /// As `localtime_r`, into a place that all threads share.
    fn localtime(at: *const time_t) -> *mut tm = |me| {
        only_utc(me, "`localtime`");
        // SAFETY: libc's contract.
        Ok::<_, Errno>(unsafe { named(libc::gmtime(at)) })
    };

    /// As `timegm`.
    fn mktime(fields: *mut tm) -> time_t = |me| {
        only_utc(me, "`mktime`");
        // SAFETY: libc's contract.
        unsafe {
            let at = libc::timegm(fields);
            named(fields);
            Ok::<_, Errno>(at)
        }
    };

    /// Nothing is to be looked up.
    fn tzset() = |me| {
        only_utc(me, "`tzset`");
        Ok::<_, Errno>(())
    };

    /// There is C's locale alone: the environment means that one, and no other is known.
    fn setlocale(_category: c_int, name: *const c_char) -> *mut c_char = |_| {
        Ok::<_, Errno>(if known(name) { c"C".as_ptr().cast_mut() } else { std::ptr::null_mut() })
    };

    /// As `setlocale`.
    fn newlocale(mask: c_int, name: *const c_char, base: locale_t) -> locale_t = |_| {
        if !known(name) {
            return Err(Errno(libc::ENOENT));
        }
        // SAFETY: libc's contract. glibc makes this one without a look at the machine.
        Ok(unsafe { newlocale(mask, c"C".as_ptr(), base) })
    };
}

/// Names that mean C's locale; null asks for the one in force.
fn known(name: *const c_char) -> bool {
    // SAFETY: libc's contract: null, or a text that ends with a zero.
    name.is_null()
        || matches!(unsafe { CStr::from_ptr(name) }.to_bytes(), b"" | b"C" | b"POSIX" | b"C.UTF-8" | b"C.utf8")
}

/// Fails the run unless the process's own time zone is UTC.
fn only_utc(me: &Thread, call: &str) {
    let identity = me.life.identity.borrow();
    let zone = identity.environment.get(b"TZ").map(CStr::to_bytes);
    if !matches!(zone, None | Some(b"" | b"UTC" | b"UTC0" | b":UTC" | b"Etc/UTC" | b"GMT" | b":/etc/localtime")) {
        drop(identity);
        refuse(me, &format!("{call} in another time zone than UTC (its TZ)"));
    }
}

/// glibc calls the zone of `gmtime` GMT.
///
/// # Safety
/// Null, or fields that can be written.
unsafe fn named(fields: *mut tm) -> *mut tm {
    // SAFETY: the caller's promise.
    if let Some(fields) = unsafe { fields.as_mut() } {
        fields.tm_zone = c"UTC".as_ptr();
    }
    fields
}
