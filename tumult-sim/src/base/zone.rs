//! Which part of a disk may be corrupted: what keeps generated corruption survivable.
//!
//! Copies of the same data on several disks are safe together when each disk is corrupted in another part of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Bytes;

/// The part of a disk that something may touch. The default is all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Only this file, or the files below this directory.
    pub under: Option<String>,
    /// Of each file only these blocks.
    pub part: Option<Part>,
}

/// Every `of`th block of a file, and so many in a row.
///
/// Two parts of the same `of` and `block` have no block in common when their ranges `first..first + count`, modulo
/// `of`, have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The first block of the part.
    pub first: u32,
    /// How many blocks in a row.
    pub count: u32,
    /// After how many blocks the pattern repeats.
    pub of: u32,
    /// How long a block is: a multiple of 512 bytes.
    pub block: Bytes,
}

impl Zone {
    /// All of the disk.
    pub const WHOLE: Self = Self { under: None, part: None };

    /// Whether it has the file of this path in it, as far as that goes.
    pub(crate) fn has_path(&self, path: &str) -> bool {
        self.under.as_ref().is_none_or(|under| is_under(path, under))
    }

    /// Whether it has the byte at this offset of its files in it.
    pub(crate) fn has_offset(&self, offset: u64) -> bool {
        self.part.is_none_or(|part| part.has((offset / part.block.0.max(1) % u64::from(part.of.max(1))) as u32))
    }

    /// Whether one of the two paths lies below the other.
    pub(crate) fn meets_path(&self, other: &Self) -> bool {
        match (&self.under, &other.under) {
            (Some(a), Some(b)) => is_under(a, b) || is_under(b, a),
            _ => true,
        }
    }
}

impl Part {
    /// Whether it has the blocks of this remainder in it.
    pub(crate) const fn has(&self, class: u32) -> bool {
        (class + self.of - self.first % self.of) % self.of < self.count
    }

    /// What is wrong with it, and how to mend it.
    pub(crate) fn flaw(&self) -> Option<&'static str> {
        if self.of == 0 || self.first >= self.of || self.count == 0 || self.count > self.of {
            Some("a part of the blocks is the first, how many, and of how many, as in `part 1+2/5 by 4096B`")
        } else if self.block.0 == 0 || !self.block.0.is_multiple_of(512) {
            Some("a block is as long as one or more sectors: write a multiple of 512 bytes, such as 4096B")
        } else {
            None
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}/{} by {}B", self.first, self.count, self.of, self.block.0)
    }
}

/// Whether `path` is `above` or lies below it; both as programs write them.
fn is_under(path: &str, above: &str) -> bool {
    fn names(path: &str) -> impl Iterator<Item = &str> {
        path.split('/').filter(|name| !name.is_empty() && *name != ".")
    }
    let mut path = names(path);
    names(above).all(|name| path.next() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_has_what_lies_below_its_path() {
        let zone = Zone { under: Some("/wal".into()), part: None };
        for (path, is_in) in [("/wal", true), ("wal/log", true), ("/wal/", true), ("/wall", false), ("/", false)] {
            assert_eq!(zone.has_path(path), is_in, "{path}");
        }
        assert!(Zone::WHOLE.has_path("/anything") && Zone::WHOLE.has_offset(u64::MAX));
    }

    #[test]
    fn parts_of_different_ranges_share_no_block() {
        let part = |first, count| Part { first, count, of: 5, block: Bytes(1024) };
        let classes = |part: Part| (0..5).filter(|class| part.has(*class)).collect::<Vec<_>>();
        assert_eq!(classes(part(1, 2)), [1, 2]);
        assert_eq!(classes(part(4, 2)), [0, 4], "it goes round");
        let zone = Zone { under: None, part: Some(part(1, 1)) };
        let offsets: Vec<u64> = (0..12).map(|n| n * 512).filter(|offset| zone.has_offset(*offset)).collect();
        assert_eq!(offsets, [1024, 1536]);
    }

    #[test]
    fn what_is_no_part_is_named() {
        let part = |first, count, of, block| Part { first, count, of, block: Bytes(block) };
        assert_eq!(part(1, 2, 5, 512).flaw(), None);
        for bad in [part(5, 1, 5, 512), part(0, 0, 5, 512), part(0, 6, 5, 512), part(0, 1, 0, 512)] {
            assert!(bad.flaw().unwrap().contains("part 1+2/5"), "{bad}");
        }
        assert!(part(0, 1, 2, 100).flaw().unwrap().contains("multiple of 512"));
    }
}
