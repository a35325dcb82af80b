//! A token that was changed is an error, or the token of another run: never a panic, and never a run that it does not
//! speak of.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Dice, random, run, search_of, small};
use crate::search::base64url;
use crate::search::token::Token;
use crate::sim::SimConfig;

const MANY: usize = 10_000;
/// Of the changed tokens that are tokens, so many are run.
const RUN: usize = 300;

/// Changes a sequence once or a few times: bits, ends, pieces of another, pieces twice.
fn mutate(dice: &mut Dice, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=dice.below(3) {
        let (at, end) = (dice.below(bytes.len() + 1), dice.below(bytes.len() + 1));
        let (from, to) = (at.min(end), at.max(end));
        match dice.below(7) {
            0 if !bytes.is_empty() => {
                let n = dice.below(bytes.len());
                bytes[n] ^= 1 << dice.below(8);
            }
            1 if !bytes.is_empty() => {
                let n = dice.below(bytes.len());
                bytes[n] = [0, 0x7f, 0x80, 0xff][dice.below(4)];
            }
            2 => bytes.truncate(at),
            3 => {
                let cut = dice.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[cut..]);
            }
            4 => {
                let piece = bytes[from..to].to_vec();
                bytes.splice(to..to, piece);
            }
            5 => drop(bytes.drain(from..to)),
            _ => {
                let n = dice.below(12);
                let noise: Vec<u8> = (0..n).map(|_| dice.next() as u8).collect();
                bytes.splice(at..at, noise);
            }
        }
    }
    bytes
}

/// The bytes of a token, and back.
fn bytes(token: &str) -> Vec<u8> {
    base64url::decode(&token[4..]).unwrap_or_else(|_| panic!("{token} is one"))
}

fn text(bytes: &[u8]) -> String {
    format!("tm1:{}", base64url::encode(bytes))
}

/// The body of a token alone: without its length and its checksum.
fn body(token: &str) -> Vec<u8> {
    let all = bytes(token);
    let length = all.iter().position(|byte| *byte < 0x80).unwrap() + 1;
    all[length..all.len() - 4].to_vec()
}

fn seal(body: &[u8]) -> String {
    let (mut all, mut length) = (vec![], body.len());
    while length >= 0x80 {
        all.push(length as u8 | 0x80);
        length >>= 7;
    }
    all.push(length as u8);
    all.extend_from_slice(body);
    let sum = crc32fast::hash(&all);
    all.extend(sum.to_le_bytes());
    text(&all)
}

/// What became of a text that may be a token; it panics nowhere.
fn parse(text: &str) -> Option<Token> {
    match catch_unwind(|| text.parse::<Token>()) {
        Ok(Ok(token)) => Some(token),
        Ok(Err(error)) => {
            assert!(error.is_token() || error.is_config(), "{text}: {error}");
            None
        }
        Err(panic) => panic!("it panics: {text}: {panic:?}"),
    }
}

#[test]
fn mutated_tokens_are_errors_and_never_panics_or_wrong_runs() {
    let mut dice = Dice(1_000_000);
    let tokens: Vec<String> = (0..40).map(|_| random(&mut dice).0.to_string()).collect();
    let mut others = vec![];
    for n in 0..MANY {
        let (token, other) = (&tokens[dice.below(tokens.len())], &tokens[dice.below(tokens.len())]);
        let changed = match n % 4 {
            0 => text(&mutate(&mut dice, &bytes(token), &bytes(other))),
            1 => String::from_utf8_lossy(&mutate(&mut dice, token.as_bytes(), other.as_bytes())).into_owned(),
            _ => seal(&mutate(&mut dice, &body(token), &body(other))),
        };
        let Some(read) = parse(&changed) else { continue };
        if n % 4 < 2 {
            // Nothing of it was changed, or all of it: by the other.
            assert!(tokens.iter().any(|t| *t == changed.trim()), "the checksum holds: {changed}");
        } else {
            others.push((changed, read));
        }
    }
    assert!(others.len() > 100, "{} with a checksum that fits are tokens", others.len());
    for (changed, read) in &others {
        let again = read.to_string().parse::<Token>().unwrap();
        let plain = Token { unknown: vec![], ..read.clone() };
        assert_eq!(again, Token { made_by: again.made_by.clone(), ..plain }, "{changed}");
    }
    let step = others.len() / RUN.min(others.len());
    for (changed, read) in others.iter().step_by(step) {
        let made = catch_unwind(AssertUnwindSafe(|| as_it_says(changed, read)));
        assert!(made.is_ok(), "it panics: {changed}");
    }
}

/// A search refuses the token, or makes the very run that it says, and says so if it is not the one it was made of.
fn as_it_says(changed: &str, read: &Token) {
    let search = match search_of(changed) {
        Ok(search) => search,
        Err(error) => {
            let other = read.test != "trials::trials::small";
            return assert!(other || read.plan().is_err(), "{error}: {changed}");
        }
    };
    let found = search.run(small);
    let outcome = run(&read.settings(&SimConfig::default()).unwrap());
    assert_eq!(found.failure(), outcome.failure.as_ref(), "{changed}");
    let another = read.trace.is_some_and(|trace| trace != outcome.trace);
    if let Some(report) = found.report() {
        assert_eq!(report.contains("the token was made of a run"), another, "{changed}");
    }
}
