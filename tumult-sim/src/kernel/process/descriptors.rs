//! How many files and sockets a process has open, and how many it may.

/// What Linux lets a process open unless told otherwise.
const LIMIT: u32 = 1024;

/// The account of what a process has open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Descriptors {
    open: u32,
    limit: u32,
    refused: u64,
}

impl Default for Descriptors {
    fn default() -> Self {
        Self { open: 0, limit: LIMIT, refused: 0 }
    }
}

impl Descriptors {
    /// One more is opened. False, and nothing changes, when that would be too many: EMFILE.
    pub(crate) const fn open(&mut self) -> bool {
        let fits = self.has_room();
        if fits {
            self.open += 1;
        }
        fits
    }

    /// Whether one more may be opened; counted as refused when not.
    pub(crate) const fn has_room(&mut self) -> bool {
        let fits = self.open < self.limit;
        if !fits {
            self.refused += 1;
        }
        fits
    }

    /// One is closed.
    pub(crate) const fn close(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// The process has ended: nothing is open. The limit stays.
    pub(crate) const fn clear(&mut self) {
        self.open = 0;
    }

    /// Sets the limit and gives the former. What is open over it stays open.
    pub(crate) const fn set_limit(&mut self, limit: u32) -> u32 {
        std::mem::replace(&mut self.limit, limit)
    }

    pub(crate) const fn limit(&self) -> u32 {
        self.limit
    }

    /// How often one more was refused.
    pub(crate) const fn refused(&self) -> u64 {
        self.refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_the_limit_is_refused_and_counted() {
        let mut fds = Descriptors::default();
        assert_eq!(fds.set_limit(2), LIMIT);
        assert!(fds.open() && fds.open() && !fds.open());
        fds.close();
        assert!(fds.open() && !fds.open());
        assert_eq!(fds.refused(), 2);
        fds.set_limit(1);
        fds.close();
        assert!(!fds.open(), "one is open still");
        fds.clear();
        fds.close();
        assert!(fds.open());
        assert_eq!(fds.limit(), 1);
    }
}
