//! What a store wrote to its log, and what it found there after a crash.

/// The history of a log of transactions, each of one or more records, as an observer of every write sees it.
///
/// A record is told by its digest.
#[derive(Clone, Debug, Default)]
pub struct LogHistory {
    /// All records, oldest first.
    records: Vec<u32>,
    /// Where each transaction ends in `records`.
    ends: Vec<usize>,
    recoveries: u64,
    flaw: Option<String>,
}

impl LogHistory {
    /// A transaction of these records is about to be written.
    pub fn writes(&mut self, records: impl IntoIterator<Item = u32>) {
        self.records.extend(records);
        self.ends.push(self.records.len());
    }

    /// The log was opened and found to hold these records. What it does not hold is forgotten.
    pub fn recovers(&mut self, found: &[u32]) {
        self.recoveries += 1;
        if let Some(flaw) = self.flaw_of(found) {
            self.flaw.get_or_insert(flaw);
        }
        self.records.truncate(found.len());
        self.ends.retain(|end| *end <= found.len());
    }

    fn flaw_of(&self, found: &[u32]) -> Option<String> {
        let which = self.recoveries;
        let same = self.records.iter().zip(found).take_while(|(written, found)| written == found).count();
        if same < found.len() {
            return Some(format!("recovery {which} found a record {same} that was never written there"));
        }
        if same > 0 && self.ends.binary_search(&same).is_err() {
            let transaction = self.ends.partition_point(|end| *end < same);
            let start = if transaction == 0 { 0 } else { self.ends[transaction - 1] };
            let (part, of) = (same - start, self.ends[transaction] - start);
            return Some(format!("recovery {which} found {part} of the {of} records of transaction {transaction}"));
        }
        None
    }

    /// How many transactions the log is known to hold, or will when the last write is through.
    pub fn transactions(&self) -> usize {
        self.ends.len()
    }

    /// How often the log was opened.
    pub fn recoveries(&self) -> u64 {
        self.recoveries
    }

    /// What was wrong first.
    pub fn flaw(&self) -> Option<&str> {
        self.flaw.as_deref()
    }
}
