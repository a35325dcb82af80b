//! The write-ahead log: transactions in frames with checksums, on the store's own disk.
//!
//! A frame is the length of its body, a checksum over length and body, and the body. A power loss may tear the frame
//! that was being written, and no other; so the log ends before the first frame that is not whole, and what is behind is
//! cut off. A transaction is one frame: it is there whole or not at all.
//!
//! Both can be taken out: checksums that are not looked at, and a transaction that is as many frames as it has records.

use std::io;

use tumult_sim::disk::{self, File};

const FOLDER: &str = "/queue";
const PATH: &str = "/queue/log";
/// Length and checksum.
const HEAD: usize = 8;

/// The log, opened to be appended to.
#[derive(Debug)]
pub(super) struct Wal {
    file: File,
    end: u64,
    frames: u64,
    syncs: bool,
}

/// How a log is read: whether checksums are looked at, and what each body is given to, which says whether it is one.
pub(super) struct Reading<'a> {
    pub(super) checksums: bool,
    pub(super) replay: &'a mut dyn FnMut(&[u8]) -> io::Result<bool>,
}

/// That a frame is in the log, for good if the log syncs: its number. What was not appended cannot have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Durable(u64);

impl Durable {
    pub(super) fn number(self) -> u64 {
        self.0
    }
}

impl Wal {
    /// Opens the log, or makes it, and reads its frames, all of which are durable. Without `syncs`, appended frames are
    /// not: the defect that power losses find.
    pub(super) async fn open(syncs: bool, mut reading: Reading<'_>) -> io::Result<Self> {
        disk::create_dir_all(FOLDER).await?;
        let mut file = File::options().read(true).write(true).create(true).open(PATH).await?;
        disk::sync_dir(FOLDER).await?;
        disk::sync_dir("/").await?;
        let mut bytes = vec![];
        file.read_to_end(&mut bytes).await?;
        let (count, end) = frames(&bytes, &mut reading)?;
        if end < bytes.len() {
            file.set_len(end as u64).await?;
        }
        // What a killed store wrote and did not sync can be read, and is not durable yet.
        file.sync_all().await?;
        Ok(Self { file, end: end as u64, frames: count, syncs })
    }

    /// Writes a frame at the log's end. After an error the log has to be opened anew: how much of the frame is there is
    /// not known.
    pub(super) async fn write(&mut self, body: &[u8]) -> io::Result<()> {
        let frame = frame(body);
        self.file.write_all_at(&frame, self.end).await?;
        self.end += frame.len() as u64;
        self.frames += 1;
        Ok(())
    }

    /// Makes what was written durable; gives the number of the last frame. After an error as after one of `write`.
    pub(super) async fn sync(&mut self) -> io::Result<Durable> {
        if self.syncs {
            self.file.sync_data().await?;
        }
        Ok(Durable(self.frames - 1))
    }
}

fn checksum(length: [u8; 4], body: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(body);
    hasher.finalize().to_le_bytes()
}

fn frame(body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32).to_le_bytes();
    [&length, &checksum(length, body), body].concat()
}

/// How many frames there are up to the first that is not whole, or no transaction, and where that begins.
fn frames(bytes: &[u8], reading: &mut Reading<'_>) -> io::Result<(u64, usize)> {
    let (mut count, mut at) = (0, 0);
    while let Some((head, rest)) = bytes[at..].split_at_checked(HEAD) {
        let length = [head[0], head[1], head[2], head[3]];
        let Some(body) = rest.get(..u32::from_le_bytes(length) as usize) else { break };
        if (reading.checksums && head[4..] != checksum(length, body)) || !(reading.replay)(body)? {
            break;
        }
        count += 1;
        at += HEAD + body.len();
    }
    Ok((count, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bodies of the frames, and where they end.
    fn read(bytes: &[u8], checksums: bool) -> (Vec<Vec<u8>>, usize) {
        let mut bodies = vec![];
        let mut replay = |body: &[u8]| {
            bodies.push(body.to_vec());
            Ok(true)
        };
        let (count, end) = frames(bytes, &mut Reading { checksums, replay: &mut replay }).unwrap();
        assert_eq!(count, bodies.len() as u64);
        (bodies, end)
    }

    #[test]
    fn the_log_ends_before_the_first_frame_that_is_not_whole() {
        let log = [frame(b"one"), frame(b""), frame(b"three")].concat();
        let bodies = vec![b"one".to_vec(), vec![], b"three".to_vec()];
        assert_eq!(read(&log, true), (bodies.clone(), log.len()));
        let third = log.len() - HEAD - 5;
        for cut in third..log.len() {
            assert_eq!(read(&log[..cut], true), (bodies[..2].to_vec(), third), "cut at {cut}");
        }
        for at in third..log.len() {
            let mut flipped = log.clone();
            flipped[at] ^= 0x10;
            assert_eq!(read(&flipped, true), (bodies[..2].to_vec(), third), "flipped at {at}");
        }
        let zeros = [log.clone(), vec![0; 600]].concat();
        assert_eq!(read(&zeros, true), (bodies, log.len()), "a file made longer, whose new sectors were lost");
    }

    #[test]
    fn without_checksums_a_damaged_frame_is_taken_for_a_whole_one() {
        let mut log = [frame(b"one"), frame(b"two")].concat();
        *log.last_mut().unwrap() = 0;
        assert_eq!(read(&log, true).0, [b"one"]);
        assert_eq!(read(&log, false).0, [b"one", b"tw\0"]);
    }

    #[test]
    fn the_log_ends_before_what_is_no_transaction() {
        let log = [frame(b"one"), frame(b"two")].concat();
        let mut replay = |body: &[u8]| Ok(body == b"one");
        let one = (1, HEAD + 3);
        assert_eq!(frames(&log, &mut Reading { checksums: true, replay: &mut replay }).unwrap(), one);
    }
}
