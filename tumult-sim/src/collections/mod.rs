//! Maps and sets whose iteration order is that of insertion, on every target and toolchain.
//!
//! A run is repeated exactly with std's `HashMap` too, for its hash keys come from the process's own entropy; but std's
//! order differs between targets, and with statics that are built lazily: std seeds its hasher once a thread and counts
//! up with each map, so a map that only the first run of a process makes shifts the order of all later ones. Code whose
//! behaviour depends on iteration order, and that wants golden hashes, uses these.

use std::hash::{BuildHasherDefault, Hasher};

/// A hash map that iterates in the order of insertion.
pub type HashMap<K, V> = indexmap::IndexMap<K, V, BuildHasherDefault<StableHasher>>;
/// A hash set that iterates in the order of insertion.
pub type HashSet<T> = indexmap::IndexSet<T, BuildHasherDefault<StableHasher>>;

/// A hasher without a seed: equal on every target of one pointer width. Not for input from an adversary.
#[derive(Clone, Copy, Debug, Default)]
pub struct StableHasher(u64);

impl Hasher for StableHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = crate::trace::fold_bytes(self.0, bytes);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iteration_follows_insertion() {
        let keys: Vec<u64> = (0..1000).map(|n| n * 0x9e37_79b9 % 1009).collect();
        let map: HashMap<u64, usize> = keys.iter().copied().zip(0..).collect();
        assert_eq!(map.keys().copied().collect::<Vec<_>>(), keys);
        assert!(keys.iter().enumerate().all(|(i, k)| map[k] == i));
    }
}
