//! Which module of tumult-sim may import which: only those on lower floors, or its own.

use std::collections::BTreeMap;

use super::imports::{Import, imports, module, paths, words};
use super::source::{Tree, code, without_tests};
use super::table::floor_of;

/// From bottom to top; names on one floor are siblings and do not import each other.
pub(crate) const FLOORS: &[&[&str]] = &[
    &["base"],
    &["trace", "host"],
    &["kernel::task"],
    &["kernel::time"],
    &["kernel::core"],
    &["kernel::process", "kernel::net", "kernel::disk", "kernel::resources", "kernel::sites"],
    &["kernel::world"],
    &["context"],
    &["time", "task", "cpu", "mem", "process", "collections"],
    &["net", "disk"],
    &["hosted"],
    &["fault", "invariant", "journal", "body"],
    &["sim"],
    &["phase"],
    &["report"],
    &["search"],
    &["lab"],
    &["private"],
];

const SRC: &str = "tumult-sim/src/";

/// The import that goes up or sideways, the module that has no floor, the floor that has no module.
pub(crate) fn violations(tree: &Tree) -> Vec<String> {
    let files: Vec<_> = tree.rust().filter_map(|(p, t)| Some((p.strip_prefix(SRC)?, code(t)))).collect();
    let tests = test_modules(&files);
    let root = Root::of(&files);
    let mut found = vec![];
    let mut stale: Vec<&str> = FLOORS.concat();
    for (path, code) in &files {
        let here = module(path);
        if here.is_empty() || tests.iter().any(|t| here.starts_with(t)) {
            continue;
        }
        let Some(unit) = unit(&here) else {
            if here != ["kernel"] {
                found.push(format!("{SRC}{path}: its module has no floor"));
            }
            continue;
        };
        stale.retain(|name| *name != unit);
        for import in imports(&without_tests(code).0, &here) {
            if let Some(why) = root.refuses(unit, &import) {
                found.push(format!("{SRC}{path}:{}: `{}` {why}", import.line, import.path.join("::")));
            }
        }
    }
    found.extend(stale.iter().map(|name| format!("floors: there is no module `{name}`")));
    found
}

/// The unit with a floor that a path is in.
fn unit(path: &[String]) -> Option<&'static str> {
    let names = FLOORS.iter().flat_map(|row| row.iter().copied());
    names
        .filter(|name| path.iter().map(String::as_str).zip(name.split("::")).all(|(a, b)| a == b))
        .find(|name| path.len() >= name.split("::").count())
}

/// The modules that are compiled for tests only and have files of their own.
fn test_modules(files: &[(&str, String)]) -> Vec<Vec<String>> {
    let mut found = vec![];
    for (path, code) in files {
        for name in without_tests(code).1 {
            let mut here = module(path);
            here.push(name);
            found.push(here);
        }
    }
    found
}

/// What the crate's root offers: names that it takes from modules, and macros.
struct Root {
    exports: BTreeMap<String, Vec<String>>,
}

impl Root {
    fn of(files: &[(&str, String)]) -> Self {
        let mut exports = BTreeMap::new();
        for (path, code) in files {
            let here = module(path);
            for (at, word) in words(code) {
                let rest = &code[at..];
                if word == "use" && here.is_empty() {
                    exports.extend(paths(code, at + 3).into_iter().filter_map(|p| Some((p.last()?.clone(), p))));
                }
                if let Some(name) = rest.strip_prefix("macro_rules!").and_then(|r| words(r).next()) {
                    exports.insert(name.1.to_owned(), here.clone());
                }
            }
        }
        Self { exports }
    }

    /// Why a module on `from`'s floor must not import this.
    fn refuses(&self, from: &str, import: &Import) -> Option<String> {
        let first = import.path.first()?;
        let target = match first.as_str() {
            // lib.rs gives the file this name.
            "__private" => Some("private"),
            _ => unit(&import.path).or_else(|| unit(self.exports.get(first)?)),
        };
        let Some(target) = target else {
            return (*import.path != ["kernel"]).then(|| "is in no module with a floor".to_owned());
        };
        let (above, below) = (floor_of(FLOORS, from), floor_of(FLOORS, target));
        let wrong = from != target && below >= above;
        wrong.then(|| format!("is on floor {}, `{from}` on {}", below.unwrap_or_default(), above.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate with all floors, in which `path` is planted.
    fn planted(path: &str, text: &str) -> Vec<String> {
        let mut tree = Tree::default();
        for name in FLOORS.concat() {
            tree.0.insert(format!("{SRC}{}.rs", name.replace("::", "/")), String::new());
        }
        tree.0.insert(format!("{SRC}lib.rs"), "mod base; pub use base::{Time, Seed}; pub use sim::Sim;".into());
        tree.0.insert(format!("{SRC}kernel/mod.rs"), "pub(crate) mod net;".into());
        tree.0.insert(format!("{SRC}{path}"), text.into());
        violations(&tree)
    }

    #[test]
    fn an_import_from_below_passes() {
        assert!(planted("phase.rs", "use crate::sim::Sim; use crate::base::Time; use crate::Seed;").is_empty());
        assert!(planted("kernel/world.rs", "use super::net::Net; use super::core;").is_empty());
    }

    #[test]
    fn an_import_from_above_is_caught_wherever_it_stands() {
        for text in [
            "use crate::sim::Sim;",
            "use crate::{base::Time, sim::{Sim}};",
            "use crate::Sim;",
            "use crate::__private::Sim;",
            "fn f(_: &crate::sim::Sim) {}",
            "mod inner { use super::super::sim; }",
        ] {
            assert_eq!(planted("net.rs", text).len(), 1, "{text}");
        }
        assert_eq!(planted("kernel/net.rs", "use super::world::World;").len(), 1);
    }

    #[test]
    fn siblings_do_not_import_each_other() {
        assert_eq!(planted("net.rs", "use crate::disk::File;").len(), 1);
        assert_eq!(planted("kernel/net.rs", "use super::disk::Disks;").len(), 1);
    }

    #[test]
    fn comments_strings_and_tests_are_free() {
        assert!(planted("base.rs", "/// [`crate::sim::Sim`]\nconst A: &str = \"crate::sim\";").is_empty());
        assert!(planted("base.rs", "#[cfg(test)]\nmod tests { use crate::sim::Sim; }").is_empty());
        assert_eq!(planted("base/tests.rs", "use crate::sim::Sim;").len(), 1, "unless it is declared as a test");
    }

    #[test]
    fn a_module_without_a_floor_is_caught() {
        assert!(planted("attic.rs", "")[0].contains("no floor"));
        assert!(planted("phase.rs", "use crate::attic::Chest;")[0].contains("no module with a floor"));
    }

    #[test]
    fn a_floor_without_a_module_is_caught() {
        assert!(violations(&Tree::default())[0].contains("no module `base`"));
    }
}
