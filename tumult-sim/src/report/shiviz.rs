//! A recording for `ShiViz` (Beschastnikh et al., "Debugging Distributed Systems", 2016), which draws who told whom: its
//! log has a vector clock with each event.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Scene;
use crate::trace::{Kind, Record};

/// How `ShiViz` is to read the lines, and the empty line that says that there is one execution only.
const HEADER: &str = "(?<event>.*)\\n(?<host>\\S*) (?<clock>\\{.*\\})\n\n";

/// Process by process, how many events of it came before.
type Clock = BTreeMap<u32, u64>;

impl Scene<'_> {
    /// The log, as `ShiViz` reads it: what processes did and said, and their messages.
    pub(crate) fn shiviz(&self) -> String {
        let mut clocks: BTreeMap<u32, Clock> = BTreeMap::new();
        let mut sent: BTreeMap<usize, Clock> = BTreeMap::new();
        let mut log = HEADER.to_owned();
        for (n, r) in self.recording.iter().enumerate() {
            let Some(host) = self.host(n, &r) else { continue };
            let clock = clocks.entry(host).or_default();
            if r.kind == Kind::Deliver
                && let Some(told) = self.recording.cause(n).and_then(|send| sent.get(&send))
            {
                for (process, events) in told {
                    let known = clock.entry(*process).or_default();
                    *known = (*known).max(*events);
                }
            }
            *clock.entry(host).or_default() += 1;
            if r.kind == Kind::Send {
                sent.insert(n, clock.clone());
            }
            let (_, what) = self.words(n, &r);
            let what = what.replace('\n', " ");
            let clock: Vec<String> =
                clock.iter().map(|(p, events)| format!("\"{}\":{events}", self.host_name(*p))).collect();
            writeln!(log, "{} {what}\n{} {{{}}}", r.at, self.host_name(host), clock.join(","))
                .expect("a String takes what is written");
        }
        log
    }

    /// Whose event it is; `None` for what is no event of a process, and for what says nothing of it.
    fn host(&self, index: usize, r: &Record<'_>) -> Option<u32> {
        match r.kind {
            Kind::Deliver if r.a_high() != r.a_low() => Some(r.a_low()),
            Kind::Send | Kind::Drop if r.a_high() != r.a_low() => Some(r.a_high()),
            Kind::Process | Kind::Disk | Kind::Note | Kind::Output | Kind::Point | Kind::Site | Kind::Panic => {
                Some(r.a_high())
            }
            Kind::Clock | Kind::Observe => Some(r.a_low()),
            Kind::Violation => {
                let poll = self.recording.cause(index).and_then(|n| self.recording.get(n));
                poll.filter(|poll| poll.kind == Kind::Poll).map(|poll| poll.a_high())
            }
            _ => None,
        }
    }

    /// A host's name has no blanks and no quotes.
    fn host_name(&self, process: u32) -> String {
        self.name(process).replace(|c: char| c.is_whitespace() || c == '"' || c == '\\', "_")
    }
}
