//! A file's content: what is read, and what a power loss leaves of what was written.

use super::*;
use crate::base::{Key, Seed};

const LIMIT: Bytes = Bytes::mib(8);

fn half() -> Probability {
    Probability::new(0.5).unwrap()
}

fn read(content: &Content) -> Vec<u8> {
    let mut bytes = vec![0; content.len() as usize];
    content.read_at(0, &mut bytes);
    bytes
}

/// A file with 4 synced sectors of 1, then overwritten with 2, then cut by a power loss.
fn overwritten(seed: u64) -> Vec<u8> {
    let mut content = Content::default();
    content.write_at(0, 0, &[1; 2048], Time::ZERO, LIMIT);
    content.sync();
    content.write_at(1, 0, &[2; 2048], Time::ZERO, LIMIT);
    content.power_loss(Key::root(Seed(seed)).counter(), half());
    assert!(content.dirty.is_none());
    read(&content)
}

#[test]
fn a_power_loss_tears_at_sectors() {
    let mut seen = [0; 3];
    for seed in 0..200 {
        let bytes = overwritten(seed);
        assert_eq!(bytes.len(), 2048);
        assert!(bytes.chunks(512).all(|s| s == [1; 512] || s == [2; 512]), "torn within a sector");
        let new = bytes.chunks(512).filter(|s| s[0] == 2).count();
        seen[[0, 1, 1, 1, 2][new]] += 1;
    }
    assert!(seen.iter().all(|n| *n > 30), "all lost, torn, all kept: {seen:?}");
}

#[test]
fn what_was_synced_stays() {
    for seed in 0..50 {
        let mut content = Content::default();
        content.write_at(0, 100, b"synced", Time::ZERO, LIMIT);
        content.sync();
        content.power_loss(Key::root(Seed(seed)).counter(), Probability::NEVER);
        assert_eq!(&read(&content)[100..], b"synced");
    }
}

#[test]
fn a_lost_length_hides_what_was_written_past_it() {
    for seed in 0..200 {
        let mut content = Content::default();
        content.write_at(0, 0, b"old", Time::ZERO, LIMIT);
        content.sync();
        content.write_at(1, 3, b"new", Time::ZERO, LIMIT);
        content.power_loss(Key::root(Seed(seed)).counter(), half());
        let len = content.len();
        content.set_len(2, 6, Time::ZERO, LIMIT);
        let bytes = read(&content);
        assert_eq!(&bytes[..3], b"old");
        match len {
            3 => assert_eq!(&bytes[3..], b"\0\0\0", "seed {seed}"),
            6 => assert!(&bytes[3..] == b"new" || &bytes[3..] == b"\0\0\0", "seed {seed}"),
            len => panic!("length {len}"),
        }
    }
}

#[test]
fn a_cut_is_lost_or_kept() {
    let mut kept = 0;
    for seed in 0..100 {
        let mut content = Content::default();
        content.write_at(0, 0, &[1; 9000], Time::ZERO, LIMIT);
        content.sync();
        content.set_len(1, 10, Time::ZERO, LIMIT);
        assert_eq!(read(&content), [1; 10]);
        content.set_len(2, 9000, Time::ZERO, LIMIT);
        assert_eq!(read(&content)[10..], [0; 8990]);
        content.set_len(3, 10, Time::ZERO, LIMIT);
        content.power_loss(Key::root(Seed(seed)).counter(), half());
        kept += usize::from(content.len() == 10);
        assert!([10, 9000].contains(&content.len()));
    }
    assert!((20..95).contains(&kept), "{kept}");
}

#[test]
fn too_much_unsynced_data_is_written_back() {
    let mut content = Content::default();
    for i in 0..5 {
        content.write_at(i, i * 100, &[1; 100], Time::ZERO, Bytes(600));
    }
    content.power_loss(Key::root(Seed(1)).counter(), Probability::NEVER);
    assert_eq!(content.len(), 400, "the first four went over the limit, together, the fifth is new");
}

#[test]
fn times_are_durable_with_what_changed() {
    let at = Time::from_nanos;
    let mut content = Content::new(at(1));
    content.write_at(0, 0, b"x", at(2), LIMIT);
    content.sync();
    content.write_at(1, 0, b"y", at(3), LIMIT);
    assert_eq!(content.modified(), at(3));
    content.power_loss(Key::root(Seed(1)).counter(), Probability::NEVER);
    assert_eq!(content.modified(), at(2));
}
