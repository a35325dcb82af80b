//! The table of environment variables: each that the code reads has a row, and each row is read somewhere.

use std::collections::BTreeSet;

use super::source::Tree;

const PAGE: &str = "docs/VARIABLES.md";
/// What tests tell their own children.
const OF_TESTS: &str = "TUMULT_TEST_";

/// Variables without a row, and rows without a variable.
pub(crate) fn violations(tree: &Tree) -> Vec<String> {
    let sources =
        tree.rust().filter(|(path, _)| path.starts_with("tumult-sim/src/") || path.starts_with("cargo-tumult/src/"));
    let read: BTreeSet<&str> = sources.flat_map(|(_, text)| named(text, '"')).collect();
    let rows: BTreeSet<&str> =
        tree.text(PAGE).lines().filter_map(|l| named(l.strip_prefix("| ")?, '`').next()).collect();
    let missing = read.difference(&rows).map(|name| format!("{PAGE}: {name} is read and has no row"));
    let idle = rows.difference(&read).map(|name| format!("{PAGE}: {name} has a row and is read nowhere"));
    missing.chain(idle).collect()
}

/// The variables that a text names right behind a quotation mark.
fn named(text: &str, mark: char) -> impl Iterator<Item = &str> {
    let pieces = text.split(mark).skip(1);
    let names = pieces.map(|piece| {
        let end = piece.find(|c: char| !(c.is_ascii_uppercase() || c == '_')).unwrap_or(piece.len());
        &piece[..end]
    });
    names
        .filter(|name| name.strip_prefix("TUMULT_").is_some_and(|rest| !rest.is_empty()) && !name.starts_with(OF_TESTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_without_a_row_and_a_row_without_a_variable_are_found() {
        let tree = Tree::of(&[
            (PAGE, "| `TUMULT_SEED=0x1` | |\n| `TUMULT_GONE` | |\n"),
            ("tumult-sim/src/a.rs", "fn f() { var(\"TUMULT_SEED\"); var(\"TUMULT_NEW\"); var(\"TUMULT_TEST_X\"); }"),
        ]);
        let found = violations(&tree);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("TUMULT_NEW is read") && found[1].contains("TUMULT_GONE has a row"), "{found:?}");
    }
}
