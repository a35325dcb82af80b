//! The report of a failing seed as plain text: what a test prints.

use std::fmt::Write as _;
use std::time::Duration;

use super::words::span;
use crate::base::{Seed, Time};
use crate::context::Failure;

/// Everything that the report says. A part that is empty is left out.
#[derive(Clone, Debug)]
pub(crate) struct FailureText<'a> {
    pub(crate) seed: Seed,
    /// The number of the case from 0, and how many there are, unless the seed was asked for.
    pub(crate) case: Option<(u64, u64)>,
    /// Where its token stands, when it is a pinned one.
    pub(crate) pinned_at: Option<&'a str>,
    /// Which of several shards found it.
    pub(crate) shard: Option<(u64, u64)>,
    pub(crate) wall: Duration,
    /// Of all runs of the search.
    pub(crate) virtual_time: Duration,
    pub(crate) failure: &'a Failure,
    /// What of the run the failure needs, a line each.
    pub(crate) why: &'a [String],
    /// The faults of the plan, a line each: where it is not known which are needed.
    pub(crate) plan: &'a [String],
    /// After which event the run was lost.
    pub(crate) turn: &'a str,
    /// The nearest run that holds, and where it first differs, a line each.
    pub(crate) near: &'a [String],
    /// What else fails.
    pub(crate) scope: &'a str,
    /// What no run reached, a line each.
    pub(crate) gaps: &'a [String],
    /// How it came about, a line each.
    pub(crate) how: &'a [String],
    /// The last events, a line each: where it is not known how it came about.
    pub(crate) last: &'a [String],
    /// How the failure stood up to being replayed.
    pub(crate) sound: &'a str,
    /// The command that runs it again.
    pub(crate) replay: &'a str,
    /// The command that makes it a regression.
    pub(crate) pin: &'a str,
    /// What is to be known of a replay.
    pub(crate) warnings: &'a [String],
    /// Where the page is that shows it.
    pub(crate) open: &'a str,
}

impl FailureText<'_> {
    /// The report; ends with a line break.
    pub(crate) fn render(&self) -> String {
        let mut out = String::new();
        let mut put = |label: &str, text: &str, indent: &str| {
            for (i, line) in text.lines().enumerate() {
                let (label, indent) = if i == 0 { (label, "") } else { ("", indent) };
                let line = format!(" {label:<7} {indent}{line}");
                writeln!(out, "{}", line.trim_end()).expect("a String takes what is written");
            }
        };
        put("FOUND", &self.found(), "");
        put("WHAT", &self.what(), "  ");
        put("WHY", &self.why.join("\n"), "");
        put("PLAN", &self.plan.join("\n"), "");
        put("HOW", &self.how.join("\n"), "");
        put("LAST", &self.last.join("\n"), "");
        put("TURN", self.turn, "  ");
        put("NEAR", &self.near.join("\n"), "");
        put("SCOPE", self.scope, "  ");
        put("GAPS", &self.gaps.join("\n"), "");
        put("SOUND", self.sound, "  ");
        put("NOTE", &self.warnings.join("\n"), "");
        put("REPLAY", self.replay, "");
        put("PIN", self.pin, "");
        put("OPEN", self.open, "");
        out
    }

    fn found(&self) -> String {
        let case = self.case.map_or_else(String::new, |(case, total)| format!(", case {} of {total}", case + 1));
        let shard = self.shard.map_or_else(String::new, |(index, count)| format!(" (shard {index}/{count})"));
        let pinned = self.pinned_at.map_or_else(String::new, |place| format!(", pinned in {place}"));
        let (wall, virtual_time) = (span(self.wall), span(self.virtual_time));
        format!("seed {}{pinned}{case}{shard}, after {wall} = {virtual_time} of virtual time", self.seed)
    }

    fn what(&self) -> String {
        match &self.failure.process {
            Some(process) => format!("{}\nat {}, by {process}", self.failure, self.failure.at),
            None if self.failure.at == Time::ZERO => self.failure.to_string(),
            None => format!("{}\nat {}", self.failure, self.failure.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Cause, TaskRow};

    fn violation() -> Failure {
        Failure {
            cause: Cause::Violation {
                id: "INV_001",
                title: "a job's effect is applied at most once",
                what: "job-7 was applied 2 times".into(),
                site: "src/queue.rs:88".into(),
            },
            at: Time::from_nanos(2_013_500_000),
            process: Some("ledger".into()),
        }
    }

    fn text(failure: &Failure) -> FailureText<'_> {
        FailureText {
            seed: Seed(0x5eed_1f3a),
            case: Some((1411, 5000)),
            pinned_at: None,
            shard: None,
            wall: Duration::from_millis(3_100),
            virtual_time: Duration::from_mins(41),
            failure,
            why: &[],
            plan: &[],
            turn: "",
            near: &[],
            scope: "",
            gaps: &[],
            how: &[],
            last: &[],
            sound: "replayed 3 times, trace 9f3c41d29f3c41d2 each time",
            replay: "TUMULT_REPLAY=tm1:AAEC cargo test -p kv -- --exact tests::at_most_once",
            pin: "cargo tumult pin tm1:AAEC          (writes it to tumult-regressions/)",
            warnings: &[],
            open: "",
        }
    }

    #[test]
    fn a_report_in_full() {
        let failure = violation();
        let plan = ["f1 1.000s pause A 2 s   injected, met".to_owned()];
        let last = ["      2.013s  A       -> ledger #4, 5 bytes \"job-7\"".to_owned(), "      2.0135s".to_owned()];
        let warnings = ["the token was made by tumult 0.0.9, this is 0.1.0: the run may be another one".to_owned()];
        let how = ["    2.000s  A -> ledger  5 bytes \"job-7\"  dropped by f1  src/lease.rs:51".to_owned()];
        let text = FailureText {
            shard: Some((2, 4)),
            plan: &plan,
            how: &how,
            last: &last,
            warnings: &warnings,
            open: "target/tumult/kv/tests-at_most_once/5eed1f3a/report.html",
            ..text(&failure)
        };
        insta::assert_snapshot!(text.render());
    }

    #[test]
    fn what_has_no_content_is_left_out() {
        let failure = violation();
        insta::assert_snapshot!(FailureText { case: None, pin: "", ..text(&failure) }.render());
    }

    #[test]
    fn a_table_of_tasks_is_indented() {
        let row = |process: &str, ready| TaskRow {
            process: process.into(),
            name: "main",
            site: "src/lib.rs:10".into(),
            wakes: 3,
            ready,
            thread: None,
        };
        let failure = Failure {
            cause: Cause::Deadlock { tasks: vec![row("client", false), row("server", true)] },
            at: Time::ZERO,
            process: None,
        };
        insta::assert_snapshot!(text(&failure).render());
    }
}
