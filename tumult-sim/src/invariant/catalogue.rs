//! All sites of the linked program, and the list of them that is committed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use super::SiteInfo;
use crate::base::{Error, Kind};

/// Every site that is linked, in the linker's order.
#[linkme::distributed_slice]
pub static CATALOGUE: [SiteInfo];

/// The sites of the linked program: every [`sometimes!`](crate::sometimes), [`reachable!`](crate::reachable),
/// [`unreachable!`](crate::unreachable) and [`buggify!`](crate::buggify), reached or not.
///
/// A site that was deleted by mistake is missed by nobody, so a list of them is committed and compared:
///
/// ```no_run
/// # use tumult_sim::invariant::Catalogue;
/// #[test]
/// fn no_site_has_vanished() {
///     let list = concat!(env!("CARGO_MANIFEST_DIR"), "/sites.txt");
///     Catalogue::linked().unwrap().of("my_crate").compare(list).unwrap();
/// }
/// ```
///
/// `TUMULT_BLESS=1 cargo test` writes the list anew, as a change that a review sees.
#[derive(Clone, Debug)]
pub struct Catalogue {
    sites: Vec<&'static SiteInfo>,
}

impl Catalogue {
    /// All sites that are linked into this program.
    ///
    /// # Errors
    /// When two sites have one name: they could not be told apart, and two `buggify!` sites would decide alike.
    pub fn linked() -> Result<Self, Error> {
        static SORTED: OnceLock<Result<Catalogue, Error>> = OnceLock::new();
        SORTED.get_or_init(|| Self::of_sites(CATALOGUE.iter())).clone()
    }

    fn of_sites(sites: impl Iterator<Item = &'static SiteInfo>) -> Result<Self, Error> {
        let mut sites: Vec<_> = sites.collect();
        sites.sort_by_key(|s| (s.name(), s.file(), s.line()));
        let mut message = String::new();
        for pair in sites.windows(2).filter(|pair| pair[0].name() == pair[1].name()) {
            let [a, b] = [pair[0], pair[1]];
            let _ = write!(message, "\n  {a} at {}:{}\n  {b} at {}:{}", a.file(), a.line(), b.file(), b.line());
        }
        if message.is_empty() {
            return Ok(Self { sites });
        }
        Err(Error::new(
            Kind::Config,
            format!(
                "list the sites: more than one has the same name; give each its own, as in \"store: {{name}}\"{message}"
            ),
        ))
    }

    /// Those of a crate, or of a module and what is below it: `"my_crate"`, `"my_crate::store"`.
    #[must_use]
    pub fn of(&self, module: &str) -> Self {
        let within =
            |s: &&&SiteInfo| s.module().strip_prefix(module).is_some_and(|r| r.is_empty() || r.starts_with("::"));
        Self { sites: self.sites.iter().filter(within).copied().collect() }
    }

    /// The sites, by name.
    pub fn sites(&self) -> &[&'static SiteInfo] {
        &self.sites
    }

    /// The list as it is committed: one site a line, kind, name and file. Lines move too often to be in it.
    pub fn list(&self) -> String {
        let mut text = String::from("# The sites of this package. Written by: TUMULT_BLESS=1 cargo test\n");
        for line in self.lines() {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        self.sites.iter().map(|s| format!("{} {:?} {}", s.kind().name(), s.name(), s.file().replace('\\', "/")))
    }

    /// Compares with a committed list, and writes it when the environment says `TUMULT_BLESS=1`.
    ///
    /// # Errors
    /// With what vanished and what is new, when they differ; when the list cannot be read or written.
    pub fn compare(&self, list: impl AsRef<Path>) -> Result<(), Error> {
        #[expect(clippy::disallowed_methods, reason = "a test of the machine's own asks, outside any simulation")]
        let bless = std::env::var_os("TUMULT_BLESS").is_some_and(|v| !v.is_empty() && v != "0");
        self.compare_or_bless(list.as_ref(), bless)
    }

    fn compare_or_bless(&self, list: &Path, bless: bool) -> Result<(), Error> {
        let io = |what: &str, e: &std::io::Error| Error::new(Kind::Io, format!("{what} {}: {e}", list.display()));
        if bless {
            return fs::write(list, self.list()).map_err(|e| io("write the list of sites", &e));
        }
        let committed = fs::read_to_string(list).map_err(|e| {
            Error::new(Kind::Io, format!("{}; TUMULT_BLESS=1 writes it", trimmed(&io("read the list of sites", &e))))
        })?;
        match self.difference(&committed) {
            None => Ok(()),
            Some(what) => Err(Error::new(
                Kind::Config,
                format!(
                    "find the sites of {}:{what}\n  put back what should be there; if all this is meant, run again with TUMULT_BLESS=1 and commit the list",
                    list.display()
                ),
            )),
        }
    }

    /// What a committed list has that is not linked, and the other way round; `None` when they agree.
    fn difference(&self, committed: &str) -> Option<String> {
        let linked: BTreeSet<_> = self.lines().collect();
        let listed: BTreeSet<_> = committed
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
            .map(str::to_owned)
            .collect();
        let mut what = String::new();
        for (word, lines) in [("vanished", listed.difference(&linked)), ("new", linked.difference(&listed))] {
            for line in lines {
                let _ = write!(what, "\n  {word:<8}  {line}");
            }
        }
        (!what.is_empty()).then_some(what)
    }
}

/// The site whose name has this hash: what a trace has.
pub(crate) fn site_of_hash(hash: u64) -> Option<&'static SiteInfo> {
    CATALOGUE.iter().find(|site| site.hash() == hash)
}

/// An error's message without what every error begins with.
fn trimmed(error: &Error) -> String {
    error.to_string().trim_start_matches("failed to ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::SiteKind::{Buggify, Reachable, Sometimes};
    use super::*;

    static A: SiteInfo = SiteInfo::new(Sometimes, "a \"b\"", "krate::x", "src/x.rs", 5);
    static B: SiteInfo = SiteInfo::new(Buggify, "b", "krate::xy", "src\\y.rs", 7);
    static B_AGAIN: SiteInfo = SiteInfo::new(Reachable, "b", "krate::z", "src/z.rs", 9);

    fn catalogue(sites: &[&'static SiteInfo]) -> Catalogue {
        Catalogue::of_sites(sites.iter().copied()).unwrap()
    }

    #[test]
    fn a_name_that_two_sites_have_is_refused_with_both_places() {
        let error = Catalogue::of_sites([&B_AGAIN, &A, &B].into_iter()).unwrap_err();
        assert!(error.is_config());
        let text = error.to_string();
        assert!(text.contains("reachable!(\"b\") at src/z.rs:9"), "{text}");
        assert!(text.contains("buggify!(\"b\") at src\\y.rs:7"), "{text}");
        assert!(text.contains("give each its own"), "{text}");
    }

    #[test]
    fn sites_are_sorted_and_belong_to_modules() {
        let all = catalogue(&[&B, &A]);
        assert_eq!(all.sites().iter().map(|s| s.name()).collect::<Vec<_>>(), ["a \"b\"", "b"]);
        assert_eq!(all.of("krate").sites().len(), 2);
        assert_eq!(all.of("krate::x").sites().len(), 1, "not krate::xy");
    }

    #[test]
    fn the_committed_list_shows_what_vanished_and_what_is_new() {
        let list = catalogue(&[&A, &B]).list();
        assert_eq!(
            list.lines().skip(1).collect::<Vec<_>>(),
            ["sometimes \"a \\\"b\\\"\" src/x.rs", "buggify \"b\" src/y.rs"]
        );
        assert_eq!(catalogue(&[&A, &B]).difference(&list), None);
        let what = catalogue(&[&A, &B_AGAIN]).difference(&list).unwrap();
        assert!(what.contains("vanished  buggify \"b\" src/y.rs"), "{what}");
        assert!(what.contains("new       reachable \"b\" src/z.rs"), "{what}");
        assert!(!what.contains("src/x.rs"), "{what}");
    }

    #[test]
    fn a_list_is_written_when_blessed_and_the_fix_is_named() {
        #[expect(clippy::disallowed_methods, reason = "a file of the machine's own, outside any simulation")]
        let path = std::env::temp_dir().join(format!("tumult-sites-{}.txt", std::process::id()));
        let (both, one) = (catalogue(&[&A, &B]), catalogue(&[&A]));
        let missing = both.compare_or_bless(&path, false).unwrap_err();
        assert!(missing.is_io() && missing.to_string().contains("TUMULT_BLESS=1"), "{missing}");
        both.compare_or_bless(&path, true).unwrap();
        both.compare_or_bless(&path, false).unwrap();
        let vanished = one.compare_or_bless(&path, false).unwrap_err();
        assert!(vanished.is_config() && vanished.to_string().contains("TUMULT_BLESS=1"), "{vanished}");
        fs::remove_file(&path).unwrap();
    }
}
