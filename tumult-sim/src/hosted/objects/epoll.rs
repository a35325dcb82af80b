//! An epoll instance.
//!
//! An interest either is in the queue of what has come up, or has left a waiter with its object; so a wait costs what it
//! reports, however much is registered. Level-triggered ones stay in the queue while they hold; edge-triggered ones go
//! back to their object when they were reported, which wakes them at the next arrival, even if it was readable before.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::c_int;
use std::rc::{Rc, Weak};

use libc::epoll_event;

use crate::context;
use crate::hosted::descriptors::Open;
use crate::hosted::errno::Errno;
use crate::hosted::object::{Events, Object};
use crate::kernel::task::{Interests, SetId, TaskId, Waiter};

const EDGE: u32 = libc::EPOLLET as u32;
const ONE_SHOT: u32 = libc::EPOLLONESHOT as u32;
const EXCLUSIVE: u32 = libc::EPOLLEXCLUSIVE as u32;
const WAKE_UP: u32 = libc::EPOLLWAKEUP as u32;
/// What is said of the interest and not of the object.
const MODES: u32 = EDGE | ONE_SHOT | EXCLUSIVE | WAKE_UP;
/// What `EPOLLEXCLUSIVE` goes together with.
const WITH_EXCLUSIVE: u32 =
    (libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLERR | libc::EPOLLHUP) as u32 | MODES & !ONE_SHOT;
/// How many instances may be in one another, below the outermost.
const DEEPEST: usize = 4;

#[derive(Debug)]
struct Interest {
    id: TaskId,
    fd: c_int,
    open: Weak<Open>,
    /// What is wanted, with the modes; without what is wanted it is disabled.
    events: u32,
    data: u64,
}

impl Interest {
    fn wanted(&self) -> u32 {
        self.events & !MODES
    }

    /// What holds of what is wanted of the object.
    fn ready(&self, open: &Open) -> u32 {
        open.object.ready().with_classes().0 & self.wanted()
    }

    /// Leaves its waiter with the object.
    fn arm(&self, open: &Open) {
        if self.wanted() != 0 {
            open.object.watch(&mut || Waiter::Task(self.id));
        }
    }

    /// From now on it is to be reported, or watches.
    fn begin(&self, open: &Open) {
        if self.ready(open) == 0 {
            self.arm(open);
        } else {
            context::with(|w| w.core.tasks.wake(self.id));
        }
    }
}

#[derive(Debug, Default)]
struct Table {
    interests: Vec<Option<Interest>>,
    free: Vec<u32>,
    /// By descriptor and by what was open there. Only for looking up: its order means nothing.
    by: BTreeMap<(c_int, usize), u32>,
}

impl Table {
    fn find(&mut self, fd: c_int, open: &Rc<Open>) -> Result<&mut Interest, Errno> {
        let at = self.by.get(&(fd, Rc::as_ptr(open) as usize)).ok_or(Errno(libc::ENOENT))?;
        self.interests[*at as usize].as_mut().ok_or(Errno(libc::ENOENT))
    }

    fn remove(&mut self, at: u32) -> Option<Interest> {
        let gone = self.interests[at as usize].take()?;
        self.by.remove(&(gone.fd, gone.open.as_ptr() as usize));
        self.free.push(at);
        Some(gone)
    }

    /// Takes away what was registered under this number and has been closed since.
    fn sweep(&mut self, fd: c_int) {
        let closed = |at: &u32| self.interests[*at as usize].as_ref().is_some_and(|i| i.open.strong_count() == 0);
        let all: Vec<u32> = self.by.range((fd, 0)..=(fd, usize::MAX)).map(|(_, at)| *at).filter(closed).collect();
        for at in all {
            self.forget(at);
        }
    }

    /// What an interest that came up reports, if it still holds. It goes where it belongs next.
    #[inline]
    fn report(&mut self, at: u32) -> Option<epoll_event> {
        let interest = self.interests[at as usize].as_mut()?;
        let Some(open) = interest.open.upgrade() else {
            self.forget(at);
            return None;
        };
        let ready = interest.ready(&open);
        if ready == 0 {
            interest.arm(&open);
            return None;
        }
        if interest.events & ONE_SHOT != 0 {
            interest.events &= MODES;
        } else if interest.events & EDGE != 0 {
            interest.arm(&open);
        } else {
            with(|interests| interests.keep(interest.id));
        }
        Some(epoll_event { events: ready, u64: interest.data })
    }

    fn forget(&mut self, at: u32) {
        if let Some(gone) = self.remove(at) {
            with(|interests| interests.remove(gone.id));
        }
    }
}

fn with<R>(f: impl FnOnce(&mut Interests) -> R) -> R {
    context::with(|w| f(&mut w.core.tasks.interests))
}

/// An epoll instance.
#[derive(Debug)]
pub(in crate::hosted) struct Epoll {
    set: SetId,
    table: RefCell<Table>,
}

impl Epoll {
    pub(in crate::hosted) fn new() -> Self {
        Self { set: with(Interests::open), table: RefCell::default() }
    }

    /// A new interest in what is open at `fd`.
    ///
    /// # Errors
    /// As `epoll_ctl` with `EPOLL_CTL_ADD`.
    pub(in crate::hosted) fn add(&self, fd: c_int, open: &Rc<Open>, event: epoll_event) -> Result<(), Errno> {
        if let Ok(inner) = open.is::<Self>(0) {
            if event.events & EXCLUSIVE != 0 {
                return Err(Errno(libc::EINVAL));
            }
            if inner.reaches(self, DEEPEST)? {
                return Err(Errno(libc::ELOOP));
            }
        }
        if event.events & EXCLUSIVE != 0 && event.events & !WITH_EXCLUSIVE != 0 {
            return Err(Errno(libc::EINVAL));
        }
        let mut table = self.table.borrow_mut();
        if table.find(fd, open).is_ok() {
            return Err(Errno(libc::EEXIST));
        }
        table.sweep(fd);
        let at = table.free.pop().unwrap_or_else(|| {
            table.interests.push(None);
            table.interests.len() as u32 - 1
        });
        let id = with(|interests| interests.add(self.set, at));
        let interest = Interest { id, fd, open: Rc::downgrade(open), events: always(event.events), data: event.u64 };
        interest.begin(open);
        table.by.insert((fd, Rc::as_ptr(open) as usize), at);
        table.interests[at as usize] = Some(interest);
        Ok(())
    }

    /// Another wish, of an interest that there is.
    ///
    /// # Errors
    /// As `epoll_ctl` with `EPOLL_CTL_MOD`.
    pub(in crate::hosted) fn change(&self, fd: c_int, open: &Rc<Open>, event: epoll_event) -> Result<(), Errno> {
        let mut table = self.table.borrow_mut();
        if event.events & EXCLUSIVE != 0 {
            return Err(Errno(libc::EINVAL));
        }
        let interest = table.find(fd, open)?;
        if interest.events & EXCLUSIVE != 0 {
            return Err(Errno(libc::EINVAL));
        }
        (interest.events, interest.data) = (always(event.events), event.u64);
        interest.begin(open);
        Ok(())
    }

    /// No interest any more.
    ///
    /// # Errors
    /// As `epoll_ctl` with `EPOLL_CTL_DEL`.
    pub(in crate::hosted) fn remove(&self, fd: c_int, open: &Rc<Open>) -> Result<(), Errno> {
        let mut table = self.table.borrow_mut();
        let id = table.find(fd, open)?.id;
        let at = table.by[&(fd, Rc::as_ptr(open) as usize)];
        table.remove(at);
        with(|interests| interests.remove(id));
        Ok(())
    }

    /// Reports what has come up and still holds, in the order in which it came up. Gives how much.
    pub(in crate::hosted) fn take(&self, into: &mut [epoll_event]) -> usize {
        let mut table = self.table.borrow_mut();
        let mut reported = 0;
        // What stays in the queue goes to its end, and is not looked at twice.
        let (mut left, mut next) = with(|interests| (interests.queued(self.set), interests.next(self.set)));
        while let Some(at) = next {
            if let Some(event) = table.report(at) {
                into[reported] = event;
                reported += 1;
            }
            left = left.saturating_sub(1);
            if left == 0 || reported == into.len() {
                break;
            }
            next = with(|interests| interests.next(self.set));
        }
        reported
    }

    /// The task is woken, once, when something comes up.
    pub(in crate::hosted) fn wait(&self, task: TaskId) {
        with(|interests| interests.wait(self.set, task));
    }

    /// The task does not wait any more.
    pub(in crate::hosted) fn give_up(&self, task: TaskId) {
        with(|interests| interests.give_up(self.set, task));
    }

    /// Whether `other` is this one or in it, at any depth.
    fn reaches(&self, other: &Self, deepest: usize) -> Result<bool, Errno> {
        if std::ptr::eq(self, other) {
            return Ok(true);
        }
        let deeper = deepest.checked_sub(1).ok_or(Errno(libc::ELOOP))?;
        for interest in self.table.borrow().interests.iter().flatten() {
            if let Some(open) = interest.open.upgrade()
                && let Ok(inner) = open.is::<Self>(0)
                && inner.reaches(other, deeper)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Errors and hang-ups are always wanted.
fn always(events: u32) -> u32 {
    events | Events::ERR.and(Events::HUP).0
}

impl Object for Epoll {
    fn what(&self) -> &'static str {
        "an epoll instance"
    }

    /// Readable while there is something to report. What does not hold any more leaves the queue.
    fn ready(&self) -> Events {
        let mut table = self.table.borrow_mut();
        while let Some(at) = with(|interests| interests.first(self.set)) {
            let Some(interest) = &table.interests[at as usize] else { break };
            let open = interest.open.upgrade();
            if open.as_ref().is_some_and(|open| interest.ready(open) != 0) {
                return Events::IN;
            }
            with(|interests| interests.next(self.set));
            match open {
                Some(open) => interest.arm(&open),
                None => table.forget(at),
            }
        }
        Events::default()
    }

    fn watch(&self, waiter: &mut dyn FnMut() -> Waiter) {
        if let Waiter::Task(id) = waiter() {
            self.wait(id);
        }
    }

    fn close(&self) {
        let table = self.table.take();
        with(|interests| {
            table.interests.iter().flatten().for_each(|interest| interests.remove(interest.id));
            interests.close(self.set);
        });
    }
}
