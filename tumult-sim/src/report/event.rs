//! One event of a recording as a line of text, and who did it.

use std::time::Duration;

use super::words::payload;
use crate::base::{Seed, Signal, Time};
use crate::invariant::site_of_hash;
use crate::journal::Phase;
use crate::net::Drop;
use crate::trace::{Kind, Log, Record, Recording};

/// A recording and the names of its processes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) recording: &'a Recording,
    pub(crate) names: &'a [String],
}

/// One event as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) at_ns: u64,
    /// [`Kind::name`].
    pub(crate) kind: String,
    /// The line, time included.
    pub(crate) line: String,
    /// The task at work, with its process and spawn site, where one is known.
    pub(crate) task: Option<String>,
}

/// What `Kind::Process` says by its second word.
const LIVES: [&str; 12] = [
    "starts",
    "finishes",
    "is killed",
    "loses power",
    "panics",
    "is paused",
    "goes on",
    "is asked to end",
    "is killed for want of memory",
    "exits",
    "aborts",
    "is sent signal",
];

/// Among these, what has a signal beside it.
const SIGNALLED: u32 = 11;

/// What `Kind::Disk` says by its operation.
const DISK: [&str; 16] = [
    "open",
    "read",
    "write",
    "set length",
    "sync",
    "metadata",
    "make folder",
    "read folder",
    "sync folder",
    "rename",
    "remove file",
    "remove folder",
    "change",
    "hard link",
    "snapshot",
    "restore",
];

/// Who wakes, runs and looks is of no interest to who reads what happened.
const QUIET: [Kind; 4] = [Kind::Poll, Kind::Timer, Kind::Observe, Kind::Draw];

impl Scene<'_> {
    /// The last `n` events that say something, each as a line.
    pub(crate) fn last(&self, n: usize, until: Time) -> Vec<String> {
        let told = |i: usize| self.recording.get(i).is_some_and(|r| r.at <= until && !QUIET.contains(&r.kind));
        let said = |events| self.recording.logs_after(events).rev().filter(|log| log.at <= until);
        let of = |i: usize| said(i + 1).map(|log| self.log(&log)).chain(told(i).then(|| self.line(i)));
        let first = said(0).map(|log| self.log(&log));
        let mut lines: Vec<String> = (0..self.recording.len()).rev().flat_map(of).chain(first).take(n).collect();
        lines.reverse();
        lines
    }

    /// Everything that happened, a line each, and what the code said.
    pub(crate) fn all(&self) -> impl Iterator<Item = String> {
        let said = |events| self.recording.logs_after(events).map(|log| self.log(&log));
        said(0).chain((0..self.recording.len()).flat_map(move |i| std::iter::once(self.line(i)).chain(said(i + 1))))
    }

    /// What the code said, a line each.
    pub(crate) fn logs(&self, seed: Seed) -> impl Iterator<Item = String> {
        self.recording.logs().map(move |log| {
            let who = log.process.map_or("(test)", |process| self.name(process));
            let task = log.task.and_then(|task| self.recording.task(log.after.saturating_sub(1), task));
            let (slash, task) = task.map_or(("", ""), |(name, _)| ("/", name));
            format!("{:>12} seed {seed} {who}{slash}{task}  {}", log.at, said(&log))
        })
    }

    fn log(&self, log: &Log<'_>) -> String {
        let who = log.process.map_or("", |process| self.name(process));
        self.with_time(log.at, who, &said(log))
    }

    fn with_time(&self, at: Time, who: &str, what: &str) -> String {
        let width = self.names.iter().map(|n| n.chars().count()).max().unwrap_or(0).min(20);
        format!("{at:>12}  {who:<width$}  {what}").trim_end().to_owned()
    }

    /// An event for reports, `None` behind the end.
    pub(crate) fn seen(&self, index: usize) -> Option<Seen> {
        let record = self.recording.get(index)?;
        let task = self.acting(index).map(|(process, task)| self.task(index, process, task));
        let kind = record.kind.name().to_owned();
        Some(Seen { at_ns: record.at.as_nanos(), kind, line: self.line(index), task })
    }

    /// An event in words: who, and what.
    pub(crate) fn words_of(&self, index: usize) -> String {
        let Some(record) = self.recording.get(index) else { return "the end".into() };
        let (who, what) = self.words(index, &record);
        format!("{who} {what}").trim().to_owned()
    }

    fn line(&self, index: usize) -> String {
        let record = self.recording.get(index).expect("an event of this recording");
        let (who, what) = self.words(index, &record);
        self.with_time(record.at, who, &what)
    }

    /// What happened in an event, without when and by whom.
    pub(super) fn what(&self, index: usize) -> String {
        let record = self.recording.get(index).expect("an event of this recording");
        self.words(index, &record).1
    }

    pub(super) fn name(&self, process: u32) -> &str {
        self.names.get(process as usize).map_or("(test)", String::as_str)
    }

    /// A task with its process and spawn site.
    pub(super) fn task(&self, index: usize, process: u32, task: u32) -> String {
        match self.recording.task(index, task) {
            Some((name, site)) => format!("task `{name}` of {}, spawned at {site}", self.name(process)),
            None => format!("task {task} of {}", self.name(process)),
        }
    }

    /// The process and task at work: that of the event itself, or the one that ran when it happened. What the world
    /// does by itself, as a timer that fires, is put to the task that it wakes.
    fn acting(&self, index: usize) -> Option<(u32, u32)> {
        let record = self.recording.get(index)?;
        let own = |r: &Record<'_>| (r.a_high(), r.a_low());
        let poll = |r: &Record<'_>| r.kind == Kind::Poll;
        match record.kind {
            Kind::Poll | Kind::End | Kind::Panic => Some(own(&record)),
            Kind::Timer | Kind::Deliver => {
                let mut after = (index + 1..self.recording.len()).map_while(|i| self.recording.get(i));
                after.find(poll).filter(|r| r.at == record.at).map(|r| own(&r))
            }
            _ => {
                let mut before = (0..index).rev().map_while(|i| self.recording.get(i));
                before.find(poll).filter(|r| r.at == record.at).map(|r| own(&r))
            }
        }
    }

    /// Whose event it is, and what happened.
    pub(super) fn words(&self, index: usize, r: &Record<'_>) -> (&str, String) {
        let text = || String::from_utf8_lossy(r.bytes);
        let label = |task| match self.recording.task(index, task) {
            Some((name, _)) => format!("`{name}`"),
            None => format!("task {task}"),
        };
        let site = |task| self.recording.task(index, task).map_or_else(String::new, |(_, at)| format!("   {at}"));
        let own = self.name(r.a_high());
        match r.kind {
            Kind::Spawn => (own, format!("spawns {}{}", label(r.a_low()), site(r.a_low()))),
            Kind::Poll => (own, format!("runs {} (wake {})", label(r.a_low()), r.b)),
            Kind::End => {
                let how = ["finishes", "is aborted", "panics", "ends with its process"];
                (own, format!("{} {}", label(r.a_low()), how.get(r.b as usize).unwrap_or(&"ends")))
            }
            Kind::Timer => ("", format!("timer {} fires", r.a)),
            Kind::Send => (own, format!("-> {} #{}, {}", self.name(r.a_low()), r.b, payload(r.bytes))),
            Kind::Deliver => (self.name(r.a_low()), format!("<- {own} #{}, {}", r.b, payload(r.bytes))),
            Kind::Drop => {
                let (why, number) = r.packet();
                let why = Drop::from_word(why).map_or("dropped", Drop::reason);
                (own, format!("-> {} #{number} {why}", self.name(r.a_low())))
            }
            Kind::Corrupt => {
                let (what, number) = r.packet();
                let what = if what == 1 { "payload" } else { "port" };
                (own, format!("-> {} #{number}, {what} damaged", self.name(r.a_low())))
            }
            Kind::Process => {
                let what = LIVES.get(r.b as u32 as usize).unwrap_or(&"changes");
                let number = (r.b >> 32) as i32;
                let status =
                    match Signal::ALL.into_iter().find(|s| r.b as u32 == SIGNALLED && s.number() == number as u32) {
                        Some(signal) => format!(" {signal}"),
                        None if number == 0 => String::new(),
                        None => format!(" with {number}"),
                    };
                let life = if r.a_low() == 0 { String::new() } else { format!(", life {}", r.a_low() + 1) };
                (own, format!("{what}{status}{life}"))
            }
            Kind::Clock => {
                let ms = |ns: i64| format!("{} ms", ns as f64 / 1e6);
                let what = match r.a_high() {
                    0 => format!("its wall clock jumps by {}", ms(r.b as i64)),
                    1 => format!("its clocks drift by {} ppm from now on", r.b as i64 / 1_000),
                    2 => format!("its wall clock smears a leap second over {}", ms(r.b as i64)),
                    _ => "its leap smear ends".into(),
                };
                (self.name(r.a_low()), what)
            }
            Kind::Name => ("", format!("name {}", text())),
            Kind::Limit => (self.name(r.a_low()), format!("may have {} files and sockets open", r.b)),
            Kind::Disk => {
                let what = DISK.get(r.a_low() as usize).unwrap_or(&"operation");
                let outcome = if r.b >> 63 == 0 {
                    payload(r.bytes)
                } else {
                    format!("of {} fails: error {}", text(), r.b as u32)
                };
                (own, format!("disk {what} {outcome}"))
            }
            Kind::Cpu => (
                own,
                match r.a_low() {
                    0 => format!("begins to work for {:?} of CPU time", Duration::from_nanos(r.b)),
                    1 => "has done its work".into(),
                    2 => "gives its work up".into(),
                    _ => format!("is left {} % of its cores", 100.0 - r.b as f64 / 10_000.0),
                },
            ),
            Kind::Memory => (
                own,
                match r.a_low() {
                    0 => format!("reserves {} bytes of memory", r.b),
                    1 => format!("gives back {} bytes of memory", r.b),
                    4 => format!("asks for {} bytes of memory: there is not enough", r.b),
                    _ => format!("is left {} % of its machine's memory", 100.0 - r.b as f64 / 10_000.0),
                },
            ),
            Kind::Fault => {
                let step = ["planned", "injected", "healed", "skipped", "met"].get(r.b as usize).unwrap_or(&"changes");
                ("", format!("fault {} {step}  {}", r.a + 1, text()))
            }
            Kind::Point => (own, format!("reaches `{}`", text())),
            Kind::Draw => (own, format!("draws {}", payload(r.bytes))),
            Kind::Observe => (self.name(r.a_low()), format!("updates observed state {}", r.a_high())),
            Kind::Violation => ("", format!("** {} **", text())),
            Kind::Phase => {
                let phase = Phase::ALL.get(r.a as usize).map_or("?", |p| p.as_str());
                ("", format!("phase {phase} begins"))
            }
            Kind::Overlay => ("", format!("network overlay {} {}", r.a, if r.b == 1 { "begins" } else { "ends" })),
            Kind::Panic => (own, format!("{} panics: {}", label(r.a_low()), text())),
            Kind::Segment => ("", format!("segment {}", segment(r.a, r.b))),
            Kind::Output => (own, format!("{} \"{}\"", if r.b == 1 { "prints" } else { "says" }, text())),
            Kind::Note => (own, format!("notes \"{}\"", text())),
            Kind::Site => {
                let site = site_of_hash(r.b).map_or_else(|| text().into_owned(), ToString::to_string);
                (own, format!("hits {site} ({})", r.a_low()))
            }
        }
    }
}

/// What the code said, without when and by whom.
pub(super) fn said(log: &Log<'_>) -> String {
    format!("{:>5} {}: {}", log.level, log.target, log.text)
}

/// Ports, flags and length of a segment.
fn segment(ports: u64, what: u64) -> String {
    let names = ["SYN", "ACK", "FIN", "RST", "PROBE"];
    let flags: Vec<_> = (0..).zip(names).filter(|(n, _)| what >> 32 >> n & 1 == 1).map(|(_, name)| name).collect();
    format!(":{} -> :{} {}, {} bytes", ports >> 16, ports & 0xffff, flags.join(" "), what as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Site;
    use crate::trace::Trace;

    const A: u64 = 0;
    const B: u64 = 1;

    fn recording() -> Recording {
        let mut trace = Trace::new(true);
        let at = |ms: u64| Time::from_nanos(ms * 1_000_000);
        let pair = |high: u64, low: u64| high << 32 | low;
        trace.note(at(0), Kind::Process, pair(A, 0), 0, &[]);
        trace.note(at(0), Kind::Spawn, pair(A, 3), u64::MAX, &[]);
        trace.label(3, "main", Site::caller());
        trace.note(at(0), Kind::Poll, pair(A, 3), 0, &[]);
        trace.note(at(0), Kind::Send, pair(A, B), 7, b"ping");
        trace.note(at(1), Kind::Drop, pair(A, B), 1 << 56 | 7, &[]);
        trace.note(at(2), Kind::Timer, 40, 0, &[]);
        trace.note(at(2), Kind::Poll, pair(A, 3), 1, &[]);
        trace.note(at(2), Kind::Deliver, pair(A, B), 8, &[1, 2]);
        trace.note(at(3), Kind::Process, pair(B, 1), 2, &[]);
        trace.note(at(3), Kind::Draw, pair(B, 1), 2, &[9, 9]);
        trace.note(at(3), Kind::Panic, pair(A, 3), 0, b"lost");
        trace.take_recording().unwrap()
    }

    fn scene<'a>(recording: &'a Recording, names: &'a [String]) -> Scene<'a> {
        Scene { recording, names }
    }

    #[test]
    fn events_read_as_lines() {
        let (recording, names) = (recording(), ["alpha".to_owned(), "b".to_owned()]);
        let lines = scene(&recording, &names).last(100, Time::MAX).join("\n");
        let lines = lines.replace(&recording.task(1, 3).unwrap().1, "FILE:LINE");
        insta::assert_snapshot!(lines);
        assert_eq!(scene(&recording, &names).last(2, Time::MAX).len(), 2);
        assert!(scene(&recording, &names).last(100, Time::ZERO).iter().all(|l| l.trim_start().starts_with("0.000s")));
    }

    #[test]
    fn machines_and_clocks_read_as_lines() {
        let mut trace = Trace::new(true);
        for (kind, what, amount) in [
            (Kind::Cpu, 0, 1_500_000),
            (Kind::Cpu, 3, 950_000),
            (Kind::Memory, 0, 4096),
            (Kind::Memory, 4, 9),
            (Kind::Process, 0, 8),
            (Kind::Process, 0, 0xf << 32 | 0xb),
            (Kind::Process, 0, 3 << 32 | 9),
        ] {
            trace.note(Time::ZERO, kind, A << 32 | what, amount, &[]);
        }
        for (how, by) in [(0, -800_000_000_i64), (1, 200_000), (2, 86_400_000_000_000)] {
            trace.note(Time::ZERO, Kind::Clock, how << 32 | A, by as u64, &[]);
        }
        let (recording, names) = (trace.take_recording().unwrap(), ["a".to_owned()]);
        let lines = scene(&recording, &names).last(100, Time::MAX);
        let said: Vec<&str> = lines.iter().map(|l| l.trim_start().trim_start_matches("0.000s  a  ")).collect();
        assert_eq!(
            said,
            [
                "begins to work for 1.5ms of CPU time",
                "is left 5 % of its cores",
                "reserves 4096 bytes of memory",
                "asks for 9 bytes of memory: there is not enough",
                "is killed for want of memory",
                "is sent signal SIGTERM",
                "exits with 3",
                "its wall clock jumps by -800 ms",
                "its clocks drift by 200 ppm from now on",
                "its wall clock smears a leap second over 86400000 ms",
            ]
        );
    }

    #[test]
    fn an_event_is_put_to_its_task() {
        let (recording, names) = (recording(), ["alpha".to_owned(), "b".to_owned()]);
        let scene = scene(&recording, &names);
        let task = |i| scene.seen(i).unwrap().task;
        let main = Some(format!("task `main` of alpha, spawned at {}", recording.task(1, 3).unwrap().1));
        assert_eq!(task(3), main, "what it sends is its own");
        assert_eq!(task(5), main, "a timer is put to the task that it wakes");
        assert_eq!(task(4), None, "no task runs at that instant");
        assert_eq!(scene.seen(100), None);
    }
}
