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
pub(super) use open::{open_named, temporary_file};

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

#[cfg(test)]
mod tests {
    /// Each function has a row in the documentation, and the test named there exists.
    #[test]
    fn the_documentation_has_every_function_with_its_test() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let read = |path: &str| std::fs::read_to_string(format!("{root}/{path}")).unwrap();
        let documentation = read("docs/HOSTING.md");
        for (name, _) in super::defined() {
            let start = format!("| `{}` |", name.to_string_lossy());
            let row = documentation.lines().find(|line| line.starts_with(&start));
            let row = row.unwrap_or_else(|| panic!("docs/HOSTING.md has no row {start}"));
            let test = row.trim_end_matches([' ', '|', '`']).rsplit('`').next().unwrap();
            let (file, function) = test.strip_prefix("files::").unwrap().split_once("::").unwrap();
            let code = read(&format!("tests/tests/hosted/files/{file}.rs"));
            assert!(code.contains(&format!("fn {function}(")), "docs/HOSTING.md names a test that is not: {test}");
        }
    }
}
