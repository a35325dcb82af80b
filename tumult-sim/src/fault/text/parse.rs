//! Parsing plans. Every error names the line, the token and the fix.

use std::str::FromStr;
use std::time::Duration;

use super::lex::{Token, lex};
use super::span;
use crate::base::{Bandwidth, Bytes, Error, Kind, NameFailure, Part, Probability, Signal, Time, Zone};
use crate::fault::{Between, Condition, FaultKind, Plan, PlannedFault, What, When};

impl FromStr for Plan {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut plan = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |(token, why): Wrong| {
                Error::new(Kind::Plan, format!("parse the plan, line {number}, `{token}`: {why}"))
            };
            let fault = fault(line).map_err(wrong)?;
            plan.insert(fault).map_err(wrong)?;
        }
        Ok(plan)
    }
}

impl FromStr for PlannedFault {
    type Err = Error;

    /// Parses one line of a plan.
    fn from_str(line: &str) -> Result<Self, Error> {
        fault(line.trim()).map_err(|(token, why)| {
            Error::new(Kind::Plan, format!("parse the fault `{}`, at `{token}`: {why}", line.trim()))
        })
    }
}

/// The token that is wrong, and why and how to mend it.
type Wrong = (String, String);

struct Tokens {
    all: Vec<Token>,
    at: usize,
}

fn fault(line: &str) -> Result<PlannedFault, Wrong> {
    let all = lex(line).map_err(|(token, why)| (token, why.to_owned()))?;
    let mut t = Tokens { all, at: 0 };
    let id = t.name("the fault's name, such as f1")?;
    let when = t.when()?;
    let what = t.what()?;
    let lasts = if t.accept_word("for") { Some(t.span("how long, such as 2s")?) } else { None };
    if let Some(extra) = t.peek() {
        let hint = "the line should end here, or with `for` and a time";
        return Err((extra.shown(), hint.into()));
    }
    let fault = PlannedFault { id, when, what, lasts };
    match fault.flaw() {
        None => Ok(fault),
        Some(flaw) => Err((line.to_owned(), flaw.to_owned())),
    }
}

impl Tokens {
    fn peek(&self) -> Option<&Token> {
        self.all.get(self.at)
    }

    /// The next token; an error that says what should be there when the line is over.
    fn next(&mut self, expected: &str) -> Result<Token, Wrong> {
        let token = self.peek().cloned().ok_or_else(|| ("end of line".into(), format!("here should be {expected}")))?;
        self.at += 1;
        Ok(token)
    }

    fn accept_word(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Word(w)) if w == word);
        self.at += usize::from(is);
        is
    }

    fn accept_mark(&mut self, mark: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Mark(m)) if *m == mark);
        self.at += usize::from(is);
        is
    }

    fn mark(&mut self, mark: &str) -> Result<(), Wrong> {
        if self.accept_mark(mark) {
            return Ok(());
        }
        let expected = format!("`{mark}`");
        let token = self.next(&expected)?;
        Err((token.shown(), format!("here should be {expected}")))
    }

    fn name(&mut self, expected: &str) -> Result<String, Wrong> {
        match self.next(expected)? {
            Token::Word(name) | Token::Quoted(name) => Ok(name),
            mark @ Token::Mark(_) => Err((mark.shown(), format!("here should be {expected}"))),
        }
    }

    /// The next word, made into something; the error names it.
    fn word<T>(&mut self, expected: &str, make: impl FnOnce(&str) -> Result<T, String>) -> Result<T, Wrong> {
        match self.next(expected)? {
            Token::Word(word) => make(&word).map_err(|why| (word, why)),
            other => Err((other.shown(), format!("here should be {expected}"))),
        }
    }

    fn span(&mut self, expected: &str) -> Result<Duration, Wrong> {
        self.word(expected, |w| span::parse(w).map(Duration::from_nanos))
    }

    fn process(&mut self) -> Result<String, Wrong> {
        self.name("the name of a process")
    }

    fn probability(&mut self) -> Result<Probability, Wrong> {
        self.word("a probability, such as 0.01", |word| {
            let p: f64 = word
                .parse()
                .map_err(|_| "it is no probability; write a number within 0..=1, such as 0.01 for 1 %".to_owned())?;
            Probability::new(p).map_err(|_| "it is no probability: it is not within 0..=1 (1 % is 0.01)".to_owned())
        })
    }

    fn when(&mut self) -> Result<When, Wrong> {
        const EXPECTED: &str = "`at` and a time, or `on` and a condition";
        let token = self.next(EXPECTED)?;
        match &token {
            Token::Word(w) if w == "at" => Ok(When::At(Time::ZERO + self.span("when, such as 1.5s")?)),
            Token::Word(w) if w == "on" => self.condition().map(When::On),
            other => Err((other.shown(), format!("here should be {EXPECTED}"))),
        }
    }

    fn condition(&mut self) -> Result<Condition<String>, Wrong> {
        const EXPECTED: &str = "`point` and its name: points are what faults can wait for";
        if !self.accept_word("point") {
            return Err((self.next(EXPECTED)?.shown(), format!("here should be {EXPECTED}")));
        }
        let point = self.name("the name of a point")?;
        let by = if self.accept_word("by") { Some(self.process()?) } else { None };
        let nth = if self.accept_mark("#") {
            self.word("which time, such as #1", |w| {
                w.parse().map_err(|_| "it is no number; write which time counts, such as #1".to_owned())
            })?
        } else {
            1
        };
        Ok(Condition { point, by, nth })
    }

    fn between(&mut self) -> Result<Between, Wrong> {
        if self.accept_word("everyone") {
            return Ok(Between::Everyone);
        }
        let a = self.name("two processes, as in `a <-> b`, or `everyone`")?;
        self.mark("<->")?;
        Ok(Between::Two(a, self.process()?))
    }

    fn groups(&mut self) -> Result<Vec<Vec<String>>, Wrong> {
        let mut groups = vec![];
        loop {
            groups.push(self.group()?);
            if !self.accept_mark("|") {
                return Ok(groups);
            }
        }
    }

    fn group(&mut self) -> Result<Vec<String>, Wrong> {
        self.mark("{")?;
        let mut group = vec![];
        while !self.accept_mark("}") {
            if !group.is_empty() {
                self.mark(",")?;
            }
            group.push(self.process()?);
        }
        Ok(group)
    }

    /// A word that must stand here, and what follows it.
    fn keyword(&mut self, word: &str, then: &str) -> Result<(), Wrong> {
        if self.accept_word(word) {
            return Ok(());
        }
        let expected = format!("`{word}` and {then}");
        Err((self.next(&expected)?.shown(), format!("here should be {expected}")))
    }

    fn what(&mut self) -> Result<What, Wrong> {
        let kind = self.word("what goes wrong, such as `kill`", |verb| {
            FaultKind::of_verb(verb).ok_or_else(|| {
                let verbs: Vec<&str> = FaultKind::ALL.iter().map(|k| k.verb()).collect();
                format!("no fault is called that; write one of {}", verbs.join(", "))
            })
        })?;
        Ok(match kind {
            FaultKind::Kill => What::Kill(self.process()?),
            FaultKind::PowerLoss => What::PowerLoss(self.process()?),
            FaultKind::Restart => What::Restart(self.process()?),
            FaultKind::Shutdown => {
                let process = self.process()?;
                self.keyword("grace", "a time")?;
                What::Shutdown(process, self.span("the grace, such as 5s")?)
            }
            FaultKind::Signal => What::Signal(self.process()?, self.word("a signal, such as SIGTERM", signal)?),
            FaultKind::Pause => What::Pause(self.process()?),
            FaultKind::Partition => What::Partition(self.groups()?),
            FaultKind::Isolate => What::Isolate(self.process()?),
            FaultKind::Cut => {
                let from = self.process()?;
                self.mark("->")?;
                What::Cut(from, self.process()?)
            }
            FaultKind::Hold => What::Hold(self.between()?),
            FaultKind::Loss => What::Loss(self.between()?, self.probability()?),
            FaultKind::Duplicate => What::Duplicate(self.between()?, self.probability()?),
            FaultKind::Reorder => What::Reorder(self.between()?, self.probability()?),
            FaultKind::Delay => What::Delay(self.between()?, self.span("by how much, such as 5ms")?),
            FaultKind::Bridge => What::Bridge(self.process()?, self.groups()?),
            FaultKind::Swizzle => {
                let clog = self.group()?;
                self.keyword("back", "the same processes in the order in which they come back")?;
                let unclog = self.group()?;
                self.keyword("every", "a time")?;
                What::Swizzle(clog, unclog, self.span("the time from one to the next, such as 200ms")?)
            }
            FaultKind::Flap => {
                let between = self.between()?;
                self.keyword("down", "a time")?;
                let down = self.span("how long it is cut, such as 200ms")?;
                self.keyword("up", "a time")?;
                What::Flap(between, down, self.span("how long it is whole, such as 300ms")?)
            }
            FaultKind::Corrupt => What::Corrupt(self.between()?, self.probability()?),
            FaultKind::CorruptHeader => What::CorruptHeader(self.between()?, self.probability()?),
            FaultKind::Throttle => {
                What::Throttle(self.between()?, self.word("a bandwidth, such as 10KiB/s", bandwidth)?)
            }
            FaultKind::BurstLoss => {
                let between = self.between()?;
                self.keyword("enter", "a probability")?;
                let enter = self.probability()?;
                self.keyword("leave", "a probability")?;
                What::BurstLoss(between, enter, self.probability()?)
            }
            FaultKind::BlackHole => What::BlackHole(self.between()?),
            FaultKind::Reset => What::Reset(self.process()?),
            FaultKind::NameFailure => {
                let name = self.name(NAME)?;
                What::NameFailure(name, self.word("how, such as `timeout`", name_failure)?)
            }
            FaultKind::StaleName => What::StaleName(self.name(NAME)?),
            FaultKind::NameChange => What::NameChange(self.name(NAME)?, self.group()?),
            FaultKind::Rule => What::Rule(self.name("the name of a rule")?),
            FaultKind::Clock => {
                What::Clock(self.process()?, self.word("by how much, such as -800ms", span::parse_signed)?)
            }
            FaultKind::Drift => What::Drift(self.process()?, self.word("a rate, such as +200ppm", ppm)?),
            FaultKind::LeapSmear => What::LeapSmear(self.process()?, self.span("over how long, such as 24h")?),
            FaultKind::DiskReadErrors => What::DiskReadErrors(self.process()?, self.probability()?),
            FaultKind::DiskWriteErrors => What::DiskWriteErrors(self.process()?, self.probability()?),
            FaultKind::DiskSyncErrors => What::DiskSyncErrors(self.process()?, self.probability()?),
            FaultKind::DiskFull => What::DiskFull(self.process()?, self.word("a size, such as 4096B", bytes)?),
            FaultKind::DiskSlow => What::DiskSlow(self.process()?, self.span("by how much, such as 5ms")?),
            FaultKind::DiskStall => What::DiskStall(self.process()?),
            FaultKind::CpuTheft => What::CpuTheft(self.process()?, self.probability()?),
            FaultKind::MemoryPressure => What::MemoryPressure(self.process()?, self.probability()?),
            FaultKind::DiskSyncDrops => What::DiskSyncDrops(self.process()?, self.probability()?),
            FaultKind::DiskSyncReverts => What::DiskSyncReverts(self.process()?, self.probability()?),
            FaultKind::DiskReadOnly => What::DiskReadOnly(self.process()?),
            FaultKind::DiskIops => What::DiskIops(self.process()?, self.number()?),
            FaultKind::DiskBandwidth => {
                What::DiskBandwidth(self.process()?, self.word("a size, such as 4096B", bytes)?)
            }
            FaultKind::DiskBitRot
            | FaultKind::DiskBitFlips
            | FaultKind::DiskMisdirectedReads
            | FaultKind::DiskStaleReads
            | FaultKind::DiskLostWrites
            | FaultKind::DiskMisdirectedWrites => {
                let latent = kind.latent().expect("these are the kinds of them");
                What::DiskLatent(self.process()?, latent, self.probability()?, self.zone()?)
            }
            FaultKind::DescriptorLimit => What::DescriptorLimit(self.process()?, self.number()?),
        })
    }

    fn number<N: std::str::FromStr>(&mut self) -> Result<N, Wrong> {
        let parse = |word: &str| word.parse().map_err(|_| "it is no number, or too large; write such as 64".to_owned());
        self.word("a number, such as 64", parse)
    }

    fn zone(&mut self) -> Result<Zone, Wrong> {
        let under = if self.accept_word("under") { Some(self.name("a path, such as /wal")?) } else { None };
        let part = if self.accept_word("part") { Some(self.part()?) } else { None };
        Ok(Zone { under, part })
    }

    fn part(&mut self) -> Result<Part, Wrong> {
        let blocks = |word: &str| {
            let numbers = word.split_once('+').and_then(|(first, rest)| {
                let (count, of) = rest.split_once('/')?;
                Some((first.parse().ok()?, count.parse().ok()?, of.parse().ok()?))
            });
            numbers.ok_or_else(|| "it is no part; write the first, how many, and of how many, such as 1+2/5".to_owned())
        };
        let (first, count, of) = self.word("which blocks, such as 1+2/5", blocks)?;
        if !self.accept_word("by") {
            return Err((self.next("`by` and a size")?.shown(), "here should be `by` and a size".into()));
        }
        Ok(Part { first, count, of, block: self.word("a size, such as 4096B", bytes)? })
    }
}

const NAME: &str = "a name that the simulation declares";

fn name_failure(word: &str) -> Result<NameFailure, String> {
    let words = NameFailure::ALL.map(NameFailure::word).join(", ");
    let failure = NameFailure::ALL.into_iter().find(|f| f.word() == word);
    failure.ok_or_else(|| format!("no lookup fails so; write one of {words}"))
}

fn signal(word: &str) -> Result<Signal, String> {
    let found = Signal::ALL.into_iter().find(|s| s.name() == word);
    found.ok_or_else(|| format!("no signal is called that; write one of {}", Signal::ALL.map(Signal::name).join(", ")))
}

fn ppm(word: &str) -> Result<i64, String> {
    let digits = word.strip_suffix("ppm").and_then(|digits| digits.parse().ok());
    digits.ok_or_else(|| "it is no rate; write parts in a million, such as +200ppm".into())
}

fn bandwidth(word: &str) -> Result<Bandwidth, String> {
    let size = word.strip_suffix("/s").ok_or("it is no bandwidth; write a size and `/s`, such as 10KiB/s")?;
    bytes(size).map(|size| Bandwidth::bytes_per_second(size.0))
}

fn bytes(word: &str) -> Result<Bytes, String> {
    let (digits, size) = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)]
        .into_iter()
        .find_map(|(unit, size)| word.strip_suffix(unit).map(|digits| (digits, size)))
        .ok_or("it has no unit; write one of B, KiB, MiB, GiB behind the number, such as 4096B")?;
    let number = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(size));
    number.map(Bytes).ok_or_else(|| "it is no size; write a whole number and a unit, such as 4096B".into())
}
