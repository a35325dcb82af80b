//! Which packages are here, and which of them are to run.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::cargo;
use crate::error::Error;

/// The package that whoever has tests of tumult depends on.
const LIBRARY: &str = "tumult-sim";

/// What `cargo metadata` says, as far as it matters.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    packages: Vec<Package>,
    #[serde(default, rename = "workspace_default_members")]
    default_members: Vec<String>,
    #[serde(rename = "workspace_root")]
    root: PathBuf,
    target_directory: PathBuf,
    #[serde(default)]
    metadata: Option<serde_json::Value>,
}

/// A package of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    id: String,
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// Where the tests of the workspace here leave their artifacts: the folder that `TUMULT_OUT` names, or one in the target
/// folder. Where it is named, there need be no workspace.
pub(crate) fn artifacts() -> Result<PathBuf, Error> {
    match std::env::var_os("TUMULT_OUT").filter(|out| !out.is_empty()) {
        Some(out) => Ok(PathBuf::from(out)),
        None => Ok(Workspace::here()?.0.artifacts()),
    }
}

impl Workspace {
    /// The workspace of the current folder, and the manifest that is nearest to it.
    pub(crate) fn here() -> Result<(Self, PathBuf), Error> {
        let manifest = cargo::ask(&["locate-project", "--message-format=plain"])?;
        let json = cargo::ask(&["metadata", "--no-deps", "--format-version=1"])?;
        Ok((Self::read(&json)?, manifest.into()))
    }

    fn read(json: &str) -> Result<Self, Error> {
        serde_json::from_str(json).map_err(|e| {
            Error::new(format!(
                "read what `cargo metadata` says: {e}; use cargo 1.71 or later, or a later cargo-tumult"
            ))
        })
    }

    /// Where the tests leave their artifacts, unless `TUMULT_OUT` names another folder.
    pub(crate) fn artifacts(&self) -> PathBuf {
        self.target_directory.join("tumult")
    }

    /// Where the tests leave their artifacts: the folder that `TUMULT_OUT` names, or one in the target folder.
    pub(crate) fn out(&self) -> Result<PathBuf, Error> {
        match std::env::var_os("TUMULT_OUT").filter(|out| !out.is_empty()) {
            Some(out) => std::path::absolute(&out)
                .map_err(|e| Error::new(format!("use TUMULT_OUT=`{}`: {e}", PathBuf::from(out).display()))),
            None => Ok(self.artifacts()),
        }
    }

    /// The names of the packages to run: those that are asked for, or the one of `manifest`, or from the workspace's
    /// root those that it names in its metadata, or else its default members that use tumult-sim.
    pub(crate) fn select(&self, manifest: &Path, asked: &[String]) -> Result<Vec<String>, Error> {
        if !asked.is_empty() {
            return asked.iter().map(|name| self.member(name, "`--package`")).collect();
        }
        let root = self.root.join("Cargo.toml");
        let named = if manifest == root { self.named()? } else { None };
        if let Some(named) = named {
            let place = format!("`[workspace.metadata.tumult] packages` in {}", root.display());
            return named.iter().map(|name| self.member(name, &place)).collect();
        }
        let here = self.packages.iter().find(|p| p.manifest_path == manifest);
        let candidates: Vec<&Package> = match here {
            Some(package) => vec![package],
            None => self.packages.iter().filter(|p| self.default_members.contains(&p.id)).collect(),
        };
        let uses = |p: &&Package| p.name == LIBRARY || p.dependencies.iter().any(|d| d.name == LIBRARY);
        let mut selected: Vec<String> = candidates.into_iter().filter(uses).map(|p| p.name.clone()).collect();
        selected.sort();
        if selected.is_empty() {
            return Err(Error::new(format!(
                "find tests of tumult: nothing in {} depends on {LIBRARY}; add it with `cargo add --dev {LIBRARY}`, or \
                 name a package of the workspace with `--package`",
                manifest.display()
            )));
        }
        Ok(selected)
    }

    /// What the workspace's manifest names.
    fn named(&self) -> Result<Option<Vec<String>>, Error> {
        let Some(packages) = self.metadata.as_ref().and_then(|m| m.get("tumult")).and_then(|t| t.get("packages"))
        else {
            return Ok(None);
        };
        serde_json::from_value(packages.clone()).map(Some).map_err(|_| {
            Error::new(format!(
                "read `[workspace.metadata.tumult] packages` in {}: it is {packages}; write a list of names, as \
                 [\"failure-modes\"]",
                self.root.join("Cargo.toml").display()
            ))
        })
    }

    fn member(&self, name: &str, place: &str) -> Result<String, Error> {
        self.package(name).map(|p| p.name.clone()).ok_or_else(|| {
            let names: Vec<&str> = self.packages.iter().map(|p| &*p.name).collect();
            Error::new(format!("find the package `{name}` of {place}: this workspace has {}", names.join(", ")))
        })
    }

    /// A package by its name.
    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|p| p.name == name)
    }
}

impl Package {
    /// Its folder.
    pub(crate) fn root(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    /// The arguments by which `cargo test` runs this crate of the package alone; none if several have its name. `None`
    /// when no crate has.
    pub(crate) fn target_arguments(&self, krate: &str) -> Option<Vec<String>> {
        let is_it = |t: &&Target| t.name.replace('-', "_") == krate;
        let mut found = self.targets.iter().filter(is_it).filter_map(|t| {
            let kind = |k: &str| t.kind.iter().any(|have| have == k);
            let named = |option: &str| vec![option.to_owned(), t.name.clone()];
            match () {
                () if kind("test") => Some(named("--test")),
                () if kind("bin") => Some(named("--bin")),
                () if kind("example") => Some(named("--example")),
                () if kind("bench") => Some(named("--bench")),
                () if kind("custom-build") => None,
                // `lib`, `rlib`, `cdylib`, `proc-macro`, …
                () => Some(vec!["--lib".to_owned()]),
            }
        });
        let first = found.next()?;
        Some(if found.next().is_some() { vec![] } else { first })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A workspace with `kv` that uses the library, `web` that does not and `old`, which is no default member.
    pub(crate) fn workspace(metadata: &str) -> Workspace {
        let package = |name: &str, dependency: &str| {
            format!(
                r#"{{ "id": "{name}#1", "name": "{name}", "manifest_path": "/w/{name}/Cargo.toml",
                    "dependencies": [{{ "name": "{dependency}", "kind": "dev" }}],
                    "targets": [{{ "name": "{name}", "kind": ["lib"] }}, {{ "name": "crash-deep", "kind": ["test"] }},
                        {{ "name": "tool", "kind": ["bin"] }}, {{ "name": "tool", "kind": ["test"] }}] }}"#
            )
        };
        let json = format!(
            r#"{{ "packages": [{}, {}, {}], "workspace_default_members": ["kv#1", "web#1"], "workspace_root": "/w",
                "target_directory": "/w/target", "metadata": {metadata} }}"#,
            package("kv", "tumult-sim"),
            package("web", "serde"),
            package("old", "tumult-sim"),
        );
        Workspace::read(&json).unwrap()
    }

    /// A workspace with these packages.
    pub(crate) fn workspace_of(names: &[&str]) -> Workspace {
        let mut workspace = workspace("null");
        let template = workspace.packages.remove(0);
        let named = |name: &&str| Package {
            name: (*name).to_owned(),
            id: (*name).to_owned(),
            manifest_path: template.manifest_path.clone(),
            dependencies: vec![],
            targets: vec![],
        };
        workspace.packages = names.iter().map(named).collect();
        workspace
    }

    fn select(metadata: &str, manifest: &str, asked: &[&str]) -> Result<Vec<String>, String> {
        let asked: Vec<String> = asked.iter().map(|&s| s.to_owned()).collect();
        workspace(metadata).select(Path::new(manifest), &asked).map_err(|e| e.to_string())
    }

    #[test]
    fn from_the_root_the_default_members_that_use_the_library_run() {
        assert_eq!(select("null", "/w/Cargo.toml", &[]).unwrap(), ["kv"]);
        assert_eq!(select(r#"{ "other": 1 }"#, "/w/Cargo.toml", &[]).unwrap(), ["kv"]);
    }

    #[test]
    fn the_workspace_can_name_what_runs_from_its_root() {
        let named = r#"{ "tumult": { "packages": ["old"] } }"#;
        assert_eq!(select(named, "/w/Cargo.toml", &[]).unwrap(), ["old"]);
        assert_eq!(select(named, "/w/kv/Cargo.toml", &[]).unwrap(), ["kv"]);
        assert_eq!(select(named, "/w/Cargo.toml", &["kv", "web"]).unwrap(), ["kv", "web"]);
    }

    #[test]
    fn from_a_package_that_package_runs() {
        assert_eq!(select("null", "/w/old/Cargo.toml", &[]).unwrap(), ["old"]);
        let message = select("null", "/w/web/Cargo.toml", &[]).unwrap_err();
        assert!(message.contains("/w/web/Cargo.toml") && message.contains("cargo add --dev tumult-sim"), "{message}");
    }

    #[test]
    fn names_that_are_wrong_are_named_with_those_that_are_right() {
        let message = select("null", "/w/Cargo.toml", &["kw"]).unwrap_err();
        assert_eq!(message, "failed to find the package `kw` of `--package`: this workspace has kv, web, old");
        let message = select(r#"{ "tumult": { "packages": ["kw"] } }"#, "/w/Cargo.toml", &[]).unwrap_err();
        assert!(message.contains("`kw` of `[workspace.metadata.tumult] packages` in /w/Cargo.toml"), "{message}");
        let message = select(r#"{ "tumult": { "packages": "kv" } }"#, "/w/Cargo.toml", &[]).unwrap_err();
        assert!(message.contains("it is \"kv\"; write a list of names"), "{message}");
        assert!(Workspace::read("{}").unwrap_err().to_string().contains("use cargo 1.71 or later"));
    }

    #[test]
    fn a_crate_is_run_alone_where_its_name_is_its_own() {
        let workspace = workspace("null");
        let kv = workspace.package("kv").unwrap();
        assert_eq!(kv.target_arguments("kv").unwrap(), ["--lib"]);
        assert_eq!(kv.target_arguments("crash_deep").unwrap(), ["--test", "crash-deep"]);
        assert_eq!(kv.target_arguments("tool").unwrap(), [""; 0]);
        assert_eq!(kv.target_arguments("gone"), None);
    }
}
