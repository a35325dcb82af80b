//! Files: open ones, names, metadata, directories, locks.

mod attributes;
mod by_number;
mod copy;
mod current;
mod directories;
mod io;
pub(super) mod locks;
mod maps;
mod names;
mod open;
mod stats;

use std::ffi::{CStr, c_void};

pub(super) use by_number::system_call;

/// The functions of all these groups.
pub(super) fn defined() -> Vec<(&'static CStr, *const c_void)> {
    [
        attributes::defined(),
        copy::defined(),
        current::defined(),
        directories::defined(),
        io::defined(),
        maps::defined(),
        locks::defined(),
        names::defined(),
        open::defined(),
        stats::defined(),
    ]
    .concat()
}
