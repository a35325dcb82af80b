//! Futexes: what locks come down to, std's and those of other crates, through libc's `syscall`.
//!
//! Waiters of one word are woken in the order in which they came, as the kernel does; who of the woken runs first is the
//! schedule's choice.

use std::ffi::{c_int, c_long};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use libc::timespec;

use crate::context;
use crate::context::isolation::isolated;
use crate::host::{ns_of, real};
use crate::hosted::descriptors::crossed;
use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;
use crate::hosted::wait;
use crate::kernel::task::{TaskId, Waiter};

/// Who waits at which word.
#[derive(Debug, Default)]
pub(in crate::hosted) struct Futexes {
    waiting: Vec<Waiting>,
    next: u64,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    word: usize,
    bits: u32,
    waiter: Waiter,
}

impl Futexes {
    /// A task has ended, and waits for nothing.
    pub(in crate::hosted) fn forget(&mut self, task: TaskId) {
        self.waiting.retain(|w| !matches!(w.waiter, Waiter::Task(t) if t == task));
    }

    /// One more waits at `word`. Its number tells later whether it still does.
    pub(in crate::hosted) fn add(&mut self, word: usize, bits: u32, waiter: Waiter) -> u64 {
        self.next += 1;
        self.waiting.push(Waiting { number: self.next, word, bits, waiter });
        self.next
    }

    pub(in crate::hosted) fn is_waiting(&self, number: u64) -> bool {
        self.waiting.iter().any(|w| w.number == number)
    }

    /// Takes out one that has not been woken.
    pub(in crate::hosted) fn give_up(&mut self, number: u64) {
        self.waiting.retain(|w| w.number != number);
    }

    /// Takes out those that are to be woken: at most `most` of those at `word` whose bits are among these.
    pub(in crate::hosted) fn take(&mut self, word: usize, most: usize, bits: u32) -> Vec<Waiter> {
        let mut left = most;
        let mut taken = |w: &mut Waiting| {
            let taken = left > 0 && w.word == word && w.bits & bits != 0;
            left -= usize::from(taken);
            taken
        };
        self.waiting.extract_if(.., |w| taken(w)).map(|w| w.waiter).collect()
    }

    /// Lets at most `most` of those at `word` wait at `to` instead. Gives how many.
    fn requeue(&mut self, word: usize, to: usize, most: usize) -> usize {
        let moved = self.waiting.iter_mut().filter(|w| w.word == word).take(most);
        moved.map(|w| w.word = to).count()
    }
}

/// The arguments of the system call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arguments {
    pub(super) word: usize,
    pub(super) operation: c_int,
    pub(super) value: u32,
    /// A time, or how many to move.
    pub(super) timeout: usize,
    pub(super) other: usize,
    pub(super) more: u32,
}

/// # Safety
/// As for the system call.
pub(super) unsafe fn call(me: &Thread, a: Arguments) -> Result<c_long, Errno> {
    let command = a.operation & !(libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME);
    if a.word == 0 || !a.word.is_multiple_of(4) {
        return Err(Errno(libc::EINVAL));
    }
    match command {
        libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET => {
            wait::interleave(me);
            // SAFETY: the caller's promise, as far as it is not null.
            let limit = match unsafe { (a.timeout as *const timespec).as_ref() } {
                None => None,
                Some(time) => Some(limit(me, time, a.operation)?),
            };
            let bits = if command == libc::FUTEX_WAIT { u32::MAX } else { a.more };
            if bits == 0 {
                return Err(Errno(libc::EINVAL));
            }
            // SAFETY: the caller's promise.
            unsafe { wait_at(me, a.word, a.value, bits, limit) }
        }
        libc::FUTEX_WAKE | libc::FUTEX_WAKE_BITSET => {
            let bits = if command == libc::FUTEX_WAKE { u32::MAX } else { a.more };
            let woken = wake(me, a.word, a.value as usize, bits);
            wait::interleave(me);
            Ok(woken)
        }
        libc::FUTEX_REQUEUE | libc::FUTEX_CMP_REQUEUE => {
            // SAFETY: the caller's promise.
            if command == libc::FUTEX_CMP_REQUEUE && unsafe { load(a.word) } != a.more {
                return Err(Errno(libc::EAGAIN));
            }
            let woken = wake(me, a.word, a.value as usize, u32::MAX);
            let moved = me.life.futexes.borrow_mut().requeue(a.word, a.other, a.timeout);
            Ok(woken + if command == libc::FUTEX_CMP_REQUEUE { moved as c_long } else { 0 })
        }
        _ => super::refuse(me, &format!("`syscall(SYS_futex)` with operation {command}")),
    }
}

/// # Safety
/// There is a word at `address`.
unsafe fn load(address: usize) -> u32 {
    // SAFETY: the caller's promise; alignment was looked at.
    unsafe { &*(address as *const AtomicU32) }.load(Ordering::SeqCst)
}

/// How long a wait may take: by span for `FUTEX_WAIT`, else until a time by one of the process's clocks.
fn limit(me: &Thread, time: &timespec, operation: c_int) -> Result<Duration, Errno> {
    // SAFETY: a reference can be read.
    let ns = unsafe { ns_of(time) }.map_err(Errno)?;
    let now = match operation & !libc::FUTEX_PRIVATE_FLAG {
        libc::FUTEX_WAIT => 0,
        o if o & libc::FUTEX_CLOCK_REALTIME != 0 => me.life.realtime_ns(),
        _ => me.life.monotonic_ns(),
    };
    Ok(Duration::from_nanos(u64::try_from(ns.saturating_sub(now)).unwrap_or(0)))
}

/// # Safety
/// There is a word at `word`.
unsafe fn wait_at(
    me: &Thread,
    word: usize,
    expected: u32,
    bits: u32,
    limit: Option<Duration>,
) -> Result<c_long, Errno> {
    // SAFETY: the caller's promise.
    if unsafe { load(word) } != expected {
        return Err(Errno(libc::EAGAIN));
    }
    if is_static(word) && !isolated() {
        // SAFETY: the caller's promise.
        unsafe { wait_for_others(word, expected) };
        // SAFETY: the caller's promise.
        if unsafe { load(word) } != expected {
            return Err(Errno(libc::EAGAIN));
        }
    }
    let number = me.life.futexes.borrow_mut().add(word, bits, me.waiter());
    if wait_for(me, number, word, "a futex (a lock, a channel, a parked thread)", limit) {
        Ok(0)
    } else {
        Err(Errno(libc::ETIMEDOUT))
    }
}

/// Waits until the one that has this number, at this address, was taken out to be woken. False when `limit` was over
/// before; then nobody waits any more.
pub(super) fn wait_for(me: &Thread, number: u64, address: usize, what: &'static str, limit: Option<Duration>) -> bool {
    me.waits_at.set(address);
    let woken = |me: &Thread| (!me.life.futexes.borrow().is_waiting(number)).then_some(());
    let woken = wait::until(me, what, limit, woken).is_some();
    me.waits_at.set(0);
    if !woken {
        me.life.futexes.borrow_mut().give_up(number);
    }
    woken
}

/// Takes out at most so many of those that wait at an address, and wakes them. Gives how many.
pub(super) fn wake_at(me: &Thread, address: usize, most: usize, bits: u32) -> usize {
    let woken = me.life.futexes.borrow_mut().take(address, most, bits);
    let count = woken.len();
    if count > 0 && me.heard.get() && !is_static(address) {
        check_own(me, &woken);
    }
    if count > 0 {
        wait::wake_all(woken);
    }
    count
}

/// Who has just heard of a signal wakes nobody of another process: tokio would, where two of them listen for it.
fn check_own(me: &Thread, woken: &[Waiter]) {
    let other = context::with(|w| {
        let mut processes = woken.iter().filter_map(|waiter| match waiter {
            Waiter::Task(task) => Some(w.core.tasks.process_of(*task)),
            Waiter::Foreign(_) => None,
        });
        let other = processes.find(|p| *p != me.life.process)?;
        Some(w.processes.get(other).name.to_string())
    });
    if let Some(other) = other {
        crossed(me, &format!("woke a thread of process `{other}` when it had heard of a signal"));
    }
}

/// Whether a word is one of the executable's own statics.
fn is_static(word: usize) -> bool {
    unsafe extern "C" {
        // What linkers say of the executable's data.
        static __data_start: u8;
        static _end: u8;
    }
    (&raw const __data_start as usize..&raw const _end as usize).contains(&word)
}

/// A lock in a static may be held by a thread that is not hosted: std has some that every thread takes for a moment as it
/// begins. Such a holder lets go soon and would not wake a hosted thread, so that is waited for, for real; a hosted
/// holder keeps it, and the wait after this one is the simulation's. It takes no virtual time either way. A run in a
/// process of its own has no such threads and does not wait here.
///
/// # Safety
/// There is a word at `word`.
unsafe fn wait_for_others(word: usize, expected: u32) {
    /// Times of 100 µs.
    const PATIENCE: u32 = 200;
    let pause = timespec { tv_sec: 0, tv_nsec: 100_000 };
    for _ in 0..PATIENCE {
        // SAFETY: the caller's promise, and the time can be read.
        let changed = unsafe {
            let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
            real::syscall(
                libc::SYS_futex,
                [word, operation as usize, expected as usize, &raw const pause as usize, 0, 0],
            );
            load(word) != expected
        };
        if changed {
            return;
        }
    }
}

fn wake(me: &Thread, word: usize, most: usize, bits: u32) -> c_long {
    if is_static(word) {
        // A thread that is not hosted may wait there, for real.
        // SAFETY: only the address is looked at.
        unsafe { real::wake(word, most) };
    }
    wake_at(me, word, most, bits) as c_long
}
