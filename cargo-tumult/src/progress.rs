//! What is seen while it runs: a bar in a terminal, the lines themselves elsewhere.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::lines::Event;

const BUILDING: &str = "{spinner} {wide_msg} {elapsed}";
const TESTING: &str = "{spinner} [{bar:30}] {pos}/{len} {wide_msg} {elapsed}";

/// Shows events on the standard error, so that the standard output has the table alone.
#[derive(Debug)]
pub(crate) struct Progress {
    /// In a terminal only.
    bar: Option<ProgressBar>,
    /// The binary whose tests run.
    target: String,
    crates: u64,
}

impl Progress {
    /// A bar where the standard error is a terminal.
    pub(crate) fn start() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::no_length().with_style(style(BUILDING)).with_message("building");
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { bar, target: String::new(), crates: 0 }
    }

    /// Whether cargo's colours are of use to who looks.
    pub(crate) fn has_colours(&self) -> bool {
        self.bar.is_some() && console::colors_enabled_stderr()
    }

    /// Shows what a line says, or the line itself.
    pub(crate) fn show(&mut self, event: Event, line: &str) {
        let Some(bar) = &self.bar else { return eprintln!("{line}") };
        match event {
            Event::Step(step) => {
                if let Some(name) = step.strip_prefix("Compiling ") {
                    self.crates += 1;
                    let name = name.split(" (").next().unwrap_or(name);
                    bar.set_message(format!("building {name} ({} so far)", self.crates));
                } else {
                    bar.set_message(step);
                }
            }
            Event::Target(target) => {
                bar.set_message(target.clone());
                self.target = target;
            }
            Event::Begin(tests) => {
                if bar.length().is_none() {
                    bar.set_style(style(TESTING));
                }
                bar.set_length(bar.length().unwrap_or(0) + tests);
            }
            Event::Done(test) => {
                bar.inc(1);
                bar.set_message(format!("{}: {test}", self.target));
            }
            Event::Show => bar.suspend(|| eprintln!("{line}")),
            Event::Quiet => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are constants").progress_chars("=> ")
}
