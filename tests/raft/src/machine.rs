//! The replicated state machine: a few keys, and what each client has last written.

use std::collections::BTreeMap;

use crate::message::{Request, Versioned, What};

/// What the committed entries have made so far. It is not on the disk: a node that starts again applies its log anew.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    keys: BTreeMap<u8, Versioned>,
    /// By client: the number of its last write, and the entry that did it.
    sessions: BTreeMap<u64, (u64, u64)>,
    pub(crate) applied: u64,
}

impl Machine {
    /// Applies the entry at `index`; gives the entry that did what the request asks for, which is an earlier one when
    /// the client has asked twice.
    pub(crate) fn apply(&mut self, index: u64, request: &Request) -> u64 {
        if let Some(done) = self.written(request.client, request.number) {
            return done;
        }
        if let What::Write { key, value } = request.what {
            self.keys.insert(key, Versioned { value, index });
        }
        self.sessions.insert(request.client, (request.number, index));
        index
    }

    /// The entry that did a client's write, if it is done. A client has one request under way, so the last is enough.
    pub(crate) fn written(&self, client: u64, number: u64) -> Option<u64> {
        self.sessions.get(&client).filter(|last| last.0 >= number).map(|last| last.1)
    }

    pub(crate) fn read(&self, key: u8) -> Versioned {
        self.keys.get(&key).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_comes_twice_is_done_once() {
        let mut machine = Machine::default();
        let write = |number, value| Request { client: 1, number, what: What::Write { key: 0, value } };
        assert_eq!(machine.apply(3, &write(1, 10)), 3);
        assert_eq!(machine.apply(4, &write(2, 20)), 4);
        assert_eq!(machine.apply(5, &write(2, 20)), 4, "the entry that did it");
        assert_eq!(machine.apply(6, &write(1, 10)), 4, "late, and done before");
        assert_eq!(machine.read(0), Versioned { value: 20, index: 4 });
        assert_eq!(machine.read(9), Versioned::default());
    }
}
