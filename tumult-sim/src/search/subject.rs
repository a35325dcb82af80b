//! The test that is searched: who it is, and how it is run again.

use std::path::{Path, PathBuf};

use super::token::Token;

/// What every test, experiment and failure mode says of itself; written by the macros.
#[derive(Clone, Copy, Debug)]
pub struct TestDecl {
    /// `CARGO_PKG_NAME`.
    pub package: &'static str,
    /// `module_path!()`.
    pub module: &'static str,
    /// The function's name.
    pub name: &'static str,
    /// `file!()`.
    pub file: &'static str,
    /// The function's line.
    pub line: u32,
    /// `CARGO_MANIFEST_DIR`.
    pub manifest_dir: &'static str,
    /// How many seeds to try, if it says so.
    pub seeds: Option<u64>,
    /// `random`, `fifo` or `pct(3)`, if it says so.
    pub schedule: Option<&'static str>,
    /// `seeds` or `portfolio`, if it says so: whether a case is its seed and nothing else.
    pub search: Option<&'static str>,
    /// Whether each run has a process of its own, whatever it hosts.
    pub isolated: bool,
    /// Whether each seed is run again to see that it runs the same.
    pub checked: bool,
}

/// A test as the search knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) package: String,
    /// As the harness knows it: `module::test`.
    pub(crate) path: String,
    /// `package::crate::module::test`: tells it from those of the package's other binaries. Seeds follow from it.
    pub(crate) id: String,
    pub(crate) manifest_dir: PathBuf,
    /// `--test NAME`, when it is known to be in a file of its own.
    target: Option<String>,
}

impl Subject {
    /// The test of a declaration.
    pub(crate) fn of(decl: &TestDecl) -> Self {
        Self::named(decl, decl.name)
    }

    /// A test that a declaration stands for by another name, such as `fm_001::repro`.
    pub(crate) fn named(decl: &TestDecl, name: &str) -> Self {
        let (krate, modules) = decl.module.split_once("::").map_or((decl.module, ""), |(k, m)| (k, m));
        let path = if modules.is_empty() { name.to_owned() } else { format!("{modules}::{name}") };
        Self {
            package: decl.package.to_owned(),
            path,
            id: format!("{}::{}::{name}", decl.package, decl.module),
            manifest_dir: decl.manifest_dir.into(),
            target: is_test_file(Path::new(decl.file), krate).then(|| krate.to_owned()),
        }
    }

    /// A search that no test of the harness stands for.
    pub(crate) fn free(name: &str) -> Self {
        Self {
            package: String::new(),
            path: name.to_owned(),
            id: name.to_owned(),
            manifest_dir: PathBuf::new(),
            target: None,
        }
    }

    /// The crates whose code it tests, as far as that is known: that of its package, and its own.
    pub(crate) fn crates(&self) -> Vec<String> {
        let library = self.package.replace('-', "_");
        let own = self.id.split("::").nth(1).unwrap_or_default().to_owned();
        let mut crates = vec![library, own];
        crates.retain(|krate| !krate.is_empty());
        crates.dedup();
        crates
    }

    /// The command that runs the token.
    pub(crate) fn command(&self, token: &Token) -> String {
        if self.package.is_empty() {
            return format!("Search::new({:?}).replay(\"{token}\")", self.path);
        }
        let target = self.target.as_ref().map_or_else(String::new, |t| format!(" --test {t}"));
        format!("TUMULT_REPLAY={token} cargo test -p {}{target} -- --exact {}", self.package, self.path)
    }

    /// The command that makes the token a regression, and what that does; for tests of the harness.
    pub(crate) fn pin(&self, token: &Token) -> Option<String> {
        let in_harness = !self.package.is_empty();
        in_harness.then(|| format!("cargo tumult pin {token}          (writes it to tumult-regressions/)"))
    }
}

/// Whether a file is, or belongs to, the integration test of that name: `tests/NAME.rs` or `tests/NAME/…`.
fn is_test_file(file: &Path, krate: &str) -> bool {
    let parts: Vec<&str> = file.iter().filter_map(|p| p.to_str()).collect();
    parts.windows(2).any(|pair| {
        let [folder, name] = pair else { return false };
        *folder == "tests" && (*name == krate || name.strip_suffix(".rs") == Some(krate))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;
    use crate::kernel::task::Schedule;

    const DECL: TestDecl = TestDecl {
        package: "kv-store",
        module: "kv_store::log::tests",
        name: "survives",
        file: "kv/src/log.rs",
        line: 7,
        manifest_dir: "/kv",
        seeds: None,
        schedule: None,
        search: None,
        isolated: false,
        checked: false,
    };

    #[test]
    fn a_test_is_named_as_the_harness_names_it() {
        let unit = Subject::of(&DECL);
        assert_eq!((&*unit.path, &*unit.id), ("log::tests::survives", "kv-store::kv_store::log::tests::survives"));
        let token = Token::new(&unit.id, Seed(1), Schedule::default());
        let command = unit.command(&token);
        assert_eq!(command, format!("TUMULT_REPLAY={token} cargo test -p kv-store -- --exact log::tests::survives"));

        let mode = Subject::named(&TestDecl { module: "kv_store", ..DECL }, "fm_001::repro");
        assert_eq!(mode.path, "fm_001::repro");
    }

    #[test]
    fn a_test_in_a_file_of_its_own_is_run_without_the_others() {
        let of = |module, file| Subject::of(&TestDecl { module, file, ..DECL });
        let command = |s: Subject| s.command(&Token::new(&s.id, Seed(1), Schedule::default()));
        assert!(command(of("crash", "kv/tests/crash.rs")).ends_with("-p kv-store --test crash -- --exact survives"));
        assert!(command(of("crash::deep", "tests/crash/deep.rs")).contains("--test crash -- --exact deep::survives"));
        assert!(!command(of("kv_store::tests", "src/tests/kv.rs")).contains("--test"));
    }
}
