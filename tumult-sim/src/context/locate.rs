//! Which line of the user's code is at work: in recorded runs.
//!
//! A stack is known by its addresses, which cost little to collect. Each is looked up by name once, when the run is over,
//! as the text that std makes of it, and the innermost frame that is the user's counts. *Must never* change the run: libc
//! is the real one meanwhile.

use std::backtrace::Backtrace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::host;
use crate::trace::Locate;

/// So many frames tell one stack from another: the simulator's own, std's, the libraries' between them and the user's.
const FRAMES_MAX: usize = 48;
/// So many stacks are looked up, at a millisecond or so each; what comes later has no line.
const STACKS_MAX: usize = 300;

/// Finds lines, and remembers which stack is at which.
#[derive(Debug)]
pub(crate) struct Locator {
    /// By addresses: the number of a stack.
    stacks: BTreeMap<Box<[usize]>, u32>,
    traces: Vec<Backtrace>,
    frames: Vec<usize>,
    /// Where the program was started: std tells paths from there.
    root: PathBuf,
    /// The folder of the workspace: paths are told from there, as the compiler does, of which all other lines come.
    workspace: PathBuf,
}

impl Locator {
    pub(crate) fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "only the words of a report depend on it")]
        let root = host::outside(|| std::env::current_dir().unwrap_or_default());
        let workspace = host::outside(|| workspace_of(&root, &|path| path.exists()));
        Self { stacks: BTreeMap::new(), traces: vec![], frames: vec![], root, workspace }
    }
}

impl Locate for Locator {
    fn here(&mut self) -> Option<u32> {
        host::outside(|| {
            host::frames(&mut self.frames, FRAMES_MAX);
            if let Some(known) = self.stacks.get(&*self.frames) {
                return Some(*known);
            }
            if self.frames.is_empty() || self.stacks.len() >= STACKS_MAX {
                return None;
            }
            let number = self.traces.len() as u32;
            // Addresses only: to look up their names takes more of a stack than a small thread has.
            self.traces.push(Backtrace::force_capture());
            self.stacks.insert(self.frames.as_slice().into(), number);
            Some(number)
        })
    }

    fn places(&mut self) -> Vec<String> {
        let traces = std::mem::take(&mut self.traces);
        let place = |trace: Backtrace| {
            let text = trace.to_string();
            let place = user_frame(&text, &self.root);
            place.map_or_else(String::new, |place| shortened(place, &self.root, &self.workspace))
        };
        host::outside(|| traces.into_iter().map(place).collect())
    }
}

/// What calls the user's code: beyond it there is only the test that started the run.
const CALLER: &str = "src/task/executor.rs:";
/// Where this library is built from.
const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/");

/// The place of the innermost frame that is the user's, in the text of a backtrace: two lines a frame, its name and where
/// it is. Names say nothing, since what was inlined has short ones.
fn user_frame<'a>(text: &'a str, root: &Path) -> Option<&'a str> {
    let places = text.lines().filter_map(|line| line.trim().strip_prefix("at "));
    let innermost = places.take_while(|place| !(is_own(place, root) && place.contains(CALLER)));
    innermost.into_iter().find(|place| is_users(place, root))
}

/// Whether a frame is of the simulator; its tests are users.
fn is_own(place: &str, root: &Path) -> bool {
    let path = root.join(place.strip_prefix("./").unwrap_or(place));
    path.to_string_lossy().strip_prefix(OWN).is_some_and(|within| !within.contains("tests/"))
}

/// Whether a frame is of no library: not the simulator, std, or a package of a registry.
fn is_users(place: &str, root: &Path) -> bool {
    const LIBRARIES: [&str; 7] =
        ["/rustc/", "/registry/src/", "/library/std/", "/library/core/", "/library/alloc/", "/nptl/", "/sysdeps/"];
    !LIBRARIES.iter().any(|library| place.contains(library)) && !is_own(place, root)
}

/// A workspace is a few folders above its packages at the most.
const ABOVE: usize = 5;

/// The folder of the workspace that a program of a package was started in, which has its `Cargo.lock`.
fn workspace_of(root: &Path, exists: &dyn Fn(&Path) -> bool) -> PathBuf {
    let mut above = root.ancestors().take(ABOVE);
    above.find(|folder| exists(&folder.join("Cargo.lock"))).unwrap_or(root).to_owned()
}

/// The path from the workspace on, or from a folder above where the program was started; without the column.
fn shortened(place: &str, root: &Path, workspace: &Path) -> String {
    let (line, column) = place.rsplit_once(':').unwrap_or((place, ""));
    // Without a column it was the line that was cut off.
    let place =
        if line.rsplit_once(':').is_some() && column.bytes().all(|b| b.is_ascii_digit()) { line } else { place };
    let path = root.join(place.strip_prefix("./").unwrap_or(place));
    let folders = std::iter::once(workspace).chain(root.ancestors().take(ABOVE).filter(|f| f.parent().is_some()));
    let within = folders.into_iter().find_map(|folder| path.strip_prefix(folder).ok());
    within.unwrap_or(&path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_frame_of_the_user_is_found() {
        let frames = |users: &str| {
            let own = |file: &str| format!("{OWN}{file}");
            [
                own("context/locate.rs:40:9"),
                own("kernel/net/transit.rs:166:18"),
                "/rustc/1/library/core/src/future/poll_fn.rs:3:5".into(),
                "/home/u/.cargo/registry/src/index/hyper-1/src/lib.rs:7:7".into(),
                users.into(),
                own("task/executor.rs:90:9"),
                "/w/src/main.rs:1:1".into(),
            ]
            .map(|place| format!("  1: f\n       at {place}\n"))
            .concat()
        };
        let root = Path::new("/w");
        assert_eq!(user_frame(&frames("./src/lease.rs:51:13"), root), Some("./src/lease.rs:51:13"));
        assert_eq!(user_frame(&frames("/rustc/1/library/std/src/x.rs:1:1"), root), None, "the caller has not done it");
        assert_eq!(user_frame("   0: start_thread\n", root), None);
    }

    #[test]
    fn paths_are_told_from_the_workspace_as_the_compiler_does() {
        let root = Path::new("/home/u/kv/tests");
        let workspace = workspace_of(root, &|path| path == Path::new("/home/u/kv/Cargo.lock"));
        for (place, said) in [
            ("./src/lease.rs:51:13", "tests/src/lease.rs:51"),
            ("/home/u/kv/tests/src/a.rs:5:1", "tests/src/a.rs:5"),
            ("/home/u/kv/server/src/a.rs:5:1", "server/src/a.rs:5"),
            ("/elsewhere/a.rs:5", "/elsewhere/a.rs:5"),
        ] {
            assert_eq!(shortened(place, root, &workspace), said);
        }
        // Where there is none, from where it was started.
        let alone = workspace_of(root, &|_| false);
        assert_eq!(shortened("./src/lease.rs:51:13", root, &alone), "src/lease.rs:51");
        assert_eq!(shortened("/home/u/other/src/a.rs:5:1", root, &alone), "other/src/a.rs:5");
    }
}
