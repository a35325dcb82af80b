//! The write-ahead log: entries and hard states, in frames with checksums, in one file on the node's own disk.
//!
//! A frame is the length of its body, a checksum over length and body, and the body: all that one `Ready` wants
//! written. So a power loss takes it whole or not at all. (With a frame for each record, a hard state was left whose
//! commit index lay behind the last entry that was left, and raft-rs rightly refused to start: one seed in some
//! hundreds, under power loss, found it.) The file is only appended to. An entry for a place that is taken cuts off
//! what was there and behind; the last hard state counts.
//!
//! *May* lose: what was appended and not synced, when the power goes. *Must never* lose a frame that
//! [`append`](Wal::append) has synced, or give back one that is not whole. After an error the log has to be opened
//! anew: how much of a frame is there is not known, and whether a sync that failed has left something is not either.

use std::io;

use protobuf::Message;
use raft::prelude::{Entry, HardState};
use serde::{Deserialize, Serialize};
use tumult_sim::disk::{self, File};
use tumult_sim::net::{decode, encode};
use tumult_sim::sometimes;

use crate::storage::Image;

const FOLDER: &str = "/raft";
const PATH: &str = "/raft/log";
/// Length and checksum.
const HEAD: usize = 8;

/// What a frame holds.
#[derive(Serialize, Deserialize)]
struct Batch {
    state: Option<Vec<u8>>,
    entries: Vec<Vec<u8>>,
}

/// The log, opened to be appended to.
#[derive(Debug)]
pub(crate) struct Wal {
    file: File,
    end: u64,
}

impl Wal {
    /// Opens the log, or makes it; gives what is in it, all of which is durable.
    pub(crate) async fn open() -> io::Result<(Self, Image)> {
        disk::create_dir_all(FOLDER).await?;
        let mut file = File::options().read(true).write(true).create(true).open(PATH).await?;
        // Without these two a power loss may take the whole file.
        disk::sync_dir(FOLDER).await?;
        disk::sync_dir("/").await?;
        let mut bytes = vec![];
        file.read_to_end(&mut bytes).await?;
        let (image, end) = recover(&bytes)?;
        if end < bytes.len() {
            sometimes!("a torn frame is cut off");
            file.set_len(end as u64).await?;
        }
        // What a life before this wrote and did not sync can be read, and is not durable yet.
        file.sync_all().await?;
        Ok((Self { file, end: end as u64 }, image))
    }

    /// Appends entries and the hard state in one frame; with `sync` they are durable when this returns.
    pub(crate) async fn append(&mut self, entries: &[Entry], state: Option<&HardState>, sync: bool) -> io::Result<()> {
        if !entries.is_empty() || state.is_some() {
            let frame = frame(entries, state)?;
            self.file.write_all_at(&frame, self.end).await?;
            self.end += frame.len() as u64;
        }
        if sync { self.file.sync_data().await } else { Ok(()) }
    }
}

fn checksum(length: &[u8], body: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(length);
    hasher.update(body);
    hasher.finalize().to_le_bytes()
}

/// One frame: a batch is a hard state, or none, and entries, each as raft-rs encodes it.
fn frame(entries: &[Entry], state: Option<&HardState>) -> io::Result<Vec<u8>> {
    let state = state.map(Message::write_to_bytes).transpose()?;
    let entries = entries.iter().map(Message::write_to_bytes).collect::<Result<Vec<_>, _>>()?;
    let body = encode(&Batch { state, entries })?;
    let length = (body.len() as u32).to_le_bytes();
    Ok([&length[..], &checksum(&length, &body), &body].concat())
}

/// What the frames say, up to the first that is not whole, and where that begins.
fn recover(bytes: &[u8]) -> io::Result<(Image, usize)> {
    let (mut image, mut at) = (Image::default(), 0);
    while let Some((head, rest)) = bytes[at..].split_at_checked(HEAD) {
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(body) = rest.get(..length) else { break };
        if head[4..] != checksum(&head[..4], body) {
            break;
        }
        let strange = || io::Error::new(io::ErrorKind::InvalidData, format!("the frame at byte {at} is no batch"));
        let batch: Batch = decode(body).ok_or_else(strange)?;
        if let Some(state) = batch.state {
            image.hard_state = HardState::parse_from_bytes(&state)?;
        }
        for entry in batch.entries {
            image.append(&[Entry::parse_from_bytes(&entry)?]);
        }
        at += HEAD + length;
    }
    Ok((image, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(index: u64, term: u64) -> Entry {
        Entry { index, term, data: vec![index as u8; 5].into(), ..Entry::default() }
    }

    fn state() -> HardState {
        HardState { term: 3, vote: 2, commit: 1, ..HardState::default() }
    }

    #[test]
    fn an_entry_cuts_off_what_was_behind_its_place() {
        let first = frame(&[entry(1, 1), entry(2, 1), entry(3, 1)], None).unwrap();
        let bytes = [first, frame(&[entry(2, 3)], Some(&state())).unwrap()].concat();
        let (image, end) = recover(&bytes).unwrap();
        assert_eq!(image.entries, [entry(1, 1), entry(2, 3)]);
        assert_eq!((image.hard_state, end), (state(), bytes.len()));
    }

    #[test]
    fn the_log_ends_before_the_first_frame_that_is_not_whole() {
        let first = frame(&[entry(1, 1)], None).unwrap();
        let whole = first.len();
        let bytes = [first, frame(&[entry(2, 1)], Some(&state())).unwrap()].concat();
        for at in whole..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            for bytes in [&bytes[..at], &flipped] {
                let (image, end) = recover(bytes).unwrap();
                assert_eq!((image.entries.len(), end), (1, whole), "at {at}");
            }
        }
        let zeros = [bytes.clone(), vec![0; 600]].concat();
        assert_eq!(recover(&zeros).unwrap().1, bytes.len(), "a file made longer, whose new sectors were lost");
    }
}
