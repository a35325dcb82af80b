//! The bytes of one direction of a stream, by their position in it.
//!
//! Sender and receiver share it: in one memory there is no need to carry bytes from one to the other. A segment is a
//! range of positions, so sending, losing and sending again copies nothing. Bytes stay until they were acknowledged
//! *and* read.

/// A power of two, and small: most connections carry little.
const FIRST_CAPACITY: usize = 1 << 12;

/// Copies as many bytes as there are.
#[inline]
fn copy(into: &mut [u8], from: &[u8]) {
    if let (Ok(into), Ok(from)) = (<&mut [u8; 8]>::try_from(&mut *into), <&[u8; 8]>::try_from(from)) {
        // One word: a copy without a call.
        *into = *from;
    } else {
        into.copy_from_slice(from);
    }
}

/// Bytes from `start` to `end`, at their position modulo the capacity.
#[derive(Debug, Default)]
pub(super) struct Ring {
    bytes: Vec<u8>,
    start: u64,
    end: u64,
}

impl Ring {
    /// The position after the last byte that was written.
    #[inline]
    pub(super) const fn end(&self) -> u64 {
        self.end
    }

    #[inline]
    fn place(&self, at: u64) -> usize {
        at as usize & (self.bytes.len() - 1)
    }

    /// Adds bytes at the end. How many are kept is for those who write to bound.
    #[inline]
    pub(super) fn write(&mut self, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        let need = (self.end - self.start) as usize + data.len();
        if need > self.bytes.len() {
            self.grow(need);
        }
        self.put(self.end, data);
        self.end += data.len() as u64;
    }

    #[inline]
    fn put(&mut self, at: u64, data: &[u8]) {
        let from = self.place(at);
        if let Some(place) = self.bytes.get_mut(from..from + data.len()) {
            copy(place, data);
            return;
        }
        let first = self.bytes.len() - from;
        self.bytes[from..from + first].copy_from_slice(&data[..first]);
        self.bytes[..data.len() - first].copy_from_slice(&data[first..]);
    }

    #[cold]
    fn grow(&mut self, need: usize) {
        let mut bigger =
            Self { bytes: vec![0; need.next_power_of_two().max(FIRST_CAPACITY)], start: self.start, end: self.end };
        let mut at = self.start;
        while at < self.end {
            let piece = self.piece(at, self.end);
            bigger.put(at, piece);
            at += piece.len() as u64;
        }
        self.bytes = bigger.bytes;
    }

    /// The bytes from `at` on, to `end` at the most, that lie side by side.
    #[inline]
    pub(super) fn piece(&self, at: u64, end: u64) -> &[u8] {
        debug_assert!(self.start <= at && end <= self.end, "{at}..{end} of {}..{}", self.start, self.end);
        if at >= end {
            return &[];
        }
        let from = self.place(at);
        let len = ((end - at) as usize).min(self.bytes.len() - from);
        &self.bytes[from..from + len]
    }

    /// As [`piece`](Self::piece); nothing when some of it is gone.
    pub(super) fn try_piece(&self, at: u64, end: u64) -> &[u8] {
        if at < self.start { &[] } else { self.piece(at, end.min(self.end)) }
    }

    /// How many bytes from `at` on lie side by side.
    #[inline]
    pub(super) fn side_by_side(&self, at: u64) -> u64 {
        if self.bytes.is_empty() { 0 } else { (self.bytes.len() - self.place(at)) as u64 }
    }

    /// Copies bytes from `at` to `end` out; gives how many.
    #[inline]
    pub(super) fn read(&self, at: u64, end: u64, into: &mut [u8]) -> usize {
        let end = end.min(at + into.len() as u64);
        let first = self.piece(at, end);
        copy(&mut into[..first.len()], first);
        if at + first.len() as u64 >= end {
            return first.len();
        }
        let rest = self.piece(at + first.len() as u64, end);
        into[first.len()..first.len() + rest.len()].copy_from_slice(rest);
        (end.max(at) - at) as usize
    }

    /// What is there is something else now: a packet was changed on its way.
    pub(super) fn overwrite(&mut self, at: u64, data: &[u8]) {
        self.put(at, data);
    }

    /// Bytes before `at` are not needed any more.
    #[inline]
    pub(super) fn release(&mut self, at: u64) {
        self.start = self.start.max(at.min(self.end));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_a_vector_holds(script in prop::collection::vec((0_u8..3, 0_usize..9000), 0..60)) {
            let (mut ring, mut model, mut next) = (Ring::default(), Vec::<u8>::new(), 0_u8);
            let mut start = 0_usize;
            for (what, n) in script {
                match what {
                    0 => {
                        let data: Vec<u8> = (0..n).map(|_| { next = next.wrapping_add(7); next }).collect();
                        ring.write(&data);
                        model.extend(&data);
                    }
                    1 => {
                        start = (start + n).min(model.len());
                        ring.release(start as u64);
                    }
                    _ => {
                        let mut out = vec![0; n];
                        let got = ring.read(start as u64, ring.end(), &mut out);
                        prop_assert_eq!(&out[..got], &model[start..(start + n).min(model.len())]);
                        let piece = ring.piece(start as u64, ring.end());
                        prop_assert_eq!(piece, &model[start..start + piece.len()]);
                    }
                }
            }
            prop_assert_eq!(ring.end(), model.len() as u64);
        }
    }
}
