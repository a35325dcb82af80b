//! Documents: the commands they name exist, the links between them lead somewhere.

use super::source::Tree;

/// The lines of a document's `sh` blocks that call cargo, in their order.
pub(crate) fn commands(page: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(|block| block.lines().map(str::trim));
    lines.filter(|l| l.starts_with("cargo ")).map(|l| l.split(" #").next().unwrap_or(l).trim().to_owned()).collect()
}

/// Commands that name a package, a test target or a subcommand that is not there.
pub(crate) fn wrong_commands(tree: &Tree) -> Vec<String> {
    const CARGO: [&str; 8] = ["test", "bench", "clippy", "doc", "fmt", "run", "nextest", "deny"];
    let mut found = vec![];
    for (path, text) in tree.ending(&[".md"]) {
        for command in commands(text) {
            let words: Vec<&str> = command.split_whitespace().collect();
            let value = |flags: &[&str]| words.windows(2).find(|w| flags.contains(&w[0])).map(|w| w[1]);
            let subcommand = words.get(1).copied().unwrap_or_default();
            let alias = format!("\n{subcommand} = ");
            if !CARGO.contains(&subcommand) && !tree.text(".cargo/config.toml").contains(&alias) {
                found.push(format!("{path}: `{command}`: cargo has no subcommand `{subcommand}` here"));
            }
            if let Some(name) = value(&["-p", "--package"]) {
                let named = |(_, text): (&str, &str)| text.contains(&format!("\nname = \"{name}\""));
                if !tree.ending(&["Cargo.toml"]).any(named) {
                    found.push(format!("{path}: `{command}`: there is no package `{name}`"));
                }
            }
            if let Some(name) = value(&["--test"]) {
                let places = [format!("/tests/{name}.rs"), format!("/tests/{name}/main.rs")];
                if !tree.0.keys().any(|p| places.iter().any(|place| p.ends_with(place))) {
                    found.push(format!("{path}: `{command}`: there is no test target `{name}`"));
                }
            }
        }
    }
    found
}

/// Rust in the README that is no piece of a file: those are compiled, and run.
pub(crate) fn code_that_is_nowhere(tree: &Tree) -> Vec<String> {
    let blocks = tree.text("README.md").split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next());
    let nowhere = blocks.filter(|block| !tree.rust().any(|(_, text)| text.contains(block)));
    nowhere.map(|block| format!("README.md shows what no file has:\n{block}")).collect()
}

/// Links to files of the tree that are not there. Anchors and other sites are not looked at.
pub(crate) fn dead_links(tree: &Tree) -> Vec<String> {
    let mut found = vec![];
    for (path, text) in tree.ending(&[".md"]) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for rest in text.split("](").skip(1) {
            let target = rest.split([')', '#']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.contains(char::is_whitespace) {
                continue;
            }
            let full = join(folder, target);
            let file = tree.0.contains_key(&full);
            let known = file || tree.0.keys().any(|p| p.starts_with(&format!("{}/", full.trim_end_matches('/'))));
            if !known && !full.starts_with("LICENSE-") {
                found.push(format!("{path}: the link to {target} leads nowhere"));
            }
        }
    }
    found
}

fn join(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Tree {
        Tree::of(&[
            ("docs/A.md", text),
            (".cargo/config.toml", "[alias]\ntumult = \"run\"\n"),
            ("a/Cargo.toml", "[package]\nname = \"tumult-a\"\n"),
            ("a/tests/b.rs", ""),
        ])
    }

    #[test]
    fn commands_that_exist_pass() {
        let right =
            "```sh\ncargo tumult run   # says so\ncargo test -p tumult-a --test b\n```\n```text\ncargo fly\n```";
        assert_eq!(commands(right), ["cargo tumult run", "cargo test -p tumult-a --test b"]);
        assert!(wrong_commands(&page(right)).is_empty());
    }

    #[test]
    fn commands_that_do_not_exist_are_caught() {
        for wrong in ["cargo fly", "cargo test -p tumult-z", "cargo test --test z"] {
            assert_eq!(wrong_commands(&page(&format!("```sh\n{wrong}\n```"))).len(), 1, "{wrong}");
        }
    }

    #[test]
    fn code_that_no_file_has_is_found() {
        let of = |readme: &str| Tree::of(&[("README.md", readme), ("a.rs", "fn a() {}\nfn b() {}\n")]);
        assert!(code_that_is_nowhere(&of("```rust\nfn b() {}\n```\n")).is_empty());
        assert_eq!(code_that_is_nowhere(&of("```rust\nfn c() {}\n```\n")).len(), 1);
    }

    #[test]
    fn links_are_followed() {
        assert!(
            dead_links(&page("[a](A.md) [b](../a/tests/b.rs) [c](https://c.example) [d](#d) [e](../a/)")).is_empty()
        );
        assert_eq!(dead_links(&page("[a](B.md) [b](../../a)")).len(), 1);
    }
}
