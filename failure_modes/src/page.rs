//! Pages that tests write: compared with what they should be, or written anew.

#![expect(clippy::disallowed_methods, reason = "reads and writes the page, and reads TUMULT_BLESS and CI")]

use std::path::Path;

/// Set, the test writes the file instead of comparing it.
const BLESS: &str = "TUMULT_BLESS";

/// Compares the page at `path`, from this package's folder, with what it should be; or writes it, where that is asked for.
///
/// # Panics
/// When it differs, naming the line, and the test that mends it; when it is to be written where `CI` is set.
#[track_caller]
pub(crate) fn is_fresh(path: &str, test: &str, fresh: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os(BLESS).is_some() {
        assert!(std::env::var_os("CI").is_none(), "CI compares pages and writes none: unset {BLESS}");
        std::fs::write(&file, fresh).unwrap_or_else(|e| panic!("failed to write {}: {e}", file.display()));
        return;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    if let Some(staleness) = staleness(name, test, &std::fs::read_to_string(&file).unwrap_or_default(), fresh) {
        panic!("{staleness}");
    }
}

/// What differs in a generated file, and how to mend it: by which test.
fn staleness(name: &str, test: &str, file: &str, fresh: &str) -> Option<String> {
    if file == fresh {
        return None;
    }
    let line = file.lines().zip(fresh.lines()).find(|(is, should)| is != should);
    let line = line.map_or_else(
        || format!("it has {} lines and should have {}", file.lines().count(), fresh.lines().count()),
        |(is, should)| format!("it says\n  {is}\nand should say\n  {should}"),
    );
    Some(format!("{name} is stale: {line}\nrun `{BLESS}=1 cargo test -p tumult-failure-modes {test}`"))
}

#[test]
fn a_stale_page_is_told_from_a_fresh_one() {
    let staleness = |file, fresh| staleness("INDEX.md", "index", file, fresh);
    assert_eq!(staleness("a\nb\n", "a\nb\n"), None);
    let stale = staleness("a\nINV_001 in 3 of 64\n", "a\nINV_001 in 64 of 64\n").unwrap();
    assert!(stale.contains("it says\n  INV_001 in 3 of 64\nand should say\n  INV_001 in 64 of 64"), "{stale}");
    assert!(staleness("a\n", "a\nb\n").unwrap().contains("it has 1 lines and should have 2"));
}
