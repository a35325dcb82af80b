//! What the hosted processes of a run have in common: who waits at which word, and the threads, for reports.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use super::calls::futex::Futexes;
use super::calls::locks::{mutexes, rwlocks};
use super::life::Life;
use super::thread::Thread;
use crate::context::{self, Run, ThreadRow};
use crate::kernel::task::TaskId;

/// Frames that a report shows of a thread.
const FRAMES_MAX: usize = 12;

/// The hosted processes of a run.
#[derive(Debug, Default)]
pub(super) struct Guests {
    pub(super) futexes: Rc<RefCell<Futexes>>,
    lives: RefCell<Vec<Weak<Life>>>,
    /// What waits are for, by address: addresses differ from run to run, and these numbers do not.
    numbers: RefCell<BTreeMap<usize, usize>>,
}

impl Guests {
    /// Those of a run, made when first asked for.
    pub(super) fn of(run: &Run) -> Rc<Self> {
        let mut guests = run.guests.borrow_mut();
        let guests = guests.get_or_insert_with(|| Rc::new(Self::default()));
        let guests: Rc<dyn Any> = Rc::clone(guests) as _;
        guests.downcast().expect("nothing else is kept there")
    }

    /// A new life begins.
    pub(super) fn add(&self, life: &Rc<Life>) {
        self.lives.borrow_mut().retain(|life| life.strong_count() > 0);
        self.lives.borrow_mut().push(Rc::downgrade(life));
    }

    fn threads(&self) -> Vec<Rc<Thread>> {
        let lives: Vec<_> = self.lives.borrow().iter().filter_map(Weak::upgrade).collect();
        lives.iter().flat_map(|life| life.threads.borrow().clone()).collect()
    }

    /// What a thread waits for, and who holds it, as far as that is known.
    fn waits_for(&self, thread: &Thread) -> String {
        let (what, at) = (thread.waits_for(), thread.waits_at.get());
        if at == 0 {
            return what.to_owned();
        }
        let next = self.numbers.borrow().len() + 1;
        let number = *self.numbers.borrow_mut().entry(at).or_insert(next);
        let holder = match what {
            mutexes::WAITS => mutexes::holder(at),
            rwlocks::WAITS => rwlocks::writer(at),
            _ => 0,
        };
        let holds = |t: &&Rc<Thread>| holder != 0 && t.real_tid.get() == holder;
        let by = self.threads().iter().find(holds).map_or_else(String::new, |t| format!(", held by {}", named(t)));
        format!("{what}, number {number}{by}")
    }
}

impl context::Guests for Guests {
    fn thread(&self, task: TaskId) -> Option<ThreadRow> {
        let thread = self.threads().into_iter().find(|t| t.is_task(task))?;
        let backtrace = thread.backtrace().map_or_else(Vec::new, |trace| frames(&trace));
        Some(ThreadRow { name: named(&thread), waits_for: self.waits_for(&thread), backtrace })
    }
}

/// A thread, in reports.
fn named(thread: &Thread) -> String {
    let number = match thread.number {
        0 => "main thread".to_owned(),
        n => format!("thread {n}"),
    };
    let name = thread.name.borrow();
    if name.is_empty() { number } else { format!("{number} `{name}`") }
}

/// The frames of a backtrace that are the program's own, each as a line. It is the text that std makes of it: two lines
/// a frame, its name and where it is.
fn frames(text: &str) -> Vec<String> {
    let mut frames: Vec<(String, String)> = vec![];
    for line in text.lines() {
        let line = line.trim();
        if let Some(place) = line.strip_prefix("at ") {
            if let Some(last) = frames.last_mut() {
                place.clone_into(&mut last.1);
            }
        } else if let Some((_, name)) = line.split_once(": ") {
            frames.push((name.to_owned(), String::new()));
        }
    }
    let own = |(name, place): &&(String, String)| !is_ours(name, place);
    frames.iter().filter(own).take(FRAMES_MAX).map(|(name, place)| format!("{name}   {place}")).collect()
}

/// Whether a frame is of the simulator, std or libc, which say nothing of the program.
fn is_ours(name: &str, place: &str) -> bool {
    const PLACES: [&str; 6] = ["/rustc/", "/src/hosted/", "/src/host/", "/src/body/hosted.rs", "/nptl/", "/sysdeps/"];
    const NAMES: [&str; 6] = ["std::", "core::", "alloc::", "__rust", "start_thread", "clone3"];
    place.is_empty()
        || PLACES.iter().any(|p| place.contains(p) && (place.contains("tumult-sim") || !p.starts_with("/src")))
        || NAMES.iter().any(|n| name.trim_start_matches('<').starts_with(n))
}

#[cfg(test)]
mod tests {
    use super::frames;

    #[test]
    fn a_backtrace_is_cut_to_what_the_program_did() {
        let text = "   0: std::backtrace::Backtrace::force_capture\n             at /rustc/1/library/std/src/b.rs:3:5\n   \
                    1: give_turn\n             at ./tumult-sim/src/hosted/thread/mod.rs:170:9\n   2: kv::store::lock\n \
                    at ./src/hosted/store.rs:12:3\n   3: start_thread\n   4: clone3\n";
        assert_eq!(frames(text), ["kv::store::lock   ./src/hosted/store.rs:12:3"]);
    }
}
