//! Ports for those who do not care which.

/// The first ephemeral port, as Linux has it.
const FIRST: u16 = 32_768;

/// The ephemeral ports of one machine: given out in order, so that one socket more shifts no other by chance.
#[derive(Debug, Default)]
pub(super) struct Ephemeral(u16);

impl Ephemeral {
    /// The next one that is free; `None` when all are taken.
    pub(super) fn next(&mut self, is_taken: impl Fn(u16) -> bool) -> Option<u16> {
        for _ in FIRST..=u16::MAX {
            let port = FIRST + self.0 % (u16::MAX - FIRST + 1);
            self.0 = self.0.wrapping_add(1);
            if !is_taken(port) {
                return Some(port);
            }
        }
        None
    }
}
