//! Wakers of one word: run (16 bits), generation (24), index (24).

use std::task::{RawWaker, RawWakerVTable, Waker};

use super::{taint, try_current};
use crate::kernel::task::{TaskId, Waiter};

#[cfg(not(target_pointer_width = "64"))]
compile_error!("tumult-sim packs a waker into one 64-bit word: 64-bit targets only");

const RUN_SHIFT: u32 = 48;

// The data of these wakers is a number, never dereferenced, and nothing is owned: clone copies, drop does nothing.
static VTABLE: RawWakerVTable = RawWakerVTable::new(
    |data| RawWaker::new(data, &VTABLE),
    |data| wake(data as usize as u64),
    |data| wake(data as usize as u64),
    |_| {},
);

/// The waker of a task.
#[inline]
pub(super) fn make(run: u16, id: TaskId) -> Waker {
    let word = u64::from(run) << RUN_SHIFT | id.bits();
    let data = std::ptr::without_provenance::<()>(word as usize);
    // SAFETY: the vtable's functions treat the data as a number; they are thread-safe (a wake from another thread or
    // run only marks the registry) and own nothing.
    unsafe { Waker::from_raw(RawWaker::new(data, &VTABLE)) }
}

/// Who a waker wakes, in the kernel's terms.
#[inline]
pub(crate) fn waiter(waker: &Waker) -> Waiter {
    if std::ptr::eq(waker.vtable(), &raw const VTABLE) {
        let word = waker.data() as usize as u64;
        if let Some(run) = try_current()
            && word >> RUN_SHIFT == u64::from(run.id)
        {
            return Waiter::Task(TaskId::from_bits(word));
        }
    }
    Waiter::Foreign(waker.clone())
}

#[inline]
fn wake(word: u64) {
    let (target, id) = ((word >> RUN_SHIFT) as u16, TaskId::from_bits(word));
    match try_current() {
        Some(run) if run.id == target => {
            if run.is_inert() {
                return;
            }
            // Borrowed: a destructor that the kernel runs wakes; there is none by construction.
            run.world.borrow_mut().core.tasks.wake(id);
        }
        Some(run) => {
            let acting = run.world.try_borrow().ok().and_then(|w| w.actor).and_then(|a| a.task);
            let who = acting.map_or_else(|| "the test".into(), |task| run.describe(task));
            let why = "a waker was kept in a static, or shared, from one run to the next";
            taint::mark(run.id, None, format!("{who} woke a task of another run: {why}"));
            taint::mark(target, Some(id), format!("was woken by another run: {why}"));
        }
        None => {
            let thread = std::thread::current();
            let name = thread.name().map_or_else(|| format!("{:?}", thread.id()), |n| format!("`{n}`"));
            taint::mark(target, Some(id), format!("was woken by thread {name}, outside the run"));
        }
    }
}
