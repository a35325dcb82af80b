//! Which package may depend on which, and what all of them take from the workspace.

use super::source::Tree;
use super::table::floor_of;

/// From bottom to top; a package depends on packages of lower floors only.
pub(crate) const FLOORS: &[&[&str]] = &[
    &["tumult-macros"],
    &["tumult-sim"],
    &["tumult-invariants"],
    &["tumult-models"],
    &["tumult-failure-modes"],
    &["tumult-raft"],
    &["tumult-defects"],
    &["tumult-programs"],
    &["tumult-browser"],
    &["tumult-evidence"],
    &["tumult-tests"],
    &["tumult-query", "tumult-otlp"],
    &["cargo-tumult"],
];

/// A package's name and manifest.
fn manifests(tree: &Tree) -> Vec<(String, toml::Table)> {
    // The fuzz targets are a workspace of their own.
    let files = tree.ending(&["/Cargo.toml"]).filter(|(path, _)| !path.starts_with("fuzz/"));
    let parsed =
        files.map(|(path, text)| (path, text.parse::<toml::Table>().unwrap_or_else(|e| panic!("{path}: {e}"))));
    let name = |path: &str, table: &toml::Table| {
        let name = table.get("package").and_then(|p| p.get("name")).and_then(toml::Value::as_str);
        name.unwrap_or_else(|| panic!("{path} names no package")).to_owned()
    };
    parsed.map(|(path, table)| (name(path, &table), table)).collect()
}

/// All dependencies of a manifest, of every kind and target.
fn dependencies(table: &toml::Table) -> Vec<String> {
    let mut found = vec![];
    for (key, value) in table {
        let Some(inner) = value.as_table() else { continue };
        if key.ends_with("dependencies") {
            let named =
                inner.iter().map(|(name, dep)| dep.get("package").and_then(toml::Value::as_str).unwrap_or(name));
            found.extend(named.map(str::to_owned));
        } else if key == "target" {
            found.extend(inner.values().filter_map(toml::Value::as_table).flat_map(dependencies));
        }
    }
    found
}

/// Dependencies that go up or sideways, and packages without a floor.
pub(crate) fn floors(tree: &Tree) -> Vec<String> {
    let manifests = manifests(tree);
    let ours = |name: &str| manifests.iter().any(|m| m.0 == name);
    let mut found = vec![];
    for (name, table) in &manifests {
        let Some(floor) = floor_of(FLOORS, name) else {
            found.push(format!("the package {name} has no floor"));
            continue;
        };
        for on in dependencies(table).iter().filter(|on| ours(on) && floor_of(FLOORS, on) >= Some(floor)) {
            found.push(format!("the package {name} depends on {on}, which does not stand below it"));
        }
    }
    let missing = FLOORS.iter().flat_map(|row| row.iter()).filter(|name| !ours(name));
    found.extend(missing.map(|name| format!("floors: there is no package `{name}`")));
    found
}

/// Packages that set for themselves what is to be the same everywhere.
pub(crate) fn inherited(tree: &Tree) -> Vec<String> {
    let from_workspace = |value: Option<&toml::Value>| {
        value.and_then(|v| v.get("workspace")).and_then(toml::Value::as_bool).unwrap_or_default()
    };
    let mut found = vec![];
    for (name, table) in manifests(tree) {
        for key in ["version", "edition", "rust-version", "license"] {
            if !from_workspace(table.get("package").and_then(|p| p.get(key))) {
                found.push(format!("the package {name}: write `{key}.workspace = true`"));
            }
        }
        if !from_workspace(table.get("lints")) {
            found.push(format!("the package {name}: write `[lints] workspace = true`"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(name: &str, rest: &str) -> Tree {
        let mut tree = Tree::default();
        for n in FLOORS.concat() {
            tree.0.insert(format!("{n}/Cargo.toml"), format!("[package]\nname = \"{n}\"\n"));
        }
        tree.0.insert(format!("{name}/Cargo.toml"), format!("[package]\nname = \"{name}\"\n{rest}"));
        tree
    }

    #[test]
    fn a_dependency_on_a_lower_floor_passes() {
        let rest = "[dependencies]\ntumult-sim.workspace = true\nlibc = \"1\"\n[dev-dependencies]\ntumult-macros = {}";
        assert!(floors(&planted("tumult-models", rest)).is_empty());
    }

    #[test]
    fn a_dependency_that_goes_up_is_caught_however_it_is_written() {
        for rest in [
            "[dependencies]\ntumult-models.workspace = true",
            "[dev-dependencies]\ntumult-models = {}",
            "[build-dependencies]\nm = { package = \"tumult-models\" }",
            "[target.'cfg(unix)'.dependencies]\ntumult-models = {}",
            "[dependencies.tumult-sim]\nworkspace = true",
        ] {
            assert_eq!(floors(&planted("tumult-sim", rest)).len(), 1, "{rest}");
        }
    }

    #[test]
    fn a_package_without_a_floor_is_caught() {
        assert_eq!(floors(&planted("tumult-attic", "")), ["the package tumult-attic has no floor"]);
    }

    #[test]
    fn what_is_not_inherited_is_caught() {
        let found = inherited(&planted("tumult-sim", "version = \"1.0.0\"\nedition.workspace = true"));
        assert!(found.iter().any(|f| f.contains("tumult-sim") && f.contains("`version.")));
        assert!(!found.iter().any(|f| f.contains("tumult-sim") && f.contains("`edition.")));
        assert!(found.iter().any(|f| f.contains("tumult-sim") && f.contains("[lints]")));
    }
}
