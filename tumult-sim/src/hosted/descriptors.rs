//! Descriptor numbers of one life of a hosted process: which the OS never gives out, and what they stand for.

use std::any::Any;
use std::cell::Cell;
use std::ffi::c_int;
use std::rc::Rc;

use super::errno::Errno;
use super::object::{How, Object};
use super::pairs::{PAIRS, Pairs};
use super::thread::{Thread, me};
use crate::base::ProcessId;
use crate::context::{self, Cause};
use crate::process::EMFILE;

/// The first number: Linux lets no process have so many files open (`fs.nr_open` is 2 to the 20th unless raised to the
/// 30th, which no distribution does).
pub(super) const FIRST: c_int = 1 << 28;
/// As many numbers has each process, so that a number says whose it is: one that a static gives to another process of
/// the run is known there as not its own.
const EACH: c_int = 1 << 16;
/// As many processes have numbers of their own.
const PROCESSES: c_int = (PAIRS - FIRST) / EACH;

/// What was opened: shared by the descriptors that `dup` makes of one.
pub(super) struct Open {
    pub(super) object: Rc<dyn Object>,
    /// `O_NONBLOCK`, `O_APPEND` and how it may be accessed.
    pub(super) status: Cell<c_int>,
}

impl Open {
    pub(super) fn how(&self) -> How {
        How { nonblocking: self.status.get() & libc::O_NONBLOCK != 0 }
    }

    /// The object, if it is of this kind.
    ///
    /// # Errors
    /// The number given, otherwise.
    pub(super) fn is<T: 'static>(&self, otherwise: c_int) -> Result<&T, Errno> {
        let object: &dyn Any = &*self.object;
        object.downcast_ref().ok_or(Errno(otherwise))
    }
}

#[derive(Clone)]
pub(super) struct Slot {
    open: Rc<Open>,
    close_on_exec: bool,
}

impl Slot {
    /// Something new. `flags` are those of `open`.
    pub(super) fn new(object: Rc<dyn Object>, flags: c_int) -> Self {
        let status = Cell::new(flags & !(libc::O_CLOEXEC | libc::O_CREAT | libc::O_EXCL | libc::O_TRUNC));
        Self { open: Rc::new(Open { object, status }), close_on_exec: flags & libc::O_CLOEXEC != 0 }
    }
}

/// The table of one life. 0, 1 and 2 are the standard streams; all others begin at [`FIRST`], or above.
pub(super) struct Descriptors {
    first: c_int,
    standard: [Option<Slot>; 3],
    slots: Vec<Option<Slot>>,
    pub(super) pairs: Pairs,
}

impl Descriptors {
    pub(super) fn new(process: ProcessId) -> Self {
        let first = FIRST + (process.0 as c_int % PROCESSES) * EACH;
        Self { first, standard: [const { None }; 3], slots: vec![], pairs: Pairs::default() }
    }

    /// Puts a standard stream in its place.
    pub(super) fn set_standard(&mut self, number: usize, object: Rc<dyn Object>) {
        let open = Rc::new(Open { object, status: Cell::new(libc::O_RDWR) });
        self.standard[number] = Some(Slot { open, close_on_exec: false });
    }

    #[inline]
    fn slot(&mut self, fd: c_int) -> Option<&mut Option<Slot>> {
        match fd {
            0..3 => self.standard.get_mut(fd as usize),
            PAIRS.. => self.pairs.slots.get_mut(&fd),
            _ => self.slots.get_mut(usize::try_from(fd - self.first).ok()?),
        }
    }

    /// What a number stands for.
    ///
    /// # Errors
    /// EBADF when nothing is open there.
    #[inline]
    pub(super) fn get(&mut self, fd: c_int) -> Result<Rc<Open>, Errno> {
        let slot = self.slot(fd).and_then(|s| s.as_ref());
        slot.map(|s| Rc::clone(&s.open)).ok_or(Errno(libc::EBADF))
    }

    /// A new number for what was opened: the lowest that is free, from `from` on.
    fn place(&mut self, from: usize, slot: Slot) -> c_int {
        let free = (from..self.slots.len()).find(|n| self.slots[*n].is_none()).unwrap_or(self.slots.len().max(from));
        if free >= self.slots.len() {
            self.slots.resize(free + 1, None);
        }
        self.slots[free] = Some(slot);
        self.first + free as c_int
    }

    /// Takes the number away. What it stood for comes back, to be closed when nothing else stands for it.
    ///
    /// # Errors
    /// EBADF when nothing is open there.
    pub(super) fn remove(&mut self, fd: c_int) -> Result<Rc<Open>, Errno> {
        let slot = self.slot(fd).and_then(Option::take);
        slot.map(|s| s.open).ok_or(Errno(libc::EBADF))
    }

    /// Whether it is a number of this process.
    fn are_own(&self, fd: c_int) -> bool {
        (self.first..self.first + EACH).contains(&fd)
    }

    /// Every number in use, lowest first.
    pub(super) fn numbers(&self) -> Vec<c_int> {
        let standard = self.standard.iter().enumerate().filter(|(_, s)| s.is_some()).map(|(n, _)| n as c_int);
        let others = self.slots.iter().enumerate().filter(|(_, s)| s.is_some()).map(|(n, _)| self.first + n as c_int);
        let pairs = self.pairs.slots.iter().filter(|(_, s)| s.is_some()).map(|(n, _)| *n);
        standard.chain(others).chain(pairs).collect()
    }

    pub(super) fn close_on_exec(&mut self, fd: c_int) -> Result<&mut bool, Errno> {
        let slot = self.slot(fd).and_then(|s| s.as_mut());
        slot.map(|s| &mut s.close_on_exec).ok_or(Errno(libc::EBADF))
    }
}

use super::life::Life;

impl Life {
    /// What a number stands for.
    ///
    /// # Errors
    /// EBADF when nothing is open there.
    #[inline]
    pub(super) fn open_at(&self, fd: c_int) -> Result<Rc<Open>, Errno> {
        let open = self.descriptors.borrow_mut().get(fd);
        if open.is_err() { self.not_open(fd) } else { open }
    }

    /// Nothing is open there as far as is known: perhaps it is one of a pair, or another process's.
    #[cold]
    fn not_open(&self, fd: c_int) -> Result<Rc<Open>, Errno> {
        if fd >= PAIRS {
            self.adopt_pair(fd)?;
            return self.descriptors.borrow_mut().get(fd);
        }
        if fd >= FIRST && !self.descriptors.borrow().are_own(fd) {
            refuse_anothers(fd);
        }
        Err(Errno(libc::EBADF))
    }

    /// A number for something new. `flags` are those of `open`: the status flags and `O_CLOEXEC`.
    ///
    /// # Errors
    /// EMFILE when the process has as many open as it may; then the object is closed.
    pub(super) fn install(&self, object: Rc<dyn Object>, flags: c_int) -> Result<c_int, Errno> {
        if let Err(error) = self.reserve() {
            object.close();
            return Err(error);
        }
        Ok(self.install_reserved(object, flags))
    }

    /// Room for one more number, before anything is opened for it: what is refused here has no effect.
    ///
    /// # Errors
    /// EMFILE when the process has as many open as it may.
    pub(super) fn reserve(&self) -> Result<(), Errno> {
        if count(self.process) { Ok(()) } else { Err(Errno(EMFILE)) }
    }

    /// The room is not used after all.
    pub(super) fn give_back(&self) {
        context::with(|w| w.processes.get_mut(self.process).descriptors.close());
    }

    /// As [`install`](Self::install), in room that was reserved.
    pub(super) fn install_reserved(&self, object: Rc<dyn Object>, flags: c_int) -> c_int {
        let slot = Slot::new(object, flags);
        self.descriptors.borrow_mut().place(0, slot)
    }

    /// Another number, `from` or higher, for what `fd` stands for.
    ///
    /// # Errors
    /// EBADF, EMFILE.
    pub(super) fn duplicate(&self, fd: c_int, from: c_int, close_on_exec: bool) -> Result<c_int, Errno> {
        let open = self.open_at(fd)?;
        if !count(self.process) {
            return Err(Errno(EMFILE));
        }
        let mut table = self.descriptors.borrow_mut();
        let from = usize::try_from(from - table.first).unwrap_or(0);
        Ok(table.place(from, Slot { open, close_on_exec }))
    }

    /// Puts what `fd` stands for at `to`, and closes what was there.
    ///
    /// # Errors
    /// EBADF.
    pub(super) fn duplicate_to(&self, fd: c_int, to: c_int, close_on_exec: bool) -> Result<c_int, Errno> {
        let open = self.open_at(fd)?;
        if !(0..3).contains(&to) && to < PAIRS && !self.descriptors.borrow().are_own(to) {
            return Err(Errno(libc::EBADF));
        }
        let before = self.descriptors.borrow_mut().remove(to).ok();
        match before {
            Some(before) => release(before),
            None if !count(self.process) => return Err(Errno(EMFILE)),
            None => {}
        }
        let slot = Slot { open, close_on_exec };
        let table = &mut *self.descriptors.borrow_mut();
        if to >= PAIRS {
            table.pairs.slots.insert(to, Some(slot));
        } else if let Ok(n) = usize::try_from(to - table.first) {
            if table.slots.len() <= n {
                table.slots.resize(n + 1, None);
            }
            table.slots[n] = Some(slot);
        } else {
            table.standard[to as usize] = Some(slot);
        }
        Ok(to)
    }

    /// Closes a number.
    ///
    /// # Errors
    /// EBADF when nothing is open there.
    pub(super) fn close(&self, fd: c_int) -> Result<(), Errno> {
        let open = self.descriptors.borrow_mut().remove(fd)?;
        context::with(|w| w.processes.get_mut(self.process).descriptors.close());
        release(open);
        Ok(())
    }
}

/// A descriptor of another process was used: the run fails, as whatever came of it would be wrong.
#[cold]
fn refuse_anothers(fd: c_int) {
    let owner = context::with(|w| {
        let at = (fd - FIRST) / EACH;
        w.processes.iter().nth(at as usize).map(|(_, p)| p.name.to_string())
    });
    if let Some((owner, me)) = owner.zip(me()) {
        crossed(me, &format!("used descriptor {fd}, which is of process `{owner}`"));
    }
}

/// A thread did something to another process, which only a static can have led to.
#[cold]
pub(super) fn crossed(me: &Thread, what: &str) -> ! {
    let message = format!(
        "process `{}` {what}: a static led there, which the processes of a run share, as a runtime kept in one, or \
         tokio's list of who listens for a signal; let only one process of the run use it \
         (docs/HOSTING.md, \"Statics that lives share\")",
        me.life.name()
    );
    context::current().fail(Cause::Error { message }, Some(me.life.process));
    me.stop()
}

/// One more is open, if there may be.
fn count(process: ProcessId) -> bool {
    context::with(|w| w.processes.get_mut(process).descriptors.open())
}

/// A descriptor no longer stands for it.
fn release(open: Rc<Open>) {
    open.object.close_one();
    drop(open);
}

/// Closes what nothing stands for any more: at once, or when the last call that uses it returns.
impl Drop for Open {
    fn drop(&mut self) {
        self.object.close();
    }
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open").field("object", &self.object.what()).finish_non_exhaustive()
    }
}
