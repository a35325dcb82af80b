//! The table of faults: every kind has a row, and each row names two tests that exist.

use tumult_sim::fault::FaultKind;

use super::imports::module;
use super::source::Tree;

const PAGE: &str = "docs/FAULTS.md";

/// Kinds without a row, rows without a kind, twice, or with an empty cell; tests that are not there.
pub(crate) fn violations(tree: &Tree) -> Vec<String> {
    let rows: Vec<Vec<&str>> = rows(tree.text(PAGE));
    let mut found = vec![];
    for kind in FaultKind::ALL {
        match rows.iter().filter(|r| r[0] == kind.verb()).count() {
            1 => {}
            n => found.push(format!("{PAGE}: `{kind}` has {n} rows; it has one")),
        }
    }
    for row in &rows {
        let kind = row[0];
        if FaultKind::of_verb(kind).is_none() {
            found.push(format!("{PAGE}: `{kind}` is no kind of fault"));
        }
        let [_, does, never, effect, limit] = row[..] else {
            found.push(format!("{PAGE}: the row of `{kind}` has {} cells; it has five", row.len()));
            continue;
        };
        if does.is_empty() || never.is_empty() {
            found.push(format!("{PAGE}: the row of `{kind}` leaves a cell empty"));
        }
        if effect == limit {
            found.push(format!("{PAGE}: `{kind}` shows its effect and its limit by one test; each has its own"));
        }
        for test in [effect, limit].into_iter().filter(|test| !exists(tree, test.trim_matches('`'))) {
            found.push(format!("{PAGE}: `{kind}`: there is no test {test}"));
        }
    }
    found
}

fn rows(page: &str) -> Vec<Vec<&str>> {
    let lines = page.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| kind "));
    lines.map(|l| l.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// Whether a path in `tumult-sim`, or of a test of the whole, names a function under `#[test]`, which may stand in a
/// `tests` module of its file, or in a file of the folder `tests` beside it.
pub(crate) fn exists(tree: &Tree, path: &str) -> bool {
    let Some((place, name)) = path.rsplit_once("::") else { return false };
    let declared = format!("fn {name}(");
    tree.rust().any(|(file, text)| {
        let Some(file) = file.strip_prefix("tumult-sim/src/").or_else(|| file.strip_prefix("tests/tests/")) else {
            return false;
        };
        let here = module(file).join("::");
        let beside = here.rsplit_once("::tests::").map(|(above, name)| format!("{above}::{name}::tests"));
        (here == place || format!("{here}::tests") == place || beside.is_some_and(|beside| beside == place))
            && text.match_indices(&declared).any(|(at, _)| is_test(&text[..at]))
    })
}

/// Whether what stands before a function makes a test of it: the attributes and comments right above.
fn is_test(before: &str) -> bool {
    let above = before.lines().rev().skip(usize::from(!before.ends_with('\n')));
    above
        .take_while(|l| !l.trim().is_empty() && !l.trim().ends_with('}'))
        .any(|l| l.trim().starts_with("#[test]") || l.trim().starts_with("#[tumult_sim::test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(change: impl Fn(&str) -> String) -> Vec<String> {
        let mut tree = super::super::source::tree();
        let page = change(tree.text(PAGE));
        tree.0.insert(PAGE.to_owned(), page);
        violations(&tree)
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(planted(str::to_owned).is_empty());
        let without = planted(|page| page.lines().filter(|l| !l.starts_with("| kill ")).collect::<Vec<_>>().join("\n"));
        assert_eq!(without, [format!("{PAGE}: `kill` has 0 rows; it has one")]);
        let stranger = planted(|page| page.replace("| kill |", "| explode |"));
        assert!(stranger.contains(&format!("{PAGE}: `explode` is no kind of fault")), "{stranger:?}");
        let gone = planted(|page| page.replace("::a_kill_never_takes_what_was_written", "::a_kill_never_was"));
        assert!(gone.len() == 1 && gone[0].contains("there is no test"), "{gone:?}");
        let no_test = planted(|page| page.replace("::a_kill_never_takes_what_was_written", "::run"));
        assert!(no_test.len() == 1 && no_test[0].contains("there is no test"), "{no_test:?}");
    }
}
