//! `pthread_barrier_wait`. How many have come is kept here; how many have to come is what `init`, which is glibc's, wrote.

use std::ffi::c_int;

use libc::pthread_barrier_t;

use super::{wait_at, wake_at};
use crate::hosted::calls::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::wait;

const WAITS: &str = "the others at a barrier (pthread_barrier_wait)";

/// The word of glibc's barrier that says how many it waits for.
const COUNT: usize = 2;

libc_calls! {
    /// Waits until all have come; the last is told so.
    fn pthread_barrier_wait(barrier: *mut pthread_barrier_t) -> c_int = |me| {
        wait::interleave(me);
        let at = barrier as usize;
        // SAFETY: libc's contract; the barrier is longer than these words.
        let wanted = unsafe { barrier.cast::<u32>().add(COUNT).read() };
        let all = {
            let mut barriers = me.life.barriers.borrow_mut();
            let come = barriers.entry(at).or_insert(0);
            *come += 1;
            let all = *come >= wanted;
            if all {
                barriers.remove(&at);
            }
            all
        };
        if all {
            wake_at(me, at, usize::MAX);
            return Ok::<_, Errno>(libc::PTHREAD_BARRIER_SERIAL_THREAD);
        }
        wait_at(me, at, WAITS, None);
        Ok(0)
    };
}
