//! Two runs of one seed that are not the same: where they part, and what most likely makes them.

use std::fmt::Write as _;

use crate::report::{Scene, Seen};

/// The first event in which two runs differ; `None` for a run that has ended before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parting {
    pub(super) index: usize,
    pub(super) one: Option<Seen>,
    pub(super) other: Option<Seen>,
}

/// Under which circumstances two runs were not the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Circumstance {
    /// On another thread and with other addresses, in the same process.
    Again,
    /// In a new process, though it was the same each time in this one.
    NewProcess,
}

impl Parting {
    /// Where two recordings part.
    pub(super) fn of(one: Scene<'_>, other: Scene<'_>) -> Option<Self> {
        let index = one.recording.first_difference(other.recording)?;
        Some(Self { index, one: one.seen(index), other: other.seen(index) })
    }

    /// What the report says: the event, whose it is, and the likely culprit.
    pub(super) fn text(&self, circumstance: Circumstance) -> String {
        let task = [&self.one, &self.other].into_iter().flatten().find_map(|seen| seen.task.as_ref());
        let by = task.map_or_else(String::new, |task| format!(", by {task}"));
        let mut text = format!("the first event that differs is event {}{by}", self.index + 1);
        for (label, seen) in [("one run:", &self.one), ("another:", &self.other)] {
            let line = seen.as_ref().map_or("             the run is over", |s| &s.line);
            write!(text, "\n  {label:<9}{line}").expect("a String takes what is written");
        }
        write!(text, "\nlikely culprit: {}", self.culprit(circumstance)).expect("a String takes what is written");
        text
    }

    fn culprit(&self, circumstance: Circumstance) -> String {
        let what = match (&self.one, &self.other) {
            (Some(one), Some(other)) if one.kind != other.kind => {
                "one run does here what the other does not: a branch was taken on a value that is not the simulation's"
            }
            (Some(one), Some(other)) if one.at_ns != other.at_ns => {
                "the same happens at another time: a delay was computed from a value that is not the simulation's"
            }
            (Some(one), Some(_)) => match &*one.kind {
                "draw" => {
                    "randomness is drawn in another order or amount: something before it iterates in another order"
                }
                "spawn" | "poll" | "end" => "another task comes first: tasks are spawned or woken in another order",
                "send" | "deliver" | "disk" | "note" | "point" | "site" => {
                    "another content or another order: it has a value, or comes from an iteration, that is not the \
                     simulation's"
                }
                _ => "it has a value that is not the simulation's",
            },
            _ => "one run ends here: a loop or a branch depends on a value that is not the simulation's",
        };
        let source = match circumstance {
            Circumstance::Again => {
                "look for a static or lazily built value that outlives a run (a counter, a cache), an address used as a \
                 number or key, and the order of a map that is keyed by addresses"
            }
            Circumstance::NewProcess => {
                "it is the same within one process: look for the address of a static or function, the process's ID, its \
                 environment and files, and statics that are built once and for all"
            }
        };
        format!("{what}\n  {source}")
    }
}

/// What is said when two runs differ, and do not when they are recorded.
pub(super) fn unseen(circumstance: Circumstance) -> String {
    let source = match circumstance {
        Circumstance::Again => {
            "what differs happens once in a process: look for a static that the first run builds, or a value that several \
             runs at once share"
        }
        Circumstance::NewProcess => {
            "run again there it was the same: look for what the runs of one process share, and for files and the environment"
        }
    };
    format!("recorded runs were all the same; {source}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(at_ns: u64, kind: &str, line: &str) -> Seen {
        let task = Some("task `main` of client, spawned at src/a.rs:3".to_owned());
        Seen { at_ns, kind: kind.into(), line: line.into(), task }
    }

    fn text(one: Seen, other: impl Into<Option<Seen>>) -> String {
        Parting { index: 17, one: Some(one), other: other.into() }.text(Circumstance::Again)
    }

    #[test]
    fn the_event_its_task_and_the_culprit_are_named() {
        let line = |n| format!("      0.001s  client  -> server #0, 1 byte \"{n}\"");
        insta::assert_snapshot!(text(seen(1, "send", &line(1)), seen(1, "send", &line(2))));
    }

    #[test]
    fn the_culprit_follows_from_how_they_differ() {
        for (one, other, word) in [
            (seen(1, "send", "a"), Some(seen(1, "spawn", "b")), "a branch was taken"),
            (seen(1, "timer", "a"), Some(seen(2, "timer", "b")), "at another time"),
            (seen(1, "draw", "a"), Some(seen(1, "draw", "b")), "randomness is drawn"),
            (seen(1, "poll", "a"), Some(seen(1, "poll", "b")), "another task comes first"),
            (seen(1, "poll", "a"), None, "one run ends here"),
        ] {
            let text = text(one, other);
            assert!(text.contains(word), "{text}");
        }
    }
}
