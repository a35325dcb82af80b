//! Pairs of connected sockets, as statics of libraries keep them.
//!
//! tokio makes one pair of Unix streams in a program's life, keeps it in a static, and every runtime with signals
//! duplicates an end of it. Processes of one run share statics, and a process that is started again finds its former
//! life's. So the numbers of pairs are never given out twice in a program; a life that uses one which another life was
//! given has a pair of its own there. Likewise the handler that a static says was set, once, is found by the lives that
//! rely on it.

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering};

use super::descriptors::Slot;
use super::errno::Errno;
use super::life::Life;
use super::object::Object;
use super::signals::{Action, LAST};
use super::sockets::unix::stream::UnixStream;

/// The first number of a pair: above all others.
pub(super) const PAIRS: c_int = 1 << 30;
/// As many numbers of pairs as there can be.
const PAIRS_MAX: c_int = 1 << 26;

static NEXT: AtomicI32 = AtomicI32::new(PAIRS);
static HANDLERS: Mutex<[Option<Action>; LAST as usize]> = Mutex::new([None; LAST as usize]);

/// The pairs of one life, by number; `None` where it has closed one.
#[derive(Default)]
pub(super) struct Pairs {
    pub(super) slots: BTreeMap<c_int, Option<Slot>>,
    /// It has used one that it was not given.
    relies_on_statics: bool,
}

impl Life {
    /// Numbers for two sockets that are connected with each other.
    ///
    /// # Errors
    /// EMFILE when the process has as many open as it may.
    pub(super) fn install_pair(&self, ends: [Rc<dyn Object>; 2], flags: c_int) -> Result<[c_int; 2], Errno> {
        self.reserve()?;
        if let Err(error) = self.reserve() {
            self.give_back();
            return Err(error);
        }
        let first = NEXT.fetch_add(2, Ordering::Relaxed);
        assert!(first < PAIRS + PAIRS_MAX, "fewer than 2^25 pairs of sockets");
        self.put_pair(first, ends, flags);
        Ok([first, first + 1])
    }

    fn put_pair(&self, first: c_int, [a, b]: [Rc<dyn Object>; 2], flags: c_int) {
        let slots = &mut self.descriptors.borrow_mut().pairs.slots;
        slots.insert(first, Some(Slot::new(a, flags)));
        slots.insert(first + 1, Some(Slot::new(b, flags)));
    }

    /// A number of a pair that another life was given: this one has a pair there from now on.
    pub(super) fn adopt_pair(&self, fd: c_int) -> Result<(), Errno> {
        let known = |n: c_int| self.descriptors.borrow().pairs.slots.contains_key(&n);
        if !(PAIRS..NEXT.load(Ordering::Relaxed)).contains(&fd) || known(fd) {
            return Err(Errno(libc::EBADF));
        }
        let ends = UnixStream::pair(self).map(|end| -> Rc<dyn Object> { Rc::new(end) });
        self.put_pair(fd & !1, ends, libc::O_RDWR | libc::O_NONBLOCK);
        self.descriptors.borrow_mut().pairs.relies_on_statics = true;
        Ok(())
    }

    /// What this life does at a signal for which it has set nothing.
    pub(super) fn inherited(&self, signal: c_int) -> Option<Action> {
        let relies = self.descriptors.borrow().pairs.relies_on_statics;
        HANDLERS.lock().ok().filter(|_| relies).and_then(|all| all[signal as usize - 1])
    }
}

/// Some life has set a handler.
pub(super) fn note_handler(signal: c_int, action: Action) {
    if ![libc::SIG_DFL, libc::SIG_IGN].contains(&action.handler)
        && let Ok(mut all) = HANDLERS.lock()
    {
        all[signal as usize - 1] = Some(action);
    }
}
