//! The table of leaks: each row names a test that exists, and each test of leaks stands in a row.

use super::faults::exists;
use super::source::Tree;

const PAGE: &str = "docs/HOSTING.md";
const SECTION: &str = "\n## Leaks tried and closed\n";
/// Where the tests are that have no other purpose.
const TESTS: &str = "tests/tests/hosted/leaks/mod.rs";

/// Rows with an empty cell, without a test or with one that is not there; tests that no row names.
pub(crate) fn violations(tree: &Tree) -> Vec<String> {
    let page = tree.text(PAGE);
    let section = page.split_once(SECTION).map_or("", |(_, rest)| rest.split("\n## ").next().unwrap_or(rest));
    let rows = section.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| what could leak "));
    let rows: Vec<Vec<&str>> = rows.map(|l| l.trim_matches('|').split(" | ").map(str::trim).collect()).collect();
    let mut found = vec![];
    if rows.is_empty() {
        found.push(format!("{PAGE}: there is no table of leaks"));
    }
    for row in &rows {
        let [what, how, closed, tests] = row[..] else {
            found.push(format!("{PAGE}: the row of `{}` has {} cells; it has four", row[0], row.len()));
            continue;
        };
        if [what, how, closed].iter().any(|cell| cell.is_empty()) {
            found.push(format!("{PAGE}: the row of {what} leaves a cell empty"));
        }
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            found.push(format!("{PAGE}: the row of {what} names no test"));
        }
        let gone = named.iter().filter(|test| !exists(tree, test));
        found.extend(gone.map(|test| format!("{PAGE}: {what}: there is no test {test}")));
    }
    let tests = tree.text(TESTS).split("#[test]\nfn ").skip(1).filter_map(|rest| rest.split('(').next());
    let nowhere = tests.filter(|test| !section.contains(&format!("`hosted::leaks::{test}`")));
    found.extend(nowhere.map(|test| format!("{PAGE}: no row names the test hosted::leaks::{test}")));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(from: &str, to: &str) -> Vec<String> {
        let mut tree = super::super::source::tree();
        let page = tree.text(PAGE).replace(from, to);
        tree.0.insert(PAGE.to_owned(), page);
        violations(&tree)
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(planted("", "").is_empty());
        let gone = planted("`hosted::leaks::clocks`", "`hosted::leaks::no_clocks`");
        assert_eq!(gone.len(), 2, "{gone:?}");
        assert!(gone[0].contains("there is no test") && gone[1].contains("no row names the test"), "{gone:?}");
        assert!(planted("## Leaks tried and closed", "## Leaks")[0].contains("no table"));
    }
}
