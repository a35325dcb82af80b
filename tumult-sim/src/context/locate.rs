//! Which line of the user's code is at work: in recorded runs.
//!
//! A stack is known by its addresses, which cost little to collect. Only a stack that is seen for the first time is
//! looked up by name, as the text that std makes of it, and the innermost frame that is the user's counts. *Must never*
//! change the run: libc is the real one meanwhile.

use std::backtrace::Backtrace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::host;
use crate::trace::Locate;

/// So many frames tell one stack from another: the simulator's own, std's, the libraries' between them and the user's.
const FRAMES_MAX: usize = 48;
/// So many stacks are looked up, at some milliseconds each; what comes later has no line.
const STACKS_MAX: usize = 300;

/// Finds lines, and remembers which stack is at which.
#[derive(Debug)]
pub(crate) struct Locator {
    stacks: BTreeMap<Box<[usize]>, Option<u32>>,
    places: Vec<String>,
    frames: Vec<usize>,
    /// Where the program was started: paths are told from there.
    root: PathBuf,
}

impl Locator {
    pub(crate) fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "only the words of a report depend on it")]
        let root = host::outside(|| std::env::current_dir().unwrap_or_default());
        Self { stacks: BTreeMap::new(), places: vec![], frames: vec![], root }
    }

    #[cold]
    fn look_up(&mut self) -> Option<u32> {
        let text = Backtrace::force_capture().to_string();
        let place = shortened(user_frame(&text)?, &self.root);
        let known = self.places.iter().position(|p| *p == place);
        Some(known.unwrap_or_else(|| {
            self.places.push(place);
            self.places.len() - 1
        }) as u32)
    }
}

impl Locate for Locator {
    fn here(&mut self) -> Option<u32> {
        host::outside(|| {
            host::frames(&mut self.frames, FRAMES_MAX);
            if let Some(known) = self.stacks.get(&*self.frames) {
                return *known;
            }
            if self.frames.is_empty() || self.stacks.len() >= STACKS_MAX {
                return None;
            }
            let place = self.look_up();
            self.stacks.insert(self.frames.as_slice().into(), place);
            place
        })
    }

    fn places(&mut self) -> Vec<String> {
        std::mem::take(&mut self.places)
    }
}

/// What calls the user's code: beyond it there is only the test that started the run.
const CALLER: &str = "tumult_sim::task::executor::";

/// The place of the innermost frame that is the user's, in the text of a backtrace: two lines a frame, its name and where
/// it is.
fn user_frame(text: &str) -> Option<&str> {
    let mut name = "";
    for line in text.lines().map(str::trim) {
        if let Some(place) = line.strip_prefix("at ") {
            if name.contains(CALLER) {
                return None;
            }
            if is_users(name, place) {
                return Some(place);
            }
        } else if let Some((_, called)) = line.split_once(": ") {
            name = called;
        }
    }
    None
}

/// Whether a frame is of no library: not the simulator, std, or a package of a registry.
fn is_users(name: &str, place: &str) -> bool {
    const LIBRARIES: [&str; 7] =
        ["/rustc/", "/registry/src/", "/library/std/", "/library/core/", "/library/alloc/", "/nptl/", "/sysdeps/"];
    let own = place.contains("tumult-sim/src/") || name.trim_start_matches('<').starts_with("tumult_sim::");
    !LIBRARIES.iter().any(|library| place.contains(library)) && (!own || name.contains("::tests::"))
}

/// The path from where the program was started, or from a folder above; without the column.
fn shortened(place: &str, root: &Path) -> String {
    let (line, column) = place.rsplit_once(':').unwrap_or((place, ""));
    // Without a column it was the line that was cut off.
    let place =
        if line.rsplit_once(':').is_some() && column.bytes().all(|b| b.is_ascii_digit()) { line } else { place };
    let place = place.strip_prefix("./").unwrap_or(place);
    /// A workspace is one or two folders above its packages.
    const ABOVE: usize = 3;
    let within = root.ancestors().take(ABOVE).find_map(|folder| Path::new(place).strip_prefix(folder).ok());
    within.map_or_else(|| place.to_owned(), |path| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_frame_of_the_user_is_found() {
        let text = "   0: tumult_sim::context::locate::Locator::look_up\n             at /w/tumult-sim/src/context/locate.rs:40:9\n   \
                    1: <core::future::poll_fn::PollFn<F> as core::future::future::Future>::poll\n             at \
                    /rustc/1/library/core/src/future/poll_fn.rs:3:5\n   2: hyper::send\n             at \
                    /home/u/.cargo/registry/src/index/hyper-1/src/lib.rs:7:7\n   3: kv::lease::renew::{{closure}}\n             \
                    at /w/src/lease.rs:51:13\n   4: tumult_sim::task::executor::poll\n             at \
                    /w/tumult-sim/src/task/executor.rs:90:9\n   5: kv::main\n             at /w/src/main.rs:1:1\n";
        assert_eq!(user_frame(text), Some("/w/src/lease.rs:51:13"));
        let without = text.replace("kv::lease::renew", "tumult_sim::net::send");
        assert_eq!(user_frame(&without), None, "whoever called the executor has not done it");
    }

    #[test]
    fn paths_are_told_from_where_the_program_was_started() {
        let root = Path::new("/home/u/kv/tests");
        for (place, said) in [
            ("./src/lease.rs:51:13", "src/lease.rs:51"),
            ("/home/u/kv/tests/src/a.rs:5:1", "src/a.rs:5"),
            ("/home/u/kv/server/src/a.rs:5:1", "server/src/a.rs:5"),
            ("/elsewhere/a.rs:5", "/elsewhere/a.rs:5"),
        ] {
            assert_eq!(shortened(place, root), said);
        }
    }
}
