//! A write-ahead log as a program writes one: two copies, each record with its number and a checksum.
//!
//! A record is acknowledged when both copies are synced. The first copy is synced before the second is begun, so one
//! of them is whole after every crash; and where the second has something and neither is whole, something was lost.

use std::io;
use std::time::Duration;

use tumult_sim::disk::{self, File, OpenOptions};
use tumult_sim::time::sleep;

/// Bytes of a record on the disk: three sectors, so that it can tear.
pub(crate) const SLOT: usize = 1536;
const HEAD: usize = 24;
/// So often a record that is wrong is read again: what flipped on the way may be right the next time.
const READS: usize = 8;
pub(crate) const COPIES: [&str; 2] = ["/wal/a", "/wal/b"];

/// What a log forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forgets {
    Nothing,
    /// To sync the directories: the names of its files are pending for ever.
    TheDirectories,
    /// That a sync failed: it syncs again, and takes success for proof.
    TheFailedSync,
    /// That a record may be torn: it looks at the head only.
    TheChecksum,
}

/// What a record has in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Record {
    pub(crate) number: u32,
    /// Which of all attempts to write this number it was.
    pub(crate) attempt: u32,
}

impl Record {
    fn encode(self) -> Vec<u8> {
        let word = (u64::from(self.number) << 32 | u64::from(self.attempt)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let body = word.to_le_bytes().repeat((SLOT - HEAD) / 8);
        let mut bytes = vec![];
        bytes.extend(self.number.to_le_bytes());
        bytes.extend(self.attempt.to_le_bytes());
        bytes.extend((body.len() as u64).to_le_bytes());
        let sum = checksum(&bytes, &body);
        bytes.extend(sum.to_le_bytes());
        bytes.extend(body);
        bytes
    }

    /// The record in these bytes, if it is whole.
    fn decode(bytes: &[u8], number: u32, forgets: Forgets) -> Option<(Self, Vec<u8>)> {
        let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let record = Self { number: word(0)?, attempt: word(4)? };
        if record.number != number || word(8)? as usize != SLOT - HEAD {
            return None;
        }
        let sum = u64::from_le_bytes(bytes.get(16..HEAD)?.try_into().ok()?);
        let body = bytes.get(HEAD..SLOT)?;
        let whole = checksum(&bytes[..16], body) == sum;
        (whole || forgets == Forgets::TheChecksum).then(|| (record, body.to_vec()))
    }

    /// Whether this is what was written.
    pub(crate) fn has_body(self, body: &[u8]) -> bool {
        self.encode()[HEAD..] == *body
    }
}

/// What a log found when it was opened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) records: Vec<(Record, Vec<u8>)>,
    /// Numbers of which it says that they are lost.
    pub(crate) lost: Vec<u32>,
}

#[derive(Debug)]
pub(crate) struct Log {
    copies: Vec<File>,
    forgets: Forgets,
    pub(crate) next: u32,
}

impl Log {
    /// Opens or makes the log, mends what one copy has lost, and gives what is there.
    pub(crate) async fn open(forgets: Forgets) -> (Self, Found) {
        until_done(|| disk::create_dir_all("/wal")).await;
        let mut copies = vec![];
        for path in COPIES {
            let options = || async move { OpenOptions::new().read(true).write(true).create(true).open(path).await };
            copies.push(until_done(options).await);
        }
        if forgets != Forgets::TheDirectories {
            until_done(|| disk::sync_dir("/wal")).await;
            until_done(|| disk::sync_dir("/")).await;
        }
        let mut log = Self { copies, forgets, next: 0 };
        let found = log.recover().await;
        (log, found)
    }

    async fn recover(&mut self) -> Found {
        let mut found = Found::default();
        let mut slots = [0; 2];
        for (copy, slots) in self.copies.iter().zip(&mut slots) {
            *slots = until_done(|| copy.metadata()).await.len().div_ceil(SLOT as u64) as u32;
        }
        let end = slots[0].max(slots[1]);
        for number in 0..end {
            let mut there = [self.read(0, number).await, self.read(1, number).await];
            let Some(record) = there[0].clone().or(there[1].clone()) else {
                // The first copy is synced before the second is begun: it was whole if the second has anything.
                if number < slots[1] || number + 1 < end {
                    found.lost.push(number);
                    self.next = number + 1;
                }
                continue;
            };
            self.next = number + 1;
            for (n, copy) in there.iter_mut().enumerate() {
                // What the life before left last may be seen without being durable: a failed sync tells only once.
                if copy.is_none() || number + 1 == end {
                    self.write(n, record.0).await;
                }
            }
            found.records.push(record);
        }
        found
    }

    /// A record of one copy, read again when it is wrong.
    async fn read(&self, copy: usize, number: u32) -> Option<(Record, Vec<u8>)> {
        let mut bytes = vec![0; SLOT];
        for _ in 0..READS {
            let offset = u64::from(number) * SLOT as u64;
            let n = until_done(|| read_at(&self.copies[copy], offset)).await;
            bytes.copy_from_slice(&n);
            let record = Record::decode(&bytes, number, self.forgets);
            if record.is_some() {
                return record;
            }
        }
        None
    }

    /// Writes a record to one copy, and again when anything of that fails, until it is durable.
    async fn write(&self, copy: usize, record: Record) {
        let (file, bytes) = (&self.copies[copy], record.encode());
        let offset = u64::from(record.number) * SLOT as u64;
        loop {
            until_done(|| file.write_all_at(&bytes, offset)).await;
            if self.forgets == Forgets::TheFailedSync {
                until_done(|| file.sync_data()).await;
                return;
            }
            if file.sync_data().await.is_ok() {
                return;
            }
            sleep(PAUSE).await;
        }
    }

    /// Appends a record; once this returns it is acknowledged.
    pub(crate) async fn append(&mut self, attempt: u32) -> Record {
        let record = Record { number: self.next, attempt };
        for copy in 0..COPIES.len() {
            self.write(copy, record).await;
        }
        self.next += 1;
        record
    }
}

const PAUSE: Duration = Duration::from_millis(5);

/// Tries again until it works: every fault is healed in the end.
async fn until_done<T, F: Future<Output = io::Result<T>>>(mut what: impl FnMut() -> F) -> T {
    loop {
        match what().await {
            Ok(done) => return done,
            Err(_) => sleep(PAUSE).await,
        }
    }
}

async fn read_at(file: &File, offset: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; SLOT];
    file.read_at(&mut bytes, offset).await?;
    Ok(bytes)
}

/// FNV-1a over words, turned at each: without that two flips of the highest bit would cancel.
fn checksum(head: &[u8], body: &[u8]) -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for word in head.as_chunks::<8>().0.iter().chain(body.as_chunks::<8>().0) {
        sum = (sum ^ u64::from_le_bytes(*word)).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    }
    sum
}
