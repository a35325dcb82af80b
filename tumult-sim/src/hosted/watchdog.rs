//! Names a hosted thread that keeps the turn: nothing else of its run can go on meanwhile, and a report that is written
//! when the run ends would never come.
//!
//! After 5 s of real time the thread is named on standard error, with its process and the last call of libc that it made;
//! after 60 s the program is aborted. `TUMULT_WATCHDOG=SECONDS,SECONDS` sets other times, `TUMULT_WATCHDOG=off` none.
//! Nothing of a run depends on it.

use std::cell::OnceCell;
use std::ffi::{CStr, c_char};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::thread::Thread;
use crate::context::with;

/// How often it looks.
const LOOK: Duration = Duration::from_millis(500);
const DEFAULT: (u64, u64) = (5, 60);

/// What a thread that carries runs says of the turn that it gives: written by it alone.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Odd while a hosted thread has the turn.
    count: AtomicU64,
    /// Which process and thread: their numbers.
    who: AtomicU64,
    /// The name of the last call that it made.
    call: AtomicPtr<c_char>,
    /// The names of processes, by number.
    names: Mutex<Vec<(u32, String)>>,
}

static ALL: Mutex<Vec<Weak<Turns>>> = Mutex::new(vec![]);

thread_local! {
    static MINE: OnceCell<Arc<Turns>> = const { OnceCell::new() };
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
pub(super) fn watched(thread: &Thread) -> Arc<Turns> {
    MINE.with(|mine| {
        let turns = mine.get_or_init(|| {
            let turns = Arc::default();
            let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|turns| turns.strong_count() > 0);
            all.push(Arc::downgrade(&turns));
            start();
            turns
        });
        let process = thread.life.process;
        let name = with(|w| w.processes.get(process).name.to_string());
        let mut names = turns.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.retain(|(n, _)| *n != process.0);
        names.push((process.0, name));
        Arc::clone(turns)
    })
}

/// Starts the thread that looks, once a program: and again in one that was forked.
fn start() {
    static IN: AtomicU32 = AtomicU32::new(0);
    let Some(times) = times() else { return };
    #[expect(clippy::disallowed_methods, reason = "which program this is, not which process of a run")]
    let program = std::process::id();
    if IN.swap(program, Ordering::Relaxed) != program {
        #[expect(clippy::disallowed_methods, reason = "it looks at the real time, and nothing of a run depends on it")]
        let started = std::thread::Builder::new().name("tumult watchdog".into()).spawn(move || look(times));
        // Without it, a run goes on as it would with it.
        drop(started);
    }
}

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
#[expect(clippy::disallowed_methods, reason = "it looks at the real time, and nothing of a run depends on it")]
fn look((warn, abort): (u64, u64)) {
    let mut seen: Vec<(Weak<Turns>, u64, u32)> = vec![];
    loop {
        std::thread::sleep(LOOK);
        let all = ALL.lock().unwrap_or_else(PoisonError::into_inner).clone();
        seen.retain(|(turns, ..)| turns.strong_count() > 0);
        for turns in all {
            let Some(now) = turns.upgrade() else { continue };
            let count = now.count.load(Ordering::Relaxed);
            let at = seen.iter().position(|(t, ..)| t.ptr_eq(&turns)).unwrap_or_else(|| {
                seen.push((turns, count, 0));
                seen.len() - 1
            });
            let (_, before, looks) = &mut seen[at];
            if *before != count || count % 2 == 0 {
                (*before, *looks) = (count, 0);
                continue;
            }
            *looks += 1;
            let of = |s: u64| u32::try_from(s * 1_000 / LOOK.as_millis() as u64).unwrap_or(u32::MAX).max(1);
            if *looks == of(abort) {
                eprintln!("tumult: {} has kept the turn for {abort} s: aborting", now.describe());
                std::process::abort();
            }
            if *looks == of(warn) {
                eprintln!(
                    "tumult: {} has kept the turn for {warn} s: it computes for long, spins, or waits for something \
                     that is not simulated; at {abort} s the program is aborted (TUMULT_WATCHDOG)",
                    now.describe()
                );
            }
        }
    }
}
