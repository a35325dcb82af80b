//! Pinned runs, as their users meet them: a planted defect that was pinned fails its test before any seed is tried; the
//! mended code is said to be mended, and the entry stays.

#[path = "common/child.rs"]
mod child;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use child::run;
use tumult_sim::Sim;
use tumult_sim::search::Regressions;
use tumult_sim::time::sleep;

/// Set: the defect is there.
const DEFECT: &str = "TUMULT_TEST_DEFECT";
/// Set: it takes other steps than before.
const CHANGED: &str = "TUMULT_TEST_CHANGED";

/// Rare enough that a few seeds do not find it.
#[ignore = "planted: what another test runs"]
#[tumult_sim::test(seeds = 3)]
fn planted_defect(sim: &mut Sim) {
    let (defect, changed) = (std::env::var_os(DEFECT).is_some(), std::env::var_os(CHANGED).is_some());
    sim.primary("dice", move || async move {
        sleep(Duration::from_millis(if changed { 8 } else { 7 })).await;
        let drawn = tumult_sim::process::random_below(50);
        assert!(!defect || drawn != 0, "the defect was met");
    });
    sim.run();
}

/// A folder of pinned runs that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("tumult-regressions-{name}-{}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn pinned(&self) -> Regressions {
        let folder = Regressions::folder(Path::new("/"), "tumult-tests", Some(self.0.as_os_str()));
        Regressions::read(&folder, "tumult-tests::regressions::planted_defect").unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The token that the PIN line of a failing search has.
fn token() -> String {
    let nowhere = Folder::new("nowhere");
    let (passed, text) =
        run("planted_defect", &[(DEFECT, "1"), ("TUMULT_SEEDS", "2000"), ("TUMULT_REGRESSIONS", nowhere.path())]);
    assert!(!passed);
    let pin = text.lines().find_map(|line| line.strip_prefix(" PIN     cargo tumult pin ")).expect("a PIN line");
    let (token, rest) = pin.split_once(' ').unwrap();
    assert_eq!(rest.trim_start(), "(writes it to tumult-regressions/)");
    assert!(text.contains(&format!("TUMULT_REPLAY={token} ")), "{text}");
    token.to_owned()
}

#[test]
fn a_pinned_defect_fails_first_and_the_mended_code_is_said_to_be_mended() {
    let (folder, token) = (Folder::new("both"), token());
    let line = folder.pinned().pin(&token, &["WHAT    the defect was met".to_owned()]).unwrap();
    let place = format!("regressions__planted_defect.txt:{line}");
    let vars = [("TUMULT_REGRESSIONS", folder.path()), (DEFECT, "1")];
    let before = fs::read_to_string(folder.pinned().path()).unwrap();

    let (passed, text) = run("planted_defect", &vars);
    assert!(!passed && text.contains("the defect was met"), "{text}");
    let found = text.lines().find(|line| line.starts_with(" FOUND ")).expect("a FOUND line");
    assert!(found.contains(", pinned in ") && found.contains(&place), "{found}");
    assert!(text.contains("replayed 3 times") && !text.contains(" PIN ") && !text.contains(" NOTE "), "{text}");

    // Without the entry those few seeds do not find it.
    let nowhere = Folder::new("nowhere-else");
    assert!(run("planted_defect", &[("TUMULT_REGRESSIONS", nowhere.path()), (DEFECT, "1")]).0);

    let (passed, text) = run("planted_defect", &vars[..1]);
    assert!(passed, "{text}");
    let held = text.lines().find(|line| line.starts_with("held: ")).expect("a line that says so");
    assert!(held.contains(&place) && held.contains("no longer fails"), "{held}");
    // To panic is a step that it no longer takes.
    assert!(held.contains("stays as a guard; the token was made of a run with trace "), "{held}");
    assert!(held.ends_with("the code under test, or the test, was changed since"), "{held}");

    let (passed, text) = run("planted_defect", &[vars[0], vars[1], (CHANGED, "1")]);
    assert!(!passed && text.contains(" NOTE    the token was made of a run with trace "), "{text}");
    assert_eq!(fs::read_to_string(folder.pinned().path()).unwrap(), before, "the entry stays");
}

#[test]
fn one_run_that_is_asked_for_is_the_only_one() {
    let (folder, token) = (Folder::new("alone"), token());
    folder.pinned().pin(&token, &[]).unwrap();
    let vars = [("TUMULT_REGRESSIONS", folder.path()), (DEFECT, "1")];
    let (passed, text) = run("planted_defect", &[vars[0], vars[1], ("TUMULT_SEED", "1")]);
    assert!(passed && !text.contains("pinned in"), "{text}");
    let (passed, text) = run("planted_defect", &[vars[0], vars[1], ("TUMULT_REPLAY", &token)]);
    assert!(!passed && !text.contains("pinned in"), "{text}");
}

#[test]
fn a_file_that_cannot_be_read_fails_the_test() {
    let folder = Folder::new("malformed");
    let path = folder.pinned().path().to_owned();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "# fine\nf1 at 1s kill a\n").unwrap();
    let (passed, text) = run("planted_defect", &[("TUMULT_REGRESSIONS", folder.path())]);
    assert!(!passed, "{text}");
    let place = "regressions__planted_defect.txt:2: `f1 at 1s kill a` is no token";
    assert!(text.contains("failed to read the pinned runs, ") && text.contains(place), "{text}");
}
