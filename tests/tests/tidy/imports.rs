//! Which paths a module names: every `crate::…` and `super::…`, in a `use` or in the middle of code.

use super::source::{block_end, is_word, line};

/// A path that is named in a file, from the crate's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) line: usize,
    pub(crate) path: Vec<String>,
}

/// The module of a file below `src/`: `a/b.rs` and `a/b/mod.rs` are `[a, b]`, `lib.rs` is `[]`.
pub(crate) fn module(path: &str) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    parts
}

/// All imports of blanked code that stands in `module`. `$crate` is no import: it is for where a macro is used.
pub(crate) fn imports(code: &str, module: &[String]) -> Vec<Import> {
    let inner = inline_modules(code);
    let mut found = vec![];
    for (at, word) in words(code) {
        if !matches!(word, "crate" | "super") || follows_path(code, at) || code[..at].ends_with('$') {
            continue;
        }
        let mut here = module.to_vec();
        here.extend(inner.iter().filter(|m| m.1 < at && at < m.2).map(|m| m.0.clone()));
        let mut paths = vec![];
        parse(code, at, &[], &mut paths);
        for path in paths {
            if let Some(path) = resolve(&path, &here) {
                found.push(Import { line: line(code, at), path });
            }
        }
    }
    found
}

/// The paths of a list such as `a::{b, c::D}` that begins at `at`.
pub(crate) fn paths(code: &str, at: usize) -> Vec<Vec<String>> {
    let mut paths = vec![];
    parse(code, at, &[], &mut paths);
    paths
}

/// The words of blanked code and where they begin.
pub(crate) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = code.as_bytes();
    let begins = move |i: &usize| is_word(bytes[*i]) && (*i == 0 || !is_word(bytes[*i - 1]));
    (0..bytes.len()).filter(begins).map(move |i| (i, word(code, i)))
}

fn word(code: &str, at: usize) -> &str {
    let length = code.as_bytes()[at..].iter().take_while(|b| is_word(**b)).count();
    &code[at..at + length]
}

/// Whether the word at `at` goes on with a path that began before, such as the second `super` of `super::super`.
fn follows_path(code: &str, at: usize) -> bool {
    code[..at].trim_end().ends_with("::")
}

/// Reads a path at `at`, with its groups, and returns where it ends.
fn parse(code: &str, at: usize, before: &[String], out: &mut Vec<Vec<String>>) -> usize {
    let space = |i: usize| i + code[i..].len() - code[i..].trim_start().len();
    let mut at = space(at);
    if code[at..].starts_with('{') {
        let end = block_end(code, at);
        at = space(at + 1);
        while at < end - 1 {
            let next = parse(code, at, before, out);
            at = space(next.max(at + 1));
            if code[at..].starts_with(',') {
                at = space(at + 1);
            }
        }
        return end;
    }
    let mut path = before.to_vec();
    if code[at..].starts_with('*') {
        out.push(path);
        return at + 1;
    }
    let name = word(code, at);
    if name.is_empty() {
        out.push(path);
        return at;
    }
    path.push(name.to_owned());
    at += name.len();
    let next = space(at);
    if let Some(rest) = code[next..].strip_prefix("::") {
        let rest = rest.trim_start();
        if rest.starts_with(['{', '*']) || rest.bytes().next().is_some_and(is_word) {
            return parse(code, next + 2, &path, out);
        }
    }
    if code[next..].starts_with("as ") {
        let alias = space(next + 3);
        at = alias + word(code, alias).len();
    }
    out.push(path);
    at
}

/// From the crate's root; `None` for what leads nowhere, as `crate` alone does (`pub(crate)`).
fn resolve(path: &[String], here: &[String]) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|p| *p == "super").count();
    let rest = &path[ups.max(1)..];
    if rest.is_empty() && ups == 0 {
        return None;
    }
    let mut full = if ups == 0 { vec![] } else { here[..here.len().saturating_sub(ups)].to_vec() };
    full.extend(rest.iter().filter(|p| *p != "self").cloned());
    (path.len() > 1).then_some(full)
}

/// Modules with a body: name, where the body begins, where it ends.
fn inline_modules(code: &str) -> Vec<(String, usize, usize)> {
    let mut found = vec![];
    for (at, _) in words(code).filter(|w| w.1 == "mod") {
        let rest = code[at + 3..].trim_start();
        let begin = code.len() - rest.len();
        let name = word(code, begin);
        let after = code[begin + name.len()..].trim_start();
        if after.starts_with('{') {
            let open = code.len() - after.len();
            found.push((name.to_owned(), open, block_end(code, open)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str) -> Vec<String> {
        imports(code, &module("kernel/net/link.rs")).iter().map(|i| i.path.join("::")).collect()
    }

    #[test]
    fn files_are_modules() {
        assert_eq!(module("a/b.rs"), ["a", "b"]);
        assert_eq!(module("a/b/mod.rs"), ["a", "b"]);
        assert!(module("lib.rs").is_empty());
    }

    #[test]
    fn groups_globs_and_names_in_code_are_found() {
        assert_eq!(of("use crate::base::{Time, key::{Key, self}};"), ["base::Time", "base::key::Key", "base::key"]);
        assert_eq!(of("use crate::{trace as t, time::*};"), ["trace", "time"]);
        assert_eq!(
            of("fn f() -> crate::net::Verdict { crate::task::yield_now::<u8>() }"),
            ["net::Verdict", "task::yield_now"]
        );
    }

    #[test]
    fn super_leads_up_and_out_of_inline_modules() {
        assert_eq!(of("use super::Latency; use super::super::task::X;"), ["kernel::net::Latency", "kernel::task::X"]);
        assert_eq!(of("mod m { use super::Y; }"), ["kernel::net::link::Y"]);
    }

    #[test]
    fn visibilities_are_no_imports() {
        assert!(of("pub(crate) fn f() {} pub(super) struct S; pub(in crate) fn g() {}").is_empty());
        assert!(of("macro_rules! m { () => { $crate::task::f() } }").is_empty());
        assert_eq!(of("pub(in crate::kernel) fn h() {}"), ["kernel"]);
    }
}
