//! `GOODPUT.md`: goodput of the metastable failure modes around their triggers, as figures and as a picture; a test
//! compares it with the file.

use std::fmt::Write as _;

use crate::oracle::{Course, Ran};
use crate::page::is_fresh;
use crate::{fm_005_retry_amplification, fm_009_backpressure_collapse};

/// From none to as much as before.
const LEVELS: [char; 9] = ['.', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One system in a course: with these policies.
pub(crate) struct Row {
    pub(crate) policies: &'static str,
    pub(crate) ran: Ran,
}

fn figures(row: &Row) -> String {
    let goodput = row.ran.goodput;
    let back = goodput.back_after.map_or("not back".to_string(), |d| format!("{:.1} s", d.as_secs_f64()));
    let [before, during, after] = [goodput.before, goodput.during, goodput.after].map(|rate| format!("{rate:.1}"));
    format!("| {} | {before} | {during} | {after} | {back} |", row.policies)
}

/// One character a second.
fn picture(row: &Row) -> String {
    let level = |rate: &f64| {
        let part = rate / row.ran.goodput.before.max(f64::MIN_POSITIVE);
        let level = if *rate == 0.0 { 0 } else { (part * 8.0).round().clamp(1.0, 8.0) as usize };
        LEVELS[level]
    };
    let line: String = row.ran.seconds.iter().map(level).collect();
    format!("{line}  {}", row.policies)
}

fn section(text: &mut String, name: &str, course: Course, rows: &[Row]) {
    let (begins, ends) = (course.begins, course.begins + course.lasts.as_secs());
    write!(
        text,
        "\n## {name}\n\nThe trigger lasts from {begins} s to {ends} s. *After* is from {} s on.\n\n\
         | policies | before | during | after | back after |\n|---|---|---|---|---|\n",
        ends + course.within,
    )
    .expect("a string has room");
    for row in rows {
        writeln!(text, "{}", figures(row)).expect("a string has room");
    }
    let trigger = "x".repeat((ends - begins) as usize);
    let rest = (course.ends - ends) as usize;
    writeln!(text, "\n```text\n{}{trigger}{}  the trigger", " ".repeat(begins as usize), " ".repeat(rest))
        .expect("room");
    for row in rows {
        writeln!(text, "{}", picture(row)).expect("a string has room");
    }
    text.push_str("```\n");
}

fn text() -> String {
    let mut text = String::from(
        "# Goodput\n\n\
         Written by `TUMULT_BLESS=1 cargo test -p tumult-failure-modes goodput`; a test fails when it is stale.\n\
         What is done in time for somebody to want it, a second, of seed 1. In the pictures each character is a second: \
         `.` is nothing, `█` is as much as before the trigger or more.\n",
    );
    let (course, rows) = fm_005_retry_amplification::metastable::rows();
    section(&mut text, "FM_005: retry amplification", course, &rows);
    let (course, rows) = fm_009_backpressure_collapse::metastable::rows();
    section(&mut text, "FM_009: backpressure collapse", course, &rows);
    text
}

#[test]
fn goodput_is_fresh() {
    is_fresh("GOODPUT.md", "goodput", &text());
}
