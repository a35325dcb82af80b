//! The tree of files, and what of a source file is code.

use std::collections::BTreeMap;
use std::path::Path;

/// The text files of the workspace by path (`/` between, from the workspace's root).
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree(pub(crate) BTreeMap<String, String>);

impl Tree {
    /// A tree of planted files.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    /// A file's text; empty when there is none.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.0.get(path).map_or("", String::as_str)
    }

    /// The files with one of these endings.
    pub(crate) fn ending<'a>(&'a self, endings: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let ends = |path: &str| endings.iter().any(|e| path.ends_with(e));
        self.0.iter().filter(move |(path, _)| ends(path)).map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Rust files that are no fixtures: those of the compile-fail tests are written as a user would.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ending(&[".rs"]).filter(|(path, _)| !path.starts_with("tumult-macros/tests/ui/"))
    }
}

/// This workspace.
pub(crate) fn tree() -> Tree {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace");
    let mut files = BTreeMap::new();
    read(root, "", &mut files);
    Tree(files)
}

fn read(root: &Path, below: &str, files: &mut BTreeMap<String, String>) {
    const ENDINGS: [&str; 5] = [".rs", ".md", ".toml", ".json", ".ci/run"];
    let entries = std::fs::read_dir(root.join(below)).expect("a folder of the workspace can be read");
    for entry in entries {
        let entry = entry.expect("an entry can be read");
        let name = entry.file_name().into_string().expect("names of files are UTF-8");
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if entry.file_type().expect("an entry has a type").is_dir() {
            if !matches!(name.as_str(), "target" | ".git") {
                read(root, &path, files);
            }
        } else if ENDINGS.iter().any(|e| path.ends_with(e)) {
            files.insert(path, std::fs::read_to_string(entry.path()).expect("a file can be read"));
        }
    }
}

/// The source with comments, strings and character literals blanked: as long, with the same lines.
pub(crate) fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut i = 0;
    while i < bytes.len() {
        let end = literal_end(bytes, i);
        if end == i {
            // A whole word at a time, so that the `r` of `for"` or `'a` within a word begin no literal.
            i += 1;
            while is_word(bytes[i - 1]) && i < bytes.len() && is_word(bytes[i]) {
                i += 1;
            }
            continue;
        }
        out[i..end].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
        i = end;
    }
    String::from_utf8(out).expect("whole literals were blanked")
}

pub(crate) fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

/// Where the comment, string or character that begins at `i` ends; `i` when none begins there.
fn literal_end(bytes: &[u8], i: usize) -> usize {
    let rest = &bytes[i..];
    let find = |needle: &[u8], from: usize| {
        rest[from..]
            .windows(needle.len())
            .position(|w| w == needle)
            .map_or(bytes.len(), |at| i + from + at + needle.len())
    };
    let prefix = rest.iter().take_while(|b| matches!(b, b'b' | b'c' | b'r')).count().min(2);
    match rest {
        [b'/', b'/', ..] => rest.iter().position(|b| *b == b'\n').map_or(bytes.len(), |at| i + at),
        [b'/', b'*', ..] => find(b"*/", 2),
        [b'\'', b'\\', _, ..] => find(b"'", 3),
        // A character, or else the lifetime that a quote begins too.
        [b'\'', ..] => {
            let length = std::str::from_utf8(&rest[1..rest.len().min(5)]).map_or_else(
                |e| if e.valid_up_to() > 0 { 1 } else { 4 },
                |s| s.chars().next().map_or(1, char::len_utf8),
            );
            let length = if rest[1] < 0x80 { 1 } else { length };
            if rest.get(1 + length) == Some(&b'\'') { i + length + 2 } else { i }
        }
        _ if rest.get(prefix) == Some(&b'"') && !rest[..prefix].contains(&b'r') => string_end(bytes, i + prefix + 1),
        _ if prefix > 0 && rest[prefix - 1] == b'r' => {
            let hashes = rest[prefix..].iter().take_while(|b| **b == b'#').count();
            if rest.get(prefix + hashes) != Some(&b'"') {
                return i;
            }
            let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
            find(&close, prefix + hashes + 1)
        }
        _ => i,
    }
}

fn string_end(bytes: &[u8], mut i: usize) -> usize {
    while i < bytes.len() && bytes[i] != b'"' {
        i += if bytes[i] == b'\\' { 2 } else { 1 };
    }
    (i + 1).min(bytes.len())
}

/// Where the block ends whose opening brace, bracket or parenthesis is at `open`, in blanked code.
pub(crate) fn block_end(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (i, b) in code.bytes().enumerate().skip(open) {
        match b {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return i + 1;
        }
    }
    code.len()
}

/// Blanked code without what is compiled for tests only; and the modules that are, declared here without a body.
pub(crate) fn without_tests(code: &str) -> (String, Vec<String>) {
    let mut out = code.to_owned();
    let mut modules = vec![];
    let mut from = 0;
    while let Some(at) = out[from..].find("#[cfg(test)]").map(|at| from + at) {
        let item = at + "#[cfg(test)]".len();
        let end = out[item..].find(['{', ';']).map_or(out.len(), |i| item + i);
        let end = if out.as_bytes().get(end) == Some(&b'{') { block_end(&out, end) } else { (end + 1).min(out.len()) };
        let head = out[item..end].trim();
        if let Some(name) = head.strip_suffix(';').and_then(|h| h.split("mod ").nth(1)) {
            modules.push(name.trim().to_owned());
        }
        let blank: String = out[at..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        out.replace_range(at..end, &blank);
        from = at;
    }
    (out, modules)
}

/// The number of the line that `at` is in.
pub(crate) fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_lines_stay() {
        let text =
            "let a = \"x // y\\\" z\"; // w\nlet b = r#\"q\"#; let c = 'd'; fn f<'e>() {} /* g\n */ 'é' b\"h\" '\\''";
        let code = code(text);
        assert_eq!(code.len(), text.len());
        assert_eq!(code.lines().count(), text.lines().count());
        assert_eq!(code.split_whitespace().collect::<String>(), "leta=;letb=;letc=;fnf<'e>(){}");
    }

    #[test]
    fn what_is_for_tests_is_cut() {
        let text = "use a;\n#[cfg(test)]\nmod tests;\n#[cfg(test)]\nuse b;\nfn f() {}\n#[cfg(test)]\nmod m { fn g() { h() } }\nfn i() {}";
        let (code, modules) = without_tests(text);
        assert_eq!(code.split_whitespace().collect::<Vec<_>>().join(" "), "use a; fn f() {} fn i() {}");
        assert_eq!(modules, ["tests"]);
        assert_eq!(line(text, text.find("fn i").unwrap()), 9);
    }
}
