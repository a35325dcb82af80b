//! Other addresses for the same run: what depends on them shows.

use std::hint::black_box;

use serde::{Deserialize, Serialize};

use crate::base::{Key, Seed};

/// How the heap is disturbed before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Padding(u64);

/// Small blocks, by size, that are freed in a random order: allocators hand out what was freed last, so the run's own
/// small allocations come in another order of addresses.
const SIZES: [usize; 12] = [8, 24, 40, 56, 72, 104, 136, 200, 264, 392, 520, 1032];
/// More of each size than a thread's cache of free blocks holds (7 a size in glibc).
const BLOCKS: usize = 48;

impl Padding {
    /// The heap as it is.
    pub(crate) const NONE: Self = Self(0);

    /// The `n`th way, from 1.
    pub(crate) const fn number(n: u64) -> Self {
        Self(n)
    }

    /// Disturbs the heap of this thread; what is returned stays allocated until the run is over.
    pub(crate) fn apply(self) -> Vec<Vec<u8>> {
        if self == Self::NONE {
            return vec![];
        }
        let mut stream = Key::root(Seed(self.0)).child("padding").stream();
        let mut blocks: Vec<Vec<u8>> =
            SIZES.iter().flat_map(|size| (0..BLOCKS).map(|_| black_box(Vec::with_capacity(*size)))).collect();
        stream.shuffle(&mut blocks);
        // Half stays, so that the freed ones are not merged into large blocks again.
        blocks.truncate(blocks.len() / 2);
        // Odd sizes move whatever comes after them.
        blocks.extend((0..8).map(|_| black_box(Vec::with_capacity(stream.below(4096) as usize | 1))));
        blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padded_threads_allocate_in_another_order() {
        let order = |padding: Padding| {
            let thread = std::thread::spawn(move || {
                let _padded = padding.apply();
                let boxes: Vec<Box<[u8; 40]>> = (0..16).map(|_| Box::new([0; 40])).collect();
                let mut by_address: Vec<usize> = (0..16).collect();
                by_address.sort_by_key(|i| std::ptr::from_ref(&*boxes[*i]) as usize);
                by_address
            });
            thread.join().unwrap()
        };
        assert_ne!(order(Padding::number(1)), order(Padding::number(2)));
    }
}
