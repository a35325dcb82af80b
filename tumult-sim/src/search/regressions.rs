//! The runs of a test that are to hold from now on: one file a test, in `tumult-regressions/` beside it.
//!
//! The file is read and reviewed like code. A line is a token; what stands after `#` is for people, and `cargo tumult
//! pin` writes there what failed and with which faults. Entries keep their order, and none stands there twice.
//!
//! *Must never* leave out an entry: a line that cannot be read fails the test, since a guard that is not looked at
//! guards nothing.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::artifacts::shown;
use super::token::Token;
use crate::base::{Error, Kind};
use crate::journal::store;

/// The folder's name, in the folder of the package.
const FOLDER: &str = "tumult-regressions";

/// The pinned runs of one test.
///
/// ```
/// use tumult_sim::search::Regressions;
///
/// let folder = std::env::temp_dir().join(format!("pinned-{}", std::process::id()));
/// let token = "tm1:KgUwLjEuMBtrdjo6a3Y6OnRlc3RzOjpsaW5lYXJpemFibGU6H-1eAAAAAKqtjlA";
/// let mut pinned = Regressions::read(&folder, "kv::kv::tests::linearizable").unwrap();
/// assert!(pinned.path().ends_with("kv__tests__linearizable.txt"));
/// pinned.pin(token, &["WHAT  k7 was lost".to_owned()]).unwrap();
///
/// let pinned = Regressions::read(&folder, "kv::kv::tests::linearizable").unwrap();
/// assert_eq!(pinned.line_of(token), Some(6));
/// # std::fs::remove_dir_all(folder).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Regressions {
    path: PathBuf,
    /// `package::crate::module::test`.
    test: String,
    text: String,
    pinned: Vec<Pinned>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Pinned {
    /// From 1.
    line: usize,
    pub(super) token: Token,
}

impl Regressions {
    /// The folder of a package's files: `tumult-regressions` in the package's own, or below the one that
    /// `TUMULT_REGRESSIONS` names.
    pub fn folder(package_root: &Path, package: &str, set: Option<&OsStr>) -> PathBuf {
        match set.filter(|set| !set.is_empty()) {
            Some(set) => Path::new(set).join(package),
            None => package_root.join(FOLDER),
        }
    }

    /// Those of the test `package::crate::module::test`; none where there is no file.
    ///
    /// # Errors
    /// When the file cannot be read, or a line of it is neither a token of this test nor a comment: with path and line.
    pub fn read(folder: &Path, test: &str) -> Result<Self, Error> {
        let name = test.split_once("::").map_or(test, |(_package, rest)| rest).replace("::", "__");
        let path = folder.join(format!("{name}.txt"));
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => String::new(),
            Err(e) => return Err(Error::new(Kind::Io, format!("read the pinned runs in `{}`: {e}", path.display()))),
        };
        let mut all = Self { path, test: test.to_owned(), text: String::new(), pinned: vec![] };
        for (line, entry) in (1..).zip(text.lines()) {
            let entry = entry.trim();
            if !entry.is_empty() && !entry.starts_with('#') {
                let token = all.entry(entry).map_err(|why| all.malformed(line, &why))?;
                all.pinned.push(Pinned { line, token });
            }
        }
        Ok(Self { text, ..all })
    }

    /// The token of a line, or what is wrong with it.
    fn entry(&self, entry: &str) -> Result<Token, String> {
        let plain = |e: Error| e.to_string().trim_start_matches("failed to replay: ").to_owned();
        if !entry.starts_with("tm") {
            let begins: String = entry.chars().take(20).collect();
            return Err(format!("`{begins}` is no token: one begins with `tm1:`; write what is for people after `#`"));
        }
        let token: Token = entry.parse().map_err(plain)?;
        if token.test != self.test {
            let named = &token.test;
            return Err(format!(
                "the token is of the test {named}, and this file is for {}; pin it with `cargo tumult pin`, which \
                 finds the file",
                self.test
            ));
        }
        token.plan().map_err(|e| format!("the token's plan is none: {e}"))?;
        match self.pinned.iter().find(|p| p.token.is_same_run(&token)) {
            Some(twin) => Err(format!("the same run is pinned in line {}; remove one of them", twin.line)),
            None => Ok(token),
        }
    }

    fn malformed(&self, line: usize, why: &str) -> Error {
        Error::new(Kind::Token, format!("read the pinned runs, {}:{line}: {why}", shown(&self.path)))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The line in which this run is pinned.
    pub fn line_of(&self, token: &str) -> Option<usize> {
        let token: Token = token.parse().ok()?;
        self.pinned.iter().find(|p| p.token.is_same_run(&token)).map(|p| p.line)
    }

    /// Writes a run below those that are there, with what is to be said of it above it, a comment a line. Gives its line;
    /// a run that is pinned already stays as it is.
    ///
    /// # Errors
    /// When it is no token of this test, or the file cannot be written.
    pub fn pin(&mut self, token: &str, about: &[String]) -> Result<usize, Error> {
        if let Some(line) = self.line_of(token) {
            return Ok(line);
        }
        let token = self.entry(token.trim()).map_err(|why| Error::new(Kind::Token, format!("pin the run: {why}")))?;
        let mut text = if self.text.is_empty() { self.heading() } else { self.text.clone() };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push('\n');
        // What a program printed may have any characters in it, and must not end its comment.
        for line in about.iter().flat_map(|line| line.split(['\n', '\r'])) {
            text.push_str(format!("# {line}").trim_end());
            text.push('\n');
        }
        text.push_str(&token.to_string());
        text.push('\n');
        store::replace(&self.path, text.as_bytes())?;
        let line = text.lines().count();
        self.text = text;
        self.pinned.push(Pinned { line, token });
        Ok(line)
    }

    fn heading(&self) -> String {
        let test = &self.test;
        format!(
            "# Runs of {test} that failed once.\n# They are replayed before any seed is tried. One that fails again \
             fails the test; one that holds stays as a guard.\n# `cargo tumult pin TOKEN` adds to them.\n"
        )
    }

    /// Each with where it stands.
    pub(super) fn places(self) -> impl Iterator<Item = (String, Token)> {
        let path = shown(&self.path);
        self.pinned.into_iter().map(move |p| (format!("{path}:{}", p.line), p.token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;
    use crate::kernel::task::Schedule;

    const TEST: &str = "kv::crash::deep::survives";

    /// A folder that goes with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("tumult-pinned-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn read(&self) -> Result<Regressions, Error> {
            Regressions::read(&self.0, TEST)
        }

        fn error(&self, text: impl AsRef<[u8]>) -> String {
            fs::write(self.0.join("crash__deep__survives.txt"), text).unwrap();
            self.read().unwrap_err().to_string()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn token(seed: u64) -> Token {
        Token::new(TEST, Seed(seed), Schedule::default())
    }

    #[test]
    fn what_is_pinned_is_read_in_its_order_and_stands_there_once() {
        let folder = Folder::new("order");
        let mut pinned = folder.read().unwrap();
        assert_eq!(pinned.clone().places().count(), 0);
        let about = ["WHAT  lost 7", "      at 1s", "", "PLAN  f1 at 1s kill \"a\rb\""].map(str::to_owned);
        let lines: Vec<usize> = [3, 1, 3, 2].map(|n| pinned.pin(&token(n).to_string(), &about).unwrap()).into();
        assert_eq!(lines, [10, 17, 10, 24]);
        // The same run, though another version made the token.
        let by_other = Token { made_by: "9.0.0".into(), trace: None, ..token(1) };
        assert_eq!(pinned.pin(&by_other.to_string(), &[]).unwrap(), 17);

        let read = folder.read().unwrap();
        assert_eq!(read.text, pinned.text);
        let seeds: Vec<Seed> = read.pinned.iter().map(|p| p.token.seed).collect();
        assert_eq!(seeds, [Seed(3), Seed(1), Seed(2)]);
        assert!(read.places().nth(1).unwrap().0.ends_with("crash__deep__survives.txt:17"));
        assert!(pinned.text.lines().all(|l| l.is_empty() || l.starts_with('#') || l.starts_with("tm1:")));
    }

    #[test]
    fn what_people_wrote_stays() {
        let folder = Folder::new("stays");
        let by_hand = format!("# By hand, without a line end\n  {}", token(1));
        fs::write(folder.0.join("crash__deep__survives.txt"), &by_hand).unwrap();
        let mut pinned = folder.read().unwrap();
        pinned.pin(&token(2).to_string(), &[]).unwrap();
        let text = fs::read_to_string(pinned.path()).unwrap();
        assert_eq!(text, format!("{by_hand}\n\n{}\n", token(2)));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_with_its_path_and_the_fix() {
        let folder = Folder::new("malformed");
        let damaged = token(1).to_string().replace("tm1:", "tm1:A");
        let plan = Token { plan: Some(b"f1 at noon".to_vec()), ..token(1) };
        for (text, line, fix) in [
            ("# fine\n\nthen it broke\n".to_owned(), 3, "`then it broke` is no token: one begins with `tm1:`; write"),
            (format!("{}\n{damaged}", token(1)), 2, "the token is damaged"),
            ("tm2:AAEC".to_owned(), 1, "is of format 2"),
            (format!("# a\n{}\n# b\n{}\n", token(1), token(1)), 4, "is pinned in line 2; remove one of them"),
            (Token::new("kv::crash::holds", Seed(1), Schedule::Fifo).to_string(), 1, "is of the test kv::crash::holds"),
            (plan.to_string(), 1, "the token's plan is none: failed to parse the plan, line 1"),
        ] {
            let message = folder.error(&text);
            assert!(message.starts_with("failed to read the pinned runs, "), "{message}");
            assert!(message.contains(&format!("crash__deep__survives.txt:{line}: ")), "{message}");
            assert!(message.contains(fix), "{message}");
        }
        let bytes = folder.error([b'#', 0xff]);
        assert!(bytes.contains("crash__deep__survives.txt`: ") && bytes.contains("UTF-8"), "{bytes}");
    }

    #[test]
    fn the_folder_is_beside_the_test_unless_another_is_set() {
        let root = Path::new("/kv");
        assert_eq!(Regressions::folder(root, "kv", None), Path::new("/kv/tumult-regressions"));
        assert_eq!(Regressions::folder(root, "kv", Some(OsStr::new(""))), Path::new("/kv/tumult-regressions"));
        assert_eq!(Regressions::folder(root, "kv", Some(OsStr::new("/r"))), Path::new("/r/kv"));
    }
}
