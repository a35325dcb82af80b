//! Names a hosted thread that keeps the turn: nothing else of its run can go on meanwhile, and a report that is written
//! when the run ends would never come.
//!
//! After 5 s of real time the thread is named on standard error, with its process and the last call of libc that it made;
//! after 60 s the program is aborted. `TUMULT_WATCHDOG=SECONDS,SECONDS` sets other times, `TUMULT_WATCHDOG=off` none.
//! Nothing of a run depends on it.

use std::cell::OnceCell;
use std::ffi::{CStr, c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::thread::Thread;
use crate::context::with;
use crate::host::real;

/// How often it looks, in milliseconds.
const LOOK_MS: u64 = 500;
const DEFAULT: (u64, u64) = (5, 60);
/// Bytes of the stack of the thread that looks.
const STACK: usize = 256 << 10;

/// What a thread that carries runs says of the turn that it gives: written by it alone. It stays for as long as the
/// program runs, and is used again by another thread when that one has ended.
#[derive(Debug, Default)]
pub(super) struct Turns {
    used: AtomicBool,
    next: AtomicPtr<Turns>,
    /// Odd while a hosted thread has the turn.
    count: AtomicU64,
    /// Which process and thread: their numbers.
    who: AtomicU64,
    /// The name of the last call that it made.
    call: AtomicPtr<c_char>,
    /// The names of processes, by number.
    names: Mutex<Vec<(u32, String)>>,
    /// The count that was seen last, and how often in a row: written by the thread that looks.
    seen: AtomicU64,
    looks: AtomicU64,
}

/// All that there are, as a list that only grows.
static ALL: AtomicPtr<Turns> = AtomicPtr::new(ptr::null_mut());

/// Gives it back when the thread ends.
struct Mine(&'static Turns);

impl Drop for Mine {
    fn drop(&mut self) {
        self.0.used.store(false, Ordering::Release);
    }
}

thread_local! {
    static MINE: OnceCell<Mine> = const { OnceCell::new() };
}

/// The list, from its newest on.
fn all() -> impl Iterator<Item = &'static Turns> {
    // SAFETY: what is in the list was leaked.
    let at = |place: &AtomicPtr<Turns>| unsafe { place.load(Ordering::Acquire).as_ref() };
    std::iter::successors(at(&ALL), move |turns| at(&turns.next))
}

/// One that no thread uses.
fn take() -> &'static Turns {
    let free = |turns: &&Turns| !turns.used.swap(true, Ordering::Acquire);
    if let Some(turns) = all().find(free) {
        return turns;
    }
    let turns: &'static Turns = Box::leak(Box::default());
    turns.used.store(true, Ordering::Relaxed);
    let mut first = ALL.load(Ordering::Acquire);
    loop {
        turns.next.store(first, Ordering::Relaxed);
        let new = ptr::from_ref(turns).cast_mut();
        match ALL.compare_exchange(first, new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return turns,
            Err(other) => first = other,
        }
    }
}

impl Turns {
    /// The thread gets the turn.
    pub(super) fn begin(&self, thread: &Thread) {
        self.who.store(u64::from(thread.life.process.0) << 32 | u64::from(thread.number), Ordering::Relaxed);
        self.call.store(ptr::null_mut(), Ordering::Relaxed);
        self.count.store(self.count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// It has given it back.
    pub(super) fn end(&self) {
        self.count.store(self.count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// It calls a function.
    pub(super) fn call(&self, name: &'static CStr) {
        self.call.store(name.as_ptr().cast_mut(), Ordering::Relaxed);
    }

    fn describe(&self) -> String {
        let who = self.who.load(Ordering::Relaxed);
        let (process, thread) = ((who >> 32) as u32, who as u32);
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let name = names.iter().find(|(n, _)| *n == process).map_or("?", |(_, name)| name.as_str());
        let call = self.call.load(Ordering::Relaxed);
        let call = if call.is_null() {
            "none in this turn".into()
        } else {
            // SAFETY: `call` put the address of a static text there.
            unsafe { CStr::from_ptr(call) }.to_string_lossy()
        };
        let thread = if thread == 0 { "the main thread".to_owned() } else { format!("thread {thread}") };
        format!("{thread} of the hosted process `{name}` (the last call of libc that it made: {call})")
    }
}

/// The calling thread's own, watched from its first use on; told the name of the process.
pub(super) fn watched(thread: &Thread) -> &'static Turns {
    let turns = MINE.with(|mine| {
        mine.get_or_init(|| {
            start();
            Mine(take())
        })
        .0
    });
    let process = thread.life.process;
    let name = with(|w| w.processes.get(process).name.to_string());
    let mut names = turns.names.lock().unwrap_or_else(PoisonError::into_inner);
    names.retain(|(n, _)| *n != process.0);
    names.push((process.0, name));
    turns
}

/// Starts the thread that looks, once a program: and again in one that was forked. Its stack is made here, and it
/// allocates nothing while nothing is wrong: when it runs is up to the machine, and the addresses that a run is given
/// must not depend on that.
fn start() {
    static IN: AtomicU32 = AtomicU32::new(0);
    #[expect(clippy::disallowed_methods, reason = "the real process, which may have been forked from one that has it")]
    let here = std::process::id();
    if TIMES.get_or_init(times).is_none() || IN.swap(here, Ordering::Relaxed) == here {
        return;
    }
    let stack = Box::leak(Box::<[u8]>::new_uninit_slice(STACK + 4096));
    let stack = stack.as_mut_ptr().cast::<u8>();
    // SAFETY: the stack is given away for good; without the thread, a run goes on as it would with it.
    unsafe {
        let mut attributes = MaybeUninit::uninit();
        libc::pthread_attr_init(attributes.as_mut_ptr());
        libc::pthread_attr_setstack(attributes.as_mut_ptr(), stack.add(stack.align_offset(4096)).cast(), STACK);
        let mut handle = 0;
        real::pthread_create(&raw mut handle, attributes.as_ptr(), look, ptr::null_mut());
    }
}

static TIMES: OnceLock<Option<(u64, u64)>> = OnceLock::new();

/// After how many seconds a thread is named, and after how many the program is aborted. `None`: never.
fn times() -> Option<(u64, u64)> {
    #[expect(clippy::disallowed_methods, reason = "nothing of a run depends on it")]
    let text = std::env::var("TUMULT_WATCHDOG").unwrap_or_default();
    if text == "off" {
        return None;
    }
    let set = text.split_once(',').and_then(|(warn, abort)| Some((warn.parse().ok()?, abort.parse().ok()?)));
    if !text.is_empty() && set.is_none() {
        eprintln!("failed to read TUMULT_WATCHDOG={text}: write two numbers of seconds, as `5,60`, or `off`");
    }
    Some(set.unwrap_or(DEFAULT))
}

/// Looks at every turn, for as long as the program runs.
extern "C-unwind" fn look(_: *mut c_void) -> *mut c_void {
    // SAFETY: on a kernel thread that is just for this.
    unsafe { real::block_signals() };
    let Some((warn, abort)) = TIMES.get().copied().flatten() else { return ptr::null_mut() };
    let of = |s: u64| (s * 1_000 / LOOK_MS).max(1);
    loop {
        let pause = libc::timespec { tv_sec: 0, tv_nsec: LOOK_MS.cast_signed() * 1_000_000 };
        // SAFETY: the time can be read; the sleep is real, as this thread is not simulated.
        unsafe { libc::nanosleep(&raw const pause, ptr::null_mut()) };
        for turns in all() {
            let count = turns.count.load(Ordering::Relaxed);
            if turns.seen.swap(count, Ordering::Relaxed) != count || count.is_multiple_of(2) {
                turns.looks.store(0, Ordering::Relaxed);
                continue;
            }
            let looks = turns.looks.fetch_add(1, Ordering::Relaxed) + 1;
            if looks == of(abort) {
                eprintln!("tumult: {} has kept the turn for {abort} s: aborting", turns.describe());
                std::process::abort();
            }
            if looks == of(warn) {
                eprintln!(
                    "tumult: {} has kept the turn for {warn} s: it computes for long, spins, or waits for something \
                     that is not simulated; at {abort} s the program is aborted (TUMULT_WATCHDOG)",
                    turns.describe()
                );
            }
        }
    }
}
