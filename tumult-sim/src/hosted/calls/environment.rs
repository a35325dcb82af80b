//! The environment of a process: its own, and the same on every machine.
//!
//! `environ`, which std's `env::vars` and C code read directly, is a variable of the whole program. It is the process's own
//! in isolated runs; elsewhere it stays the real one, since other threads read it.

use std::ffi::{CStr, CString, c_char, c_int};

use super::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;

libc_calls! {
    /// A variable of the process's own environment.
    fn getenv(name: *const c_char) -> *mut c_char = |me| Ok(find(me, name));

    /// As `getenv`: no process is privileged.
    fn secure_getenv(name: *const c_char) -> *mut c_char = |me| Ok(find(me, name));

    /// Sets a variable.
    fn setenv(name: *const c_char, value: *const c_char, overwrite: c_int) -> c_int = |me| {
        let name = name_of(name)?;
        let environment = &mut me.life.identity.borrow_mut().environment;
        if overwrite != 0 || environment.get(name).is_none() {
            // SAFETY: libc's contract.
            environment.set(name, unsafe { CStr::from_ptr(value) }.to_owned());
            environment.show();
        }
        Ok(0)
    };

    /// Takes a variable away.
    fn unsetenv(name: *const c_char) -> c_int = |me| {
        let environment = &mut me.life.identity.borrow_mut().environment;
        environment.unset(name_of(name)?);
        environment.show();
        Ok(0)
    };

    /// Sets a variable to a copy of what is given: later changes of the text change nothing.
    fn putenv(text: *mut c_char) -> c_int = |me| {
        // SAFETY: libc's contract.
        let text = unsafe { CStr::from_ptr(text) }.to_bytes();
        let environment = &mut me.life.identity.borrow_mut().environment;
        match text.iter().position(|byte| *byte == b'=') {
            Some(at) => environment.set(&text[..at], CString::new(&text[at + 1..]).unwrap_or_default()),
            None => environment.unset(text),
        }
        environment.show();
        Ok(0)
    };

    /// Takes all away.
    fn clearenv() -> c_int = |me| {
        let environment = &mut me.life.identity.borrow_mut().environment;
        environment.clear();
        environment.show();
        Ok(0)
    };
}

fn find(me: &Thread, name: *const c_char) -> *mut c_char {
    // SAFETY: libc's contract.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    let identity = me.life.identity.borrow();
    identity.environment.get(name).map_or(std::ptr::null_mut(), |value| value.as_ptr().cast_mut())
}

/// A name that a variable may have.
fn name_of<'a>(name: *const c_char) -> Result<&'a [u8], Errno> {
    if name.is_null() {
        return Err(Errno(libc::EINVAL));
    }
    // SAFETY: libc's contract.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    if name.is_empty() || name.contains(&b'=') { Err(Errno(libc::EINVAL)) } else { Ok(name) }
}
