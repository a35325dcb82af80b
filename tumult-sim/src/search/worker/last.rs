//! The last events of a recorded run, in memory that outlives its process: what is known of a run that crashed.
//!
//! The memory has a number (how many entries were made), the names of processes, and a ring of entries of one size. An
//! entry that is longer is cut.

use std::io::Write as _;

use crate::base::{Site, Time};
use crate::host::fork::Shared;
use crate::trace::{Echo, Kind, Place, Record, Recording, TraceHash};

/// Where the names are, and where they end.
const NAMES: std::ops::Range<usize> = 16..(16 << 10);
const ENTRY: usize = 512;
/// Most events say nothing to a reader, so for the dozen that a report shows many are kept.
const ENTRIES: usize = 512;
/// Of an entry, before its bytes: kind, length, time, two words, hash.
const HEAD: usize = 1 + 2 + 4 * 8;
/// The kind of an entry that is no event but says whom the event before it has spawned.
const SPAWNED: u8 = 0;

/// Everything that is kept.
pub(super) const SIZE: usize = NAMES.end + ENTRIES * ENTRY;

/// Writes down what it is told.
#[derive(Debug)]
pub(super) struct Last {
    memory: Shared,
    entries: u64,
    names: usize,
}

impl Last {
    /// Over what was there before.
    pub(super) fn new(memory: Shared) -> Self {
        clear(memory);
        Self { memory, entries: 0, names: NAMES.start }
    }

    fn entry(&mut self, kind: u8, words: [u64; 4], bytes: &[&[u8]]) {
        let mut entry = [0; ENTRY];
        let mut len = HEAD;
        for byte in bytes.iter().copied().flatten().take(ENTRY - HEAD) {
            entry[len] = *byte;
            len += 1;
        }
        entry[0] = kind;
        entry[1..3].copy_from_slice(&((len - HEAD) as u16).to_le_bytes());
        for (at, word) in entry[3..HEAD].chunks_exact_mut(8).zip(words) {
            at.copy_from_slice(&word.to_le_bytes());
        }
        let place = NAMES.end + (self.entries as usize % ENTRIES) * ENTRY;
        self.memory.write(place, &entry[..len]);
        self.entries += 1;
        self.memory.write(0, &self.entries.to_le_bytes());
    }
}

impl Echo for Last {
    fn process(&mut self, name: &str) {
        let len = name.len();
        if len > usize::from(u8::MAX) || self.names + 1 + len > NAMES.end {
            return;
        }
        self.memory.write(self.names, &[len as u8]);
        self.memory.write(self.names + 1, name.as_bytes());
        self.names += 1 + len;
        self.memory.write(8, &(self.names as u64).to_le_bytes());
    }

    fn event(&mut self, r: Record<'_>) {
        self.entry(r.kind as u8, [r.at.as_nanos(), r.a, r.b, r.hash.bits()], &[r.bytes]);
    }

    fn spawned(&mut self, task: u32, name: &str, site: Site) {
        // Without a string: a run that is recorded allocates what it would allocate if it were not.
        let (mut place, mut room) = ([0; ENTRY], ENTRY);
        let mut rest = &mut place[..];
        // What is too long is cut, as entries are.
        let _ = write!(rest, "{site}");
        room -= rest.len();
        self.entry(SPAWNED, [u64::from(task), 0, 0, 0], &[name.as_bytes(), &[0], &place[..room]]);
    }
}

/// Nothing is known of any run.
pub(super) fn clear(memory: Shared) {
    memory.write(0, &[0; 16]);
}

/// What was written down of a run.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) names: Vec<String>,
    /// The last events.
    pub(super) recording: Recording,
    pub(super) at: Time,
    pub(super) trace: TraceHash,
}

/// Reads what [`Last`] wrote.
pub(super) fn read(memory: &[u8]) -> Known {
    let mut known = Known::default();
    if memory.len() < SIZE {
        return known;
    }
    let number = |at: usize| u64::from_le_bytes(memory[at..at + 8].try_into().expect("eight bytes"));
    let mut names = memory.get(NAMES.start..(number(8) as usize).min(NAMES.end)).unwrap_or_default();
    while let [len, rest @ ..] = names {
        let (name, rest) = rest.split_at(usize::from(*len).min(rest.len()));
        known.names.push(String::from_utf8_lossy(name).into_owned());
        names = rest;
    }
    let entries = number(0);
    for n in entries.saturating_sub(ENTRIES as u64)..entries {
        let at = NAMES.end + (n as usize % ENTRIES) * ENTRY;
        let len = usize::from(u16::from_le_bytes([memory[at + 1], memory[at + 2]])).min(ENTRY - HEAD);
        let bytes = &memory[at + HEAD..at + HEAD + len];
        let [first, a, b, hash] = [0, 1, 2, 3].map(|word| number(at + 3 + 8 * word));
        if memory[at] == SPAWNED {
            let text = String::from_utf8_lossy(bytes);
            let (name, site) = text.split_once('\0').unwrap_or((&text, ""));
            known.recording.label(first as u32, name.to_owned().into(), Place::There(site.to_owned()));
        } else if let Ok(kind) = Kind::try_from(memory[at]) {
            known.at = Time::from_nanos(first);
            known.trace = TraceHash::from_bits(hash);
            known.recording.push(known.at, kind, a, b, bytes, known.trace);
        }
    }
    known
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;
    use crate::trace::Trace;

    fn bytes(memory: Shared) -> Vec<u8> {
        let mut bytes = vec![0; memory.len()];
        memory.read(0, &mut bytes);
        bytes
    }

    #[test]
    fn the_last_events_read_back() {
        let memory = Shared::new(SIZE).unwrap();
        for events in [3_u64, 5_000] {
            let mut trace = Trace::new(true);
            trace.echo_to(Box::new(Last::new(memory)));
            trace.named("alpha");
            for n in 0..events {
                trace.note(Time::from_nanos(n), Kind::Note, n, 7, format!("note {n}").as_bytes());
            }
            trace.note(Time::from_nanos(events), Kind::Spawn, 1, 0, &[b'x'; 10_000]);
            let site = Site::caller();
            trace.label(1, "worker", site);
            let known = read(&bytes(memory));
            assert_eq!(
                (known.names, known.at, known.trace),
                (vec!["alpha".to_owned()], Time::from_nanos(events), trace.hash())
            );
            let all = trace.take_recording().unwrap();
            let kept = known.recording.len();
            assert_eq!(kept, (events as usize + 1).min(ENTRIES - 1));
            assert_eq!(known.recording.get(kept - 2), all.get(all.len() - 2));
            assert_eq!(known.recording.get(kept - 1).unwrap().bytes.len(), ENTRY - HEAD);
            assert_eq!(known.recording.task(kept - 1, 1), Some(("worker", site.to_string())));
        }
        clear(memory);
        assert!(read(&bytes(memory)).recording.is_empty());
    }
}
