//! The bytes of a file by page, holes and all.

use std::collections::BTreeMap;
use std::ops::Range;

/// Bytes of a page: what one entry of the map holds at the most. Linux's page size.
pub(super) const PAGE: u64 = 4096;

/// The bytes of a file by page. A page holds only as many bytes as were written to it, what is missing reads as
/// zero: a small file costs its length and a far offset nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Pages(BTreeMap<u64, Vec<u8>>);

impl Pages {
    pub(super) fn read(&self, offset: u64, buf: &mut [u8]) {
        for (page, start, range) in pieces(offset, buf.len(), PAGE) {
            let bytes = self.0.get(&page).map_or(&[][..], |p| p.get(start..).unwrap_or_default());
            let piece = &mut buf[range];
            let there = bytes.len().min(piece.len());
            piece[..there].copy_from_slice(&bytes[..there]);
            piece[there..].fill(0);
        }
    }

    pub(super) fn write(&mut self, offset: u64, data: &[u8]) {
        for (page, start, range) in pieces(offset, data.len(), PAGE) {
            let piece = &data[range];
            let bytes = self.0.entry(page).or_default();
            if start == bytes.len() {
                bytes.extend_from_slice(piece);
                continue;
            }
            if bytes.len() < start + piece.len() {
                bytes.resize(start + piece.len(), 0);
            }
            bytes[start..start + piece.len()].copy_from_slice(piece);
        }
    }

    /// Zeroes what there is from `from` to `to`, both within one page.
    pub(super) fn zero(&mut self, from: u64, to: u64) {
        debug_assert!(from < to && from / PAGE == (to - 1) / PAGE);
        if let Some(bytes) = self.0.get_mut(&(from / PAGE)) {
            let (start, end) = ((from % PAGE) as usize, ((to - 1) % PAGE) as usize + 1);
            let end = end.min(bytes.len());
            if start < end {
                bytes[start..end].fill(0);
            }
        }
    }

    /// Forgets everything from `len` on. The whole pages that go are given back.
    pub(super) fn cut(&mut self, len: u64) -> BTreeMap<u64, Vec<u8>> {
        if let Some(bytes) = self.0.get_mut(&(len / PAGE)) {
            bytes.truncate((len % PAGE) as usize);
        }
        self.0.split_off(&len.div_ceil(PAGE))
    }

    /// A copy of one page; empty if it is a hole.
    pub(super) fn copy(&self, page: u64) -> Vec<u8> {
        self.0.get(&page).cloned().unwrap_or_default()
    }

    pub(super) fn put(&mut self, page: u64, bytes: Vec<u8>) {
        if bytes.is_empty() {
            self.0.remove(&page);
        } else {
            self.0.insert(page, bytes);
        }
    }
}

/// Cuts `len` bytes from `offset` on at multiples of `unit`: the unit's number, where in it the piece starts, and
/// where the piece is in the caller's buffer.
pub(super) fn pieces(offset: u64, len: usize, unit: u64) -> impl Iterator<Item = (u64, usize, Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        (done < len).then(|| {
            let at = offset + done as u64;
            let start = at % unit;
            let n = ((unit - start) as usize).min(len - done);
            let piece = (at / unit, start as usize, done..done + n);
            done += n;
            piece
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_read_as_zero_and_cost_nothing() {
        let mut pages = Pages::default();
        pages.write(1 << 40, b"far");
        let mut buf = [9; 5];
        pages.read((1 << 40) - 1, &mut buf);
        assert_eq!(&buf, b"\0far\0");
        assert_eq!(pages.0.values().map(Vec::len).sum::<usize>(), 3);
    }

    #[test]
    fn bytes_cross_pages() {
        let data: Vec<u8> = (0..10_000u32).map(|i| i as u8).collect();
        let mut pages = Pages::default();
        pages.write(4000, &data);
        let mut buf = vec![0; 10_000];
        pages.read(4000, &mut buf);
        assert_eq!(buf, data);
        pages.zero(8192, 8292);
        pages.read(4000, &mut buf);
        assert!(buf[4192..4292].iter().all(|b| *b == 0));
        assert_eq!(buf[4292..], data[4292..]);
        assert_eq!(pages.cut(4100).len(), 2);
        pages.read(4000, &mut buf);
        assert_eq!(buf[..100 - 4], data[..100 - 4]);
    }
}
