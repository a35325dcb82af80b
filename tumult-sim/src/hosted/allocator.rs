//! Allocation as a point at which threads of a hosted process may interleave.
//!
//! Between two calls of libc a hosted thread keeps the turn. A race whose steps make no call, but allocate, as most code
//! does, is found where a test's allocator says so.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

use super::calls::answer;
use super::errno::Errno;
use super::thread::{Thread, simulated};
use super::wait;
use crate::context;

/// The system's allocator, which lets other threads of a hosted process go first now and then, where
/// [`Sim::preempt_at_allocations`](crate::Sim::preempt_at_allocations) asks for it. Elsewhere it costs a branch.
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: tumult_sim::body::Preempting = tumult_sim::body::Preempting;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Preempting;

/// Whether it is the program's allocator: it has been asked.
static IN_USE: AtomicBool = AtomicBool::new(false);

/// Whether the program's allocator is this one.
pub(crate) fn is_in_use() -> bool {
    drop(std::hint::black_box(Box::new(0_u8)));
    IN_USE.load(Ordering::Relaxed)
}

// SAFETY: all that is given and taken is the system allocator's.
unsafe impl GlobalAlloc for Preempting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        preempt();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        preempt();
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        preempt();
        // SAFETY: the caller's promise.
        unsafe { System.realloc(block, layout, len) }
    }
}

/// Only code of the user: not ours, which may have borrowed the world, nor libc's, which allocates by itself.
#[inline]
fn preempt() {
    match simulated() {
        Some(me) => may_yield(me),
        None if !IN_USE.load(Ordering::Relaxed) => IN_USE.store(true, Ordering::Relaxed),
        None => {}
    }
}

fn may_yield(me: &'static Thread) {
    if !me.life.is_threaded() {
        return;
    }
    let Some(probability) = context::current().preempts.get() else { return };
    if probability.hit(me.draw_of_allocation()) {
        answer(|me| {
            wait::yield_now(me);
            Ok::<_, Errno>(())
        });
    }
}
