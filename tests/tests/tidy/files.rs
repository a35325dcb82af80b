//! Sizes, headers, marks of unfinished work, and lints that are allowed without a reason.

use super::source::{Tree, block_end, code, line};

/// Lines that a file had better not exceed.
pub(crate) const WISHED: usize = 300;
/// Lines that no file exceeds.
pub(crate) const LIMIT: usize = 500;

/// Files of more than `limit` lines.
pub(crate) fn long(tree: &Tree, limit: usize) -> Vec<String> {
    let counted = tree.rust().map(|(path, text)| (text.lines().count(), path));
    counted.filter(|(lines, _)| *lines > limit).map(|(lines, path)| format!("{path}: {lines} lines")).collect()
}

/// Files that do not begin by saying their job.
pub(crate) fn without_header(tree: &Tree) -> Vec<String> {
    let silent = tree.rust().filter(|(_, text)| !text.starts_with("//! "));
    silent.map(|(path, _)| format!("{path}: begin with a line `//! …` that says its job")).collect()
}

/// Marks of unfinished work. Written in two halves, since this file is looked at too.
const MARKS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("dbg", "!("),
    concat!("```", "ignore"),
    concat!("T", "BD"),
];

/// Files with such a mark, comments and documents included.
pub(crate) fn marks(tree: &Tree) -> Vec<String> {
    let mut found = vec![];
    for (path, text) in &tree.0 {
        for (number, text) in text.lines().enumerate() {
            for mark in MARKS.iter().filter(|m| text.contains(**m)) {
                found.push(format!("{path}:{}: `{mark}`", number + 1));
            }
        }
    }
    found
}

/// Lints that are allowed or expected without `reason = "…"`, but for the code that macros emit; and tests that are
/// ignored without a reason.
pub(crate) fn allowed_without_reason(tree: &Tree) -> Vec<String> {
    let mut found = vec![];
    for (path, text) in tree.rust() {
        let mut code = code(text);
        for quoting in ["quote! {", "quote_spanned! {", "parse_quote! {", "macro_rules!"] {
            while let Some(at) = code.find(quoting) {
                let open = code[at..].find('{').map_or(code.len(), |i| at + i);
                let end = block_end(&code, open);
                let blank: String = code[at..end].chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
                code.replace_range(at..end, &blank);
            }
        }
        for attribute in ["#[allow(", "#![allow(", "#[expect(", "#![expect("] {
            for (at, _) in code.match_indices(attribute) {
                let end = block_end(&code, at + attribute.len() - 1);
                if !code[at..end].contains("reason =") {
                    found.push(format!("{path}:{}: say why by `reason = \"…\"`", line(&code, at)));
                }
            }
        }
        let ignored = code.match_indices("#[ignore]");
        found.extend(ignored.map(|(at, _)| format!("{path}:{}: say why by `#[ignore = \"…\"]`", line(&code, at))));
    }
    found
}

/// Bans of clippy.toml that do not say what to use instead.
pub(crate) fn bans_without_replacement(clippy: &str) -> Vec<String> {
    let table: toml::Table = clippy.parse().expect("clippy.toml is TOML");
    let mut found = vec![];
    for list in ["disallowed-methods", "disallowed-types"] {
        let Some(bans) = table.get(list).and_then(toml::Value::as_array).filter(|bans| !bans.is_empty()) else {
            found.push(format!("clippy.toml: no {list}"));
            continue;
        };
        for ban in bans {
            let reason = ban.get("reason").and_then(toml::Value::as_str).unwrap_or_default();
            if !["use ", "take ", "await "].iter().any(|verb| reason.contains(verb)) {
                found.push(format!("clippy.toml: the reason of {ban} names no replacement"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_found_and_a_short_one_is_not() {
        let tree = Tree::of(&[("a.rs", &"\n".repeat(LIMIT + 1)), ("b.rs", &"\n".repeat(LIMIT))]);
        assert_eq!(long(&tree, LIMIT), ["a.rs: 501 lines"]);
    }

    #[test]
    fn a_file_without_a_header_is_found() {
        let tree =
            Tree::of(&[("a.rs", "use b;\n"), ("b.rs", "//! Says its job.\n"), ("tumult-macros/tests/ui/c.rs", "")]);
        assert_eq!(without_header(&tree).len(), 1);
    }

    #[test]
    fn every_mark_is_found() {
        for mark in MARKS {
            assert_eq!(marks(&Tree::of(&[("a.md", &format!("a\n{mark}b"))])).len(), 1, "{mark}");
        }
        assert!(marks(&Tree::of(&[("a.md", "what is left to do")])).is_empty());
    }

    #[test]
    fn a_lint_is_not_allowed_without_a_reason() {
        let bad = "#[allow(dead_code)]\nfn f() {}\n#![expect(unused)]";
        assert_eq!(allowed_without_reason(&Tree::of(&[("a.rs", bad)])).len(), 2);
        assert_eq!(allowed_without_reason(&Tree::of(&[("a.rs", "#[test]\n#[ignore]\nfn f() {}")])).len(), 1);
        let good =
            "#[ignore = \"why\"] #[allow(dead_code, reason = \"why\")] fn f() -> T { quote! { #[allow(unused)] x } }";
        assert!(allowed_without_reason(&Tree::of(&[("a.rs", good)])).is_empty());
    }

    #[test]
    fn a_ban_without_a_replacement_is_found() {
        let clippy = "disallowed-methods = [{ path = \"a\", reason = \"no\" }, { path = \"b\", reason = \"use c\" }]";
        assert_eq!(bans_without_replacement(clippy).len(), 2, "one ban, and the list of types is missing");
    }
}
