//! Numbers of invariants and failure modes: each once, without gaps in its hundred, declared where its number says.

use std::collections::BTreeMap;

use super::source::{Tree, line};

/// A kind of thing that is numbered.
pub(crate) struct Numbered {
    prefix: &'static str,
    attribute: &'static str,
    below: &'static str,
}

pub(crate) const INVARIANTS: Numbered = Numbered { prefix: "INV_", attribute: "#[invariant(", below: "invariants/" };
pub(crate) const FAILURE_MODES: Numbered =
    Numbered { prefix: "FM_", attribute: "#[failure_mode(", below: "failure_modes/" };

/// What is wrong with the numbers of this kind. Each system has a hundred of its own: 001 on, 101 on.
pub(crate) fn violations(tree: &Tree, kind: &Numbered) -> Vec<String> {
    let declared = declarations(tree, kind);
    let mut found = vec![];
    for (number, places) in &declared {
        let id = format!("{}{number:03}", kind.prefix);
        if places.len() > 1 {
            found.push(format!("{id} is declared {} times: {}", places.len(), places.join(", ")));
        }
        if number % 100 == 0 || (number % 100 > 1 && !declared.contains_key(&(number - 1))) {
            found.push(format!("{id}: the number before it is not declared"));
        }
        for place in places.iter().filter(|p| numbers_in(p, kind) != [*number]) {
            found.push(format!("{place}: {id} belongs into a file or folder named {}", id.to_lowercase()));
        }
    }
    for (path, _) in tree.0.iter().filter(|(path, _)| path.starts_with(kind.below)) {
        for number in numbers_in(path, kind).into_iter().filter(|n| !declared.contains_key(n)) {
            found.push(format!("{path}: {}{number:03} is not declared", kind.prefix));
        }
    }
    found
}

/// Where each number is declared, by an attribute that begins a line.
fn declarations(tree: &Tree, kind: &Numbered) -> BTreeMap<u32, Vec<String>> {
    let mut declared: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let opening = format!("id = \"{}", kind.prefix);
    for (path, text) in tree.rust().filter(|(path, _)| path.starts_with(kind.below)) {
        for (at, _) in text.match_indices(kind.attribute).filter(|(at, _)| text[..*at].ends_with(['\n', '}', ' '])) {
            let attribute = &text[at..text[at..].find(")]").map_or(text.len(), |end| at + end)];
            if text[..at].lines().last().is_some_and(|l| l.trim_start().starts_with("//"))
                && !text[..at].ends_with('\n')
            {
                continue;
            }
            let digits = attribute.split(&opening).nth(1).and_then(|rest| rest.split('"').next());
            if let Some(number) = digits.and_then(|d| d.parse().ok()) {
                declared.entry(number).or_default().push(format!("{path}:{}", line(text, at)));
            }
        }
    }
    declared
}

/// The numbers in a path's names, such as `fm_001_retry` or `inv_001.rs`.
fn numbers_in(path: &str, kind: &Numbered) -> Vec<u32> {
    let prefix = kind.prefix.to_lowercase();
    let number = |name: &str| name.strip_prefix(&prefix)?.get(..3)?.parse().ok();
    let mut numbers: Vec<u32> = path.split('/').filter_map(number).collect();
    numbers.dedup();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Vec<String> {
        let text = |id: &str| format!("//! A.\n\n#[failure_mode(\n    id = \"{id}\", seeds = 1)]\nfn f() {{}}\n");
        let files: Vec<(String, String)> = files.iter().map(|(p, id)| ((*p).to_owned(), text(id))).collect();
        violations(&Tree(files.into_iter().collect()), &FAILURE_MODES)
    }

    #[test]
    fn numbers_without_gaps_in_their_places_pass() {
        let right = [
            ("failure_modes/src/fm_001_a/mod.rs", "FM_001"),
            ("failure_modes/src/fm_002.rs", "FM_002"),
            ("failure_modes/src/fm_101_b/mod.rs", "FM_101"),
        ];
        assert_eq!(of(&right), Vec::<String>::new());
    }

    #[test]
    fn a_gap_is_caught() {
        assert!(of(&[("failure_modes/src/fm_002_a.rs", "FM_002")])[0].contains("before it"));
    }

    #[test]
    fn a_number_taken_twice_is_caught() {
        let twice = [("failure_modes/src/fm_001_a.rs", "FM_001"), ("failure_modes/src/fm_001_b.rs", "FM_001")];
        assert!(of(&twice)[0].contains("2 times"));
    }

    #[test]
    fn a_number_in_the_wrong_place_is_caught() {
        let wrong = of(&[("failure_modes/src/fm_007_a.rs", "FM_001")]);
        assert!(wrong[0].contains("belongs into") && wrong[1].contains("not declared"), "{wrong:?}");
        assert!(of(&[("failure_modes/src/attic.rs", "FM_001")])[0].contains("belongs into"));
    }
}
