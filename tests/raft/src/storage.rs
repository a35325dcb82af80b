//! What raft-rs reads back: the log and the hard state, as they are on the disk, in memory.

use protobuf::Message as _;
use raft::prelude::{ConfState, Entry, HardState, Snapshot};
use raft::{GetEntriesContext, RaftState, Storage, StorageError};

/// The durable state. Only what the write-ahead log has made durable is put here, so raft-rs counts on nothing else.
#[derive(Debug, Default)]
pub(crate) struct Image {
    pub(crate) hard_state: HardState,
    /// The entry at position i has index i + 1: the log is never compacted.
    pub(crate) entries: Vec<Entry>,
    pub(crate) voters: Vec<u64>,
}

impl Image {
    /// Appends entries; those that were there at their places, and all behind, are gone.
    pub(crate) fn append(&mut self, entries: &[Entry]) {
        let Some(first) = entries.first() else { return };
        let keep = first.index as usize - 1;
        assert!(
            keep <= self.entries.len(),
            "the log has {} entries, and {} comes next",
            self.entries.len(),
            first.index
        );
        self.entries.truncate(keep);
        self.entries.extend_from_slice(entries);
    }

    /// Whether appending this takes the place of an entry of another term.
    pub(crate) fn overwrites(&self, entries: &[Entry]) -> bool {
        let old = |e: &Entry| self.entries.get(e.index as usize - 1);
        entries.iter().any(|e| old(e).is_some_and(|old| old.term != e.term))
    }
}

impl Storage for Image {
    fn initial_state(&self) -> raft::Result<RaftState> {
        let conf_state = ConfState { voters: self.voters.clone(), ..ConfState::default() };
        Ok(RaftState::new(self.hard_state.clone(), conf_state))
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        let mut left = max_size.into().unwrap_or(u64::MAX);
        let range = &self.entries[low as usize - 1..high as usize - 1];
        // At least one, else the log would never move.
        let fits = range.iter().enumerate().take_while(|(i, e)| {
            let size = u64::from(e.compute_size());
            let fits = *i == 0 || size <= left;
            left = left.saturating_sub(size);
            fits
        });
        Ok(fits.map(|(_, e)| e.clone()).collect())
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        match (index, self.entries.get(index.wrapping_sub(1) as usize)) {
            (0, _) => Ok(0),
            (_, Some(entry)) => Ok(entry.term),
            (_, None) => Err(raft::Error::Store(StorageError::Unavailable)),
        }
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(1)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.entries.len() as u64)
    }

    /// Never needed: every node's log begins at 1.
    fn snapshot(&self, _: u64, _: u64) -> raft::Result<Snapshot> {
        Err(raft::Error::Store(StorageError::SnapshotTemporarilyUnavailable))
    }
}
