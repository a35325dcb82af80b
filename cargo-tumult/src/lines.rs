//! What `cargo test` prints, line by line: what it is building, which test is done, and what is to be shown.
//!
//! Cargo's and the harness's text is for people and no promise. So nothing is decided from it but what is shown while
//! it runs, and the names of the tests that failed; whether something failed is said by cargo's exit code. *Must never*
//! hide a line that it does not know: a report, a compiler's error, a crash, all are shown whole.

use std::collections::BTreeSet;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Cargo does something on its way to the tests, as `Compiling serde v1.0.0`.
    Step(String),
    /// The tests of this binary run from here on.
    Target(String),
    /// So many tests are to run.
    Begin(u64),
    /// A test is done.
    Done(String),
    /// The line is to be shown as it is.
    Show,
    /// The line says nothing that the table will not say.
    Quiet,
}

/// Where in the harness's output a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Outside,
    /// Tests run.
    Tests,
    /// What the failed tests printed.
    Reports,
    /// The failed tests' names.
    Names,
}

/// Reads the lines in their order.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    part: Part,
    /// A test binary was started, so everything is built.
    pub(crate) built: bool,
    /// How many tests are done.
    pub(crate) ran: u64,
    /// The tests that failed.
    pub(crate) failed: BTreeSet<String>,
}

impl Lines {
    /// What the next line says. It has no colours and no line end.
    pub(crate) fn next(&mut self, line: &str) -> Event {
        match self.part {
            Part::Outside => self.outside(line),
            Part::Tests => self.tests(line),
            Part::Reports | Part::Names => self.failures(line),
        }
    }

    fn outside(&mut self, line: &str) -> Event {
        if let Some(n) = begins(line) {
            self.part = Part::Tests;
            return Event::Begin(n);
        }
        match status(line) {
            Some(("Running", rest)) => {
                self.built = true;
                Event::Target(rest.split(" (").next().unwrap_or(rest).to_owned())
            }
            Some((verb, rest)) => Event::Step(format!("{verb} {rest}")),
            None if line.is_empty() => Event::Quiet,
            None => Event::Show,
        }
    }

    fn tests(&mut self, line: &str) -> Event {
        if let Some((name, outcome)) = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... ")) {
            let name = name.split(" - ").next().unwrap_or(name);
            if outcome == "FAILED" {
                self.failed.insert(name.to_owned());
            }
            if outcome == "ok" || outcome == "FAILED" {
                self.ran += 1;
            }
            return Event::Done(name.to_owned());
        }
        match line {
            "" => Event::Quiet,
            "failures:" => {
                self.part = Part::Reports;
                Event::Quiet
            }
            _ if line.starts_with("test result: ") => {
                self.part = Part::Outside;
                Event::Quiet
            }
            // The binary crashed, and cargo goes on: what follows is not this binary's.
            _ if status(line).is_some() => {
                self.part = Part::Outside;
                self.outside(line)
            }
            _ => Event::Show,
        }
    }

    fn failures(&mut self, line: &str) -> Event {
        if line.starts_with("test result: ") {
            self.part = Part::Outside;
            return Event::Quiet;
        }
        if line == "failures:" {
            self.part = Part::Names;
            return Event::Quiet;
        }
        let Some(name) = line.strip_prefix("    ").filter(|_| self.part == Part::Names) else { return Event::Show };
        self.failed.insert(name.to_owned());
        Event::Quiet
    }
}

/// `running 3 tests`.
fn begins(line: &str) -> Option<u64> {
    let (n, word) = line.strip_prefix("running ")?.split_once(' ')?;
    if word == "test" || word == "tests" { n.parse().ok() } else { None }
}

/// Cargo's `   Compiling kv v0.1.0`: a verb that ends in the twelfth column.
fn status(line: &str) -> Option<(&str, &str)> {
    let (verb, rest) = (line.get(..12)?.trim_start(), line.get(12..)?.strip_prefix(' ')?);
    let is_verb = verb.starts_with(|c: char| c.is_ascii_uppercase())
        && verb.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
        && (line.starts_with(' ') || verb.len() == 12);
    is_verb.then_some((verb, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines that are shown, and what was counted.
    fn read(text: &str) -> (Vec<&str>, Lines) {
        let mut lines = Lines::default();
        let shown = text.lines().filter(|line| lines.next(line) == Event::Show).collect();
        (shown, lines)
    }

    #[test]
    fn what_passes_is_counted_and_not_shown() {
        let text = "   Compiling kv v0.1.0 (/kv)
    Finished `test` profile [optimized] target(s) in 2.17s
     Running unittests src/lib.rs (target/debug/deps/kv-0123)

running 3 tests
test fm_001::prevent ... ok
test fm_001::repro ... ok
test slow ... ignored, takes a day

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.40s

";
        let (shown, lines) = read(text);
        assert_eq!(shown, [""; 0]);
        assert!(lines.built && lines.failed.is_empty());
        assert_eq!(lines.ran, 2);
    }

    #[test]
    fn the_steps_are_told_apart() {
        let mut lines = Lines::default();
        assert_eq!(lines.next("   Compiling kv v0.1.0 (/kv)"), Event::Step("Compiling kv v0.1.0 (/kv)".into()));
        assert_eq!(
            lines.next("    Blocking waiting for file lock"),
            Event::Step("Blocking waiting for file lock".into())
        );
        assert_eq!(lines.next("     Running tests/a.rs (target/debug/a-1)"), Event::Target("tests/a.rs".into()));
        assert_eq!(lines.next("running 1 test"), Event::Begin(1));
        assert_eq!(lines.next("test a::b - should panic ... ok"), Event::Done("a::b".into()));
    }

    #[test]
    fn reports_are_shown_whole_and_their_tests_named() {
        let text = "     Running unittests src/lib.rs (target/debug/deps/kv-0123)

running 2 tests
test fm_001::prevent ... FAILED
test fm_001::repro ... ok

failures:

---- fm_001::prevent stdout ----
 FOUND  INV_001
    indented as a name, and still of the report

failures:
    fm_001::prevent

test result: FAILED. 1 passed; 1 failed; 0 ignored

error: test failed, to rerun pass `-p kv --lib`
";
        let (shown, lines) = read(text);
        assert_eq!(shown[1..4], ["---- fm_001::prevent stdout ----", " FOUND  INV_001", text.lines().nth(10).unwrap()]);
        assert_eq!(shown.last(), Some(&"error: test failed, to rerun pass `-p kv --lib`"));
        assert_eq!(lines.failed.iter().collect::<Vec<_>>(), ["fm_001::prevent"]);
        assert_eq!(lines.ran, 2);
    }

    #[test]
    fn a_name_is_found_though_its_line_was_torn() {
        let text = "running 1 test\ntest torn ... note: from another thread\nFAILED\n\nfailures:\n\n---- torn stdout ----\n\n\
                    failures:\n    torn\n\ntest result: FAILED.\n";
        assert!(read(text).1.failed.contains("torn"));
    }

    #[test]
    fn a_compiler_error_and_a_crash_are_shown() {
        let (shown, lines) = read("   Compiling kv v0.1.0\nerror[E0425]: cannot find value `x`\n --> src/lib.rs:1:1\n");
        assert_eq!(shown, ["error[E0425]: cannot find value `x`", " --> src/lib.rs:1:1"]);
        assert!(!lines.built);
        let crash = "     Running tests/a.rs (a-1)\nrunning 2 tests\nthread 'a' has overflowed its stack\nerror: test failed\n     \
                     Running tests/b.rs (b-1)\nrunning 1 test\ntest b ... ok\n";
        let (shown, lines) = read(crash);
        assert_eq!(shown, ["thread 'a' has overflowed its stack", "error: test failed"]);
        assert_eq!(lines.ran, 1);
    }
}
