//! What the fuzz targets do with their input: each reads it, and what can be read has to read the same again when it is
//! written. *Must never* panic but for that: whatever comes in, an error is the answer.

use libfuzzer_sys::Corpus;
use tumult_sim::fault::{Plan, PlannedFault};
use tumult_sim::journal::{Journal, RunRecord};
use tumult_sim::search::{Replay, Search};

/// Whether an input is kept for others to be made of: also those that are refused lead somewhere new.
pub fn keep(read: Option<()>) -> Corpus {
    let _ = read;
    Corpus::Keep
}

/// `tm1:…` as text; or where its first byte is 0 the parts of one, which get the length and checksum that fit.
pub fn token(data: &[u8]) -> Option<()> {
    let text = match data.split_first() {
        Some((0, body)) => seal(body),
        _ => String::from_utf8_lossy(data).into_owned(),
    };
    let replay: Replay = text.parse().ok()?;
    let (test, seed, plan) = (replay.test, replay.seed, replay.plan);
    assert!(test.ends_with(&replay.path) && test.starts_with(&replay.package));
    if let Some(plan) = &plan {
        assert_eq!(plan.parse::<Plan>().expect("it was read").to_string(), *plan);
    }
    // A search of that name takes it, whatever else it says; and no other does.
    Search::new(&test).replay(&text).expect("it is of this search");
    assert!(Search::new(&format!("{test}x")).replay(&text).is_err());
    let again: Replay = text.parse().expect("it was read");
    assert_eq!((again.test, again.seed, again.plan), (test, seed, plan));
    Some(())
}

/// A plan, a fault a line.
pub fn plan(data: &[u8]) -> Option<()> {
    let text = String::from_utf8_lossy(data);
    for line in text.lines() {
        if let Ok(fault) = line.parse::<PlannedFault>() {
            assert_eq!(fault.to_string().parse::<PlannedFault>().expect("it was printed"), fault);
        }
    }
    let plan: Plan = text.parse().ok()?;
    assert_eq!(plan.to_string().parse::<Plan>().expect("it was printed"), plan);
    Some(())
}

/// A journal, and a run record.
pub fn journal(data: &[u8]) -> Option<()> {
    let text = String::from_utf8_lossy(data);
    if let Ok(run) = RunRecord::from_json(&text) {
        let json = run.to_json().expect("it was read");
        assert_eq!(RunRecord::from_json(&json).expect("it was written"), run);
    }
    let journal = Journal::from_json(&text).ok()?;
    let json = journal.to_json().expect("it was read");
    assert_eq!(Journal::from_json(&json).expect("it was written"), journal);
    Some(())
}

/// The text of a token with this body.
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
    format!("tm1:{}", base64url(&all))
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for piece in bytes.chunks(3) {
        let word = piece.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - piece.len()));
        text.extend((0..=piece.len()).map(|n| char::from(ALPHABET[(word >> (18 - 6 * n)) as usize & 63])));
    }
    text
}
