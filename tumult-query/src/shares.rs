//! Work on many things, on all cores.

use std::num::NonZero;
use std::thread;

/// Gives each core a share of the things, all of about the same length and in their order; what comes of the shares is
/// in that order too.
pub(crate) fn on_all_cores<T: Sync, R: Send>(things: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = things.len().div_ceil(cores).max(1);
    if things.len() <= share {
        return things.chunks(share).map(work).collect();
    }
    thread::scope(|scope| {
        let threads: Vec<_> = things.chunks(share).map(|mine| scope.spawn(|| work(mine))).collect();
        threads.into_iter().map(|thread| thread.join().expect("the work does not panic")).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_worked_on_once_and_in_order() {
        for n in [0, 1, 2, 7, 1000] {
            let things: Vec<u32> = (0..n).collect();
            assert_eq!(on_all_cores(&things, <[u32]>::to_vec).concat(), things);
        }
    }
}
