//! The replay token: one run, as a text to be pasted into a shell.
//!
//! `tm1:` and base64url of
//!
//! | part | as |
//! |---|---|
//! | length of everything after it but the checksum | varint |
//! | version of tumult that made it | varint length, text |
//! | `package::test` | varint length, text |
//! | seed | 8 bytes, little-endian |
//! | sections, until the end | varint tag, varint length, bytes |
//! | CRC-32 of all before | 4 bytes, little-endian |
//!
//! A later version may add sections: one that does not know a section's tag skips it, and says so. What would change
//! the meaning of the parts above gets another prefix.

use std::fmt;
use std::str::FromStr;

use super::base64url::{self, Bad};
use crate::base::{Choices, Error, Kind, Seed};
use crate::fault::Plan;
use crate::kernel::task::Schedule;
use crate::sim::SimConfig;
use crate::trace::TraceHash;

const PREFIX: &str = "tm1:";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a section says.
const PLAN: u64 = 1;
const SCHEDULE: u64 = 2;
// 3 was kept for the workload, which is among the choices, and never written.
const CHOICES: u64 = 4;
const TRACE: u64 = 5;

/// One run, to be run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// `package::crate::module::test`.
    pub(crate) test: String,
    pub(crate) seed: Seed,
    /// The plan of faults, if it is not the one that follows from the seed.
    pub(crate) plan: Option<Vec<u8>>,
    pub(crate) schedule: Schedule,
    /// What else is decided otherwise than by the seed.
    pub(crate) choices: Choices,
    /// The trace of the run that it was made of.
    pub(crate) trace: Option<TraceHash>,
    /// The version that made it.
    pub(crate) made_by: String,
    /// Tags of sections that this version does not know.
    pub(crate) unknown: Vec<u64>,
}

impl Token {
    pub(crate) fn new(test: &str, seed: Seed, schedule: Schedule) -> Self {
        Self {
            test: test.to_owned(),
            seed,
            plan: None,
            schedule,
            choices: Choices::default(),
            trace: None,
            made_by: VERSION.to_owned(),
            unknown: vec![],
        }
    }

    /// The token's own plan, if it has one.
    ///
    /// # Errors
    /// When it is no plan: what is wrong with it.
    pub(crate) fn plan(&self) -> Result<Option<Plan>, Error> {
        self.plan.as_ref().map(|text| String::from_utf8_lossy(text).parse()).transpose()
    }

    /// The token of the run with these settings.
    pub(crate) fn of(test: &str, config: &SimConfig) -> Self {
        let plan = config.plan.as_ref().map(|plan| plan.to_string().into_bytes());
        Self { plan, choices: config.choices.clone(), ..Self::new(test, config.seed, config.schedule) }
    }

    /// Whether it is the same run, whoever made the token and whatever came of it then.
    pub(crate) fn is_same_run(&self, other: &Self) -> bool {
        let run = |t: &Self| (t.test.clone(), t.seed, t.plan.clone(), t.schedule, t.choices.clone());
        run(self) == run(other)
    }

    /// The settings of its run, where those of the search are `config`.
    ///
    /// # Errors
    /// When its plan is none.
    pub(crate) fn settings(&self, config: &SimConfig) -> Result<SimConfig, Error> {
        let (seed, schedule, choices) = (self.seed, self.schedule, self.choices.clone());
        Ok(SimConfig { seed, schedule, plan: self.plan()?, choices, ..config.clone() })
    }

    /// The token, when it is of this test.
    pub(crate) fn for_test(self, test: &str) -> Result<Self, Error> {
        if self.test == test {
            return Ok(self);
        }
        let name = self.test.rsplit_once("::").map_or(self.test.as_str(), |(_, name)| name);
        Err(refused(&format!(
            "the token is for the test {}, and this is {test}; run that test alone: add `{name}` to the command, or unset \
             TUMULT_REPLAY",
            self.test
        )))
    }

    /// What a replay has to say before it begins: that the run may not be the one the token was made of.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = vec![];
        if self.made_by != VERSION {
            warnings.push(format!(
                "the token was made by tumult {}, this is {VERSION}: the run may be another one",
                self.made_by
            ));
        }
        let name = |tag: &u64| format!("the token's section {tag} is of a later version and was skipped");
        warnings.extend(self.unknown.iter().map(name));
        warnings
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut body = vec![];
        put_bytes(&mut body, self.made_by.as_bytes());
        put_bytes(&mut body, self.test.as_bytes());
        body.extend(self.seed.0.to_le_bytes());
        let schedule = (self.schedule != Schedule::default()).then(|| self.schedule.to_string().into_bytes());
        let choices =
            (!self.choices.is_default()).then(|| postcard::to_allocvec(&self.choices).expect("it has no maps"));
        let trace = self.trace.map(|trace| trace.bits().to_le_bytes().to_vec());
        let plan = self.plan.clone();
        for (tag, section) in [(PLAN, plan), (SCHEDULE, schedule), (CHOICES, choices), (TRACE, trace)] {
            if let Some(bytes) = section {
                put_varint(&mut body, tag);
                put_bytes(&mut body, &bytes);
            }
        }
        let mut all = vec![];
        put_bytes(&mut all, &body);
        let sum = crc32fast::hash(&all);
        all.extend(sum.to_le_bytes());
        write!(f, "{PREFIX}{}", base64url::encode(&all))
    }
}

impl FromStr for Token {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let Some(encoded) = text.strip_prefix(PREFIX) else { return Err(other_version(text)) };
        let all = match base64url::decode(encoded) {
            Ok(all) => all,
            Err(Bad::Character(c, at)) => {
                return Err(damaged(&format!("`{c}`, its character {}, cannot stand there", PREFIX.len() + at + 1)));
            }
            Err(Bad::End) => return Err(damaged("it is cut off, or its last character was changed")),
        };
        let mut input = Input(&all);
        let length = input.varint().ok_or_else(|| damaged("it is cut off at its beginning"))?;
        let have = input.0.len().saturating_sub(4);
        if (have as u64) < length {
            let missing = (length - have as u64) * 4 / 3;
            return Err(damaged(&format!("it is cut off: about {missing} characters are missing")));
        }
        let Some((sealed, sum)) = all.split_last_chunk::<4>() else {
            return Err(damaged("it is cut off at its beginning"));
        };
        if crc32fast::hash(sealed).to_le_bytes() != *sum {
            return Err(damaged("its checksum does not match: a character was changed or added"));
        }
        let length = length as usize;
        let end = sealed.len() - have + length;
        parse_body(&sealed[end - length..end])
            .filter(|_| end == sealed.len())
            .ok_or_else(|| damaged("its checksum matches, but its parts do not"))?
    }
}

/// `None` when the parts do not add up.
fn parse_body(body: &[u8]) -> Option<Result<Token, Error>> {
    let mut input = Input(body);
    let made_by = input.text()?;
    let test = input.text()?;
    let seed = Seed(u64::from_le_bytes(input.take(8)?.try_into().ok()?));
    let mut token = Token { made_by, ..Token::new(&test, seed, Schedule::default()) };
    while !input.0.is_empty() {
        let tag = input.varint()?;
        let bytes = input.bytes()?;
        match tag {
            PLAN => token.plan = Some(bytes.to_vec()),
            SCHEDULE => match std::str::from_utf8(bytes).ok()?.parse() {
                Ok(schedule) => token.schedule = schedule,
                Err(error) => return Some(Err(refused(&error.to_string()))),
            },
            CHOICES => token.choices = postcard::from_bytes(bytes).ok()?,
            TRACE => token.trace = Some(TraceHash::from_bits(u64::from_le_bytes(bytes.try_into().ok()?))),
            unknown => token.unknown.push(unknown),
        }
    }
    Some(Ok(token))
}

fn refused(why: &str) -> Error {
    Error::new(Kind::Token, format!("replay: {why}"))
}

fn damaged(why: &str) -> Error {
    refused(&format!("the token is damaged: {why}; copy it again, whole, from the REPLAY line of the report"))
}

fn other_version(text: &str) -> Error {
    let version = text.strip_prefix("tm").and_then(|rest| rest.split_once(':')).map(|(digits, _)| digits);
    match version {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => refused(&format!(
            "the token is of format {digits}, and tumult {VERSION} reads format 1 (`{PREFIX}…`); use the version of \
             tumult that made it"
        )),
        _ => {
            let shown: String = text.chars().take(20).collect();
            refused(&format!(
                "`{shown}` is no token: one begins with `{PREFIX}`; copy it from the REPLAY line of a report"
            ))
        }
    }
}

fn put_varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut n = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.take(1)?[0];
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let n = self.varint()?;
        self.take(usize::try_from(n).ok()?)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Drawn, MessageName, Time};

    fn token() -> Token {
        Token::new("kv::kv::tests::linearizable", Seed(0x5eed_1f3a), Schedule::default())
    }

    fn message(text: &str) -> String {
        let error = text.parse::<Token>().unwrap_err();
        assert!(error.is_token());
        error.to_string()
    }

    /// A token's text, made of a body.
    fn seal(body: &[u8]) -> String {
        let mut all = vec![];
        put_bytes(&mut all, body);
        let sum = crc32fast::hash(&all);
        all.extend(sum.to_le_bytes());
        format!("{PREFIX}{}", base64url::encode(&all))
    }

    #[test]
    fn a_token_reads_as_it_was_written() {
        let full = Token {
            plan: Some(b"a plan".to_vec()),
            schedule: Schedule::Pct(3),
            choices: Choices {
                messages: Some(vec![MessageName { from: "a".into(), to: "b c".into(), number: u64::MAX }]),
                latency: Drawn::Within(Time::ZERO, Time::from_nanos(9)),
                absent: vec!["z".into()],
                ..Choices::default()
            },
            trace: Some(TraceHash::from_bits(7)),
            ..token()
        };
        for t in [token(), full] {
            assert_eq!(t.to_string().parse::<Token>().unwrap(), t);
        }
        let text = token().to_string();
        assert!(text.len() < 80, "{text}");
        assert!(text[4..].bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{text}");
    }

    #[test]
    fn tokens_are_pinned() {
        // A change here makes tokens in bug reports unreadable.
        let text = Token { made_by: "0.1.0".into(), ..token() }.to_string();
        assert_eq!(text, "tm1:KgUwLjEuMBtrdjo6a3Y6OnRlc3RzOjpsaW5lYXJpemFibGU6H-1eAAAAAKqtjlA");
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let text = token().to_string();
        for at in 0..text.len() {
            for new in ['A', 'b', '7', '_', '!'] {
                let mut changed = text.clone();
                changed.replace_range(at..=at, &new.to_string());
                if changed != text {
                    message(&changed);
                }
            }
        }
        let at = text.len() / 2;
        let old = text.as_bytes()[at];
        let mut flipped = text.clone();
        flipped.replace_range(at..=at, if old == b'A' { "B" } else { "A" });
        assert_eq!(
            message(&flipped),
            "failed to replay: the token is damaged: its checksum does not match: a character was changed or added; copy \
             it again, whole, from the REPLAY line of the report"
        );
        assert!(message(&text.replace(':', "+")).contains("no token"));
        assert!(message(&format!("{}+", &text[..20])).contains("`+`, its character 21, cannot stand there"));
    }

    #[test]
    fn a_token_that_was_cut_off_is_named_as_that() {
        let text = token().to_string();
        for end in 5..text.len() {
            let message = message(&text[..end]);
            assert!(message.contains("cut off"), "{end}: {message}");
        }
        let half = message(&text[..36]);
        assert!(half.contains("it is cut off: about 30 characters are missing"), "{half}");
        assert!(message("tm1:").contains("cut off at its beginning"));
        // Their length is 0, and not even the checksum is there.
        for short in ["tm1:AA", "tm1:AAE", "tm1:AAEC", "tm1:AAAAAA"] {
            message(short);
        }
        assert!(message(&format!("{text}AAAA")).contains("changed or added"));
    }

    #[test]
    fn another_version_and_no_token_are_told_apart() {
        assert_eq!(
            message("tm2:AAEC"),
            format!(
                "failed to replay: the token is of format 2, and tumult {VERSION} reads format 1 (`tm1:…`); use the \
                 version of tumult that made it"
            )
        );
        assert_eq!(
            message("0x5eed"),
            "failed to replay: `0x5eed` is no token: one begins with `tm1:`; copy it from the REPLAY line of a report"
        );
        assert!(message("").contains("no token"));
        let other = Token { made_by: "9.0.0".into(), ..token() }.to_string().parse::<Token>().unwrap();
        assert!(other.warnings()[0].contains("made by tumult 9.0.0, this is "), "{:?}", other.warnings());
        assert_eq!(token().warnings(), [""; 0]);
    }

    #[test]
    fn another_test_is_named() {
        assert_eq!(
            token().for_test("kv::kv::tests::durable").unwrap_err().to_string(),
            "failed to replay: the token is for the test kv::kv::tests::linearizable, and this is kv::kv::tests::durable; \
             run that test alone: add `linearizable` to the command, or unset TUMULT_REPLAY"
        );
        assert!(token().for_test("kv::kv::tests::linearizable").is_ok());
    }

    #[test]
    fn sections_of_a_later_version_are_skipped_and_said() {
        let mut body = vec![];
        put_bytes(&mut body, VERSION.as_bytes());
        put_bytes(&mut body, b"a::b");
        body.extend(7u64.to_le_bytes());
        put_varint(&mut body, 200);
        put_bytes(&mut body, b"what is to come");
        put_varint(&mut body, SCHEDULE);
        put_bytes(&mut body, b"fifo");
        let token: Token = seal(&body).parse().unwrap();
        assert_eq!((token.seed, token.schedule, &*token.unknown), (Seed(7), Schedule::Fifo, &[200][..]));
        assert_eq!(token.warnings(), ["the token's section 200 is of a later version and was skipped"]);
    }

    #[test]
    fn parts_that_do_not_add_up_are_refused() {
        for body in [&[][..], &[200, 1], &[0, 0, 1, 2, 3], &[0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 2, 9, 1]] {
            assert!(message(&seal(body)).contains("its parts do not"), "{body:?}");
        }
        let mut body = vec![0, 0, 1, 2, 3, 4, 5, 6, 7, 8, SCHEDULE as u8];
        put_bytes(&mut body, b"lifo");
        assert!(message(&seal(&body)).contains("`lifo`"));
    }
}
