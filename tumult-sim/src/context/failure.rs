//! How a run failed.

use std::fmt;
use std::time::Duration;

use crate::base::Time;

/// Why a run failed, as data; the report makes text of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What went wrong.
    pub cause: Cause,
    /// When, in virtual time.
    pub at: Time,
    /// The process at fault, if one is.
    pub process: Option<String>,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// An invariant does not hold.
    Violation {
        /// Its ID.
        id: &'static str,
        /// Its title.
        title: &'static str,
        /// What is wrong, in the words of the check.
        what: String,
        /// Where the check is.
        site: String,
    },
    /// Code that says it is never reached was: [`unreachable!`](crate::unreachable).
    Unreachable {
        /// The site's name.
        name: &'static str,
        /// Where.
        site: String,
    },
    /// Code under test, or the test function, panicked.
    Panic {
        /// The message.
        message: String,
        /// Where.
        site: String,
    },
    /// A body returned an error.
    Error {
        /// The error, as far as it can be shown.
        message: String,
    },
    /// A primary ended itself, and not by returning: `exit` with a status other than 0, `abort`.
    Ended {
        /// How.
        how: String,
    },
    /// Primaries are pending and nothing will happen any more.
    Deadlock {
        /// All living tasks.
        tasks: Vec<TaskRow>,
    },
    /// Too many polls at one instant.
    Stall {
        /// How many.
        polls: u64,
        /// All living tasks.
        tasks: Vec<TaskRow>,
    },
    /// Primaries are still pending at the limit of virtual time.
    TimeLimit {
        /// All living tasks.
        tasks: Vec<TaskRow>,
    },
    /// Something outside the run reached into it, so that it cannot be replayed.
    Tainted {
        /// Who woke whom.
        what: String,
    },
    /// Two runs of one seed differ.
    Nondeterminism {
        /// The first event that differs, and the likely culprit.
        what: String,
    },
    /// The run had a process of its own, and that ended before the run did.
    Crashed {
        /// By which signal or call.
        how: String,
        /// The last that it printed; empty when it printed nothing.
        said: String,
    },
    /// The run had a process of its own, which was ended since it took too long by the machine's clock.
    Hung {
        /// How long it was waited for.
        patience: Duration,
        /// The last that it printed; empty when it printed nothing.
        said: String,
    },
    /// The plan or the declaration is wrong.
    Setup {
        /// What is wrong with it.
        message: String,
    },
}

/// One task of a stall or deadlock report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// Its process.
    pub process: String,
    /// Its name.
    pub name: &'static str,
    /// Where it was spawned.
    pub site: String,
    /// How often it was woken.
    pub wakes: u64,
    /// Whether it is ready to run.
    pub ready: bool,
    /// What more is known of it, where it is a thread of a hosted process.
    pub thread: Option<ThreadRow>,
}

/// A thread of a hosted process in such a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadRow {
    /// Its number within its process, and its name, if it was given one.
    pub name: String,
    /// What it waits for, and who holds that, as far as it is known.
    pub waits_for: String,
    /// Where it is: the frames that are the program's own, the innermost first.
    pub backtrace: Vec<String>,
}

impl Failure {
    /// Two failures with the same signature count as the same: numbers and times in their texts do not matter.
    pub fn signature(&self) -> String {
        let (kind, text): (&str, &str) = match &self.cause {
            // An invariant's ID says enough: what it finds differs from run to run.
            Cause::Violation { id, .. } => (id, ""),
            Cause::Panic { message, site } => return format!("panic {site} {}", normalised(message)),
            Cause::Unreachable { name, .. } => ("unreachable", name),
            Cause::Error { message } => ("error", message),
            Cause::Ended { how } => ("ended", how),
            Cause::Deadlock { .. } => ("deadlock", ""),
            Cause::Stall { .. } => ("stall", ""),
            Cause::TimeLimit { .. } => ("time limit", ""),
            Cause::Tainted { .. } => ("tainted", ""),
            Cause::Nondeterminism { .. } => ("nondeterminism", ""),
            Cause::Crashed { how, .. } => ("crashed", how),
            Cause::Hung { .. } => ("hung", ""),
            Cause::Setup { message } => ("setup", message),
        };
        format!("{kind} {}", normalised(text)).trim_end().to_owned()
    }

    /// The signature and the words of the failure, numbers apart: two runs that agree in it went wrong alike also where an
    /// invariant can be violated in more than one way.
    pub(crate) fn wording(&self) -> String {
        match &self.cause {
            Cause::Violation { what, .. } => format!("{} {}", self.signature(), normalised(what)),
            _ => self.signature(),
        }
    }

    /// Whether the same run, made again, can be expected to fail the same way: not where something outside it had a hand
    /// in it, or where there was no run.
    pub(crate) fn is_reproducible(&self) -> bool {
        !matches!(
            self.cause,
            Cause::Tainted { .. } | Cause::Hung { .. } | Cause::Nondeterminism { .. } | Cause::Setup { .. }
        )
    }

    /// The ID of the violated invariant, if that is the cause.
    pub fn invariant(&self) -> Option<&'static str> {
        match self.cause {
            Cause::Violation { id, .. } => Some(id),
            _ => None,
        }
    }
}

/// The text with every run of digits replaced by `#`.
fn normalised(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !c.is_ascii_digit() {
            out.push(c);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = |f: &mut fmt::Formatter<'_>, tasks: &[TaskRow]| {
            for t in tasks.iter().take(40) {
                if let Some(thread) = &t.thread {
                    write!(f, "\n  {:<16} {:<20} waits for {}", t.process, thread.name, thread.waits_for)?;
                    thread.backtrace.iter().try_for_each(|frame| write!(f, "\n    {frame}"))?;
                    continue;
                }
                let state = if t.ready { "ready  " } else { "waiting" };
                write!(
                    f,
                    "\n  {:<16} {:<20} {state} woken {:>6} times   spawned at {}",
                    t.process, t.name, t.wakes, t.site
                )?;
            }
            if tasks.len() > 40 { write!(f, "\n  and {} more", tasks.len() - 40) } else { Ok(()) }
        };
        match &self.cause {
            Cause::Violation { id, title, what, site } => write!(f, "{id} {title}: {what}   {site}"),
            Cause::Unreachable { name, site } => {
                write!(
                    f,
                    "unreachable!({name:?}) was reached by {}   {site}",
                    self.process.as_deref().unwrap_or("the test")
                )
            }
            Cause::Panic { message, site } => match &self.process {
                Some(p) => write!(f, "{p} panicked: {message}   {site}"),
                None => write!(f, "panicked: {message}   {site}"),
            },
            Cause::Error { message } => {
                write!(f, "{} returned an error: {message}", self.process.as_deref().unwrap_or("a process"))
            }
            Cause::Ended { how } => {
                write!(f, "{} ended by {how}", self.process.as_deref().unwrap_or("a process"))
            }
            Cause::Deadlock { tasks } => {
                write!(f, "deadlock: nothing will happen any more, and primaries are pending")?;
                table(f, tasks)
            }
            Cause::Stall { polls, tasks } => {
                write!(f, "stall: {polls} polls without time going on")?;
                table(f, tasks)
            }
            Cause::TimeLimit { tasks } => {
                write!(f, "time limit: primaries are pending at {}", self.at)?;
                table(f, tasks)
            }
            Cause::Tainted { what } => write!(f, "not replayable: {what}"),
            Cause::Nondeterminism { what } => write!(f, "not deterministic: {what}"),
            Cause::Crashed { how, said } => {
                write!(f, "the run's process {how}")?;
                last_words(f, said)
            }
            Cause::Hung { patience, said } => {
                write!(f, "the run did not end within {} s of real time, and was ended", patience.as_secs())?;
                last_words(f, said)
            }
            Cause::Setup { message } => f.write_str(message),
        }
    }
}

/// What a process printed last, a line each.
fn last_words(f: &mut fmt::Formatter<'_>, said: &str) -> fmt::Result {
    // std's own backtrace is of the machinery below the run, and long.
    let lines = said.lines().take_while(|line| *line != "stack backtrace:");
    let lines: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    if lines.is_empty() {
        return f.write_str("; it printed nothing");
    }
    f.write_str("; the last it printed:")?;
    lines[lines.len().saturating_sub(12)..].iter().try_for_each(|line| write!(f, "\n  {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_few_and_no_backtrace() {
        let said = |said: String| {
            let cause = Cause::Crashed { how: "was killed by signal 6".into(), said };
            Failure { cause, at: Time::ZERO, process: None }.to_string()
        };
        let all: Vec<String> = (0..40).map(|n| format!("line {n}\n\n")).collect();
        let all = all.concat();
        let text = said(format!("{all}stack backtrace:\n   0: main\n"));
        assert!(
            text.starts_with("the run's process was killed by signal 6; the last it printed:\n  line 28\n"),
            "{text}"
        );
        assert!(text.ends_with("\n  line 39"), "{text}");
        assert!(said(String::new()).ends_with("; it printed nothing"));
    }

    #[test]
    fn a_signature_forgets_numbers_and_keeps_the_rest() {
        let panic = |message: &str| Failure {
            cause: Cause::Panic { message: message.into(), site: "a.rs:1".into() },
            at: Time::ZERO,
            process: None,
        };
        assert_eq!(panic("lost 12 of 100").signature(), panic("lost 7 of 30").signature());
        assert_ne!(panic("lost 12").signature(), panic("kept 12").signature());
    }
}
