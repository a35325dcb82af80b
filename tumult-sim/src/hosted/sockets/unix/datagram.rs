//! Datagrams of Unix: none is lost, and who sends too many waits.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::c_int;
use std::net::Shutdown;
use std::rc::{Rc, Weak};

use super::{Named, Names, alive, kind, name_in, named};
use crate::hosted::address::Address;
use crate::hosted::errno::Errno;
use crate::hosted::life::Life;
use crate::hosted::object::{Events, How, Object};
use crate::hosted::sockets::options::Settings;
use crate::hosted::sockets::{Arrived, Outgoing, Receiving, Socket, wait_for};
use crate::hosted::thread::Thread;
use crate::hosted::wait::wake_all;
use crate::kernel::task::{Waiter, Waiters};

/// So many wait to be received (`net.unix.max_dgram_qlen`, as distributions set it).
const MOST: usize = 512;
/// The longest: what a socket's buffer takes, without what each takes besides.
const LONGEST: usize = 212_960;

/// What was sent to a socket.
#[derive(Debug, Default)]
pub(in crate::hosted) struct Inbox {
    waiting: RefCell<VecDeque<(Vec<u8>, Vec<u8>)>>,
    closed: Cell<bool>,
    /// Those who wait for a datagram, and those who wait for room or watch who sends.
    readers: RefCell<Waiters>,
    senders: RefCell<Waiters>,
}

impl Inbox {
    fn is_full(&self) -> bool {
        !self.closed.get() && self.waiting.borrow().len() >= MOST
    }

    fn wake(waiters: &RefCell<Waiters>) {
        let woken = waiters.borrow_mut().take();
        wake_all(woken);
    }
}

/// A datagram socket of Unix.
pub(in crate::hosted) struct UnixDatagram {
    names: Rc<RefCell<Names>>,
    inbox: Rc<Inbox>,
    name: RefCell<Vec<u8>>,
    /// Where it sends to, and under which name.
    peer: RefCell<Option<(Weak<Inbox>, Vec<u8>)>>,
    /// What was shut: reading, writing.
    shut: Cell<(bool, bool)>,
    settings: Settings,
}

impl UnixDatagram {
    pub(in crate::hosted) fn new(life: &Life) -> Self {
        Self {
            names: Rc::clone(&life.names),
            inbox: Rc::default(),
            name: RefCell::default(),
            peer: RefCell::default(),
            shut: Cell::default(),
            settings: Settings::default(),
        }
    }

    /// Two that send to each other.
    pub(in crate::hosted) fn pair(life: &Life) -> [Self; 2] {
        let [a, b] = [Self::new(life), Self::new(life)];
        a.peer.replace(Some((Rc::downgrade(&b.inbox), vec![])));
        b.peer.replace(Some((Rc::downgrade(&a.inbox), vec![])));
        [a, b]
    }

    fn find(&self, to: &Address) -> Result<Weak<Inbox>, Errno> {
        match self.names.borrow().find(name_in(to)?)? {
            Named::Datagram(inbox) => Ok(Weak::clone(inbox)),
            Named::Stream(_) => Err(Errno(libc::EPROTOTYPE)),
        }
    }

    fn target(&self, to: Option<&Address>) -> Result<Rc<Inbox>, Errno> {
        let weak = match to {
            Some(to) => self.find(to)?,
            None => Weak::clone(&self.peer.borrow().as_ref().ok_or(Errno(libc::ENOTCONN))?.0),
        };
        alive(&weak).and_then(|inbox| if inbox.closed.get() { Err(Errno(libc::ECONNREFUSED)) } else { Ok(inbox) })
    }
}

impl Object for UnixDatagram {
    fn what(&self) -> &'static str {
        "a Unix datagram socket"
    }

    fn as_socket(&self) -> Option<&dyn Socket> {
        Some(self)
    }

    fn is_of_messages(&self) -> bool {
        true
    }

    fn ready(&self) -> Events {
        let (deaf, dumb) = self.shut.get();
        let full = self.target(None).is_ok_and(|inbox| inbox.is_full());
        Events::default()
            .with(Events::IN, !self.inbox.waiting.borrow().is_empty())
            .with(Events::IN.and(Events::RDHUP), deaf)
            .with(Events::HUP, deaf && dumb)
            .with(Events::OUT, !full)
    }

    fn watch(&self, waiter: &mut dyn FnMut() -> Waiter) {
        self.inbox.readers.borrow_mut().add(waiter());
        if let Ok(inbox) = self.target(None)
            && inbox.is_full()
        {
            inbox.senders.borrow_mut().add(waiter());
        }
    }

    fn unread(&self) -> Result<usize, Errno> {
        Ok(self.inbox.waiting.borrow().front().map_or(0, |first| first.0.len()))
    }

    fn close(&self) {
        let name = self.name.take();
        if !name.is_empty() {
            self.names.borrow_mut().forget(&name);
        }
        self.inbox.closed.set(true);
        self.inbox.waiting.take();
        Inbox::wake(&self.inbox.senders);
    }
}

impl Socket for UnixDatagram {
    fn kind(&self) -> (c_int, c_int, c_int) {
        kind(libc::SOCK_DGRAM)
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn bind(&self, _: &Thread, to: &Address) -> Result<(), Errno> {
        if !self.name.borrow().is_empty() {
            return Err(Errno(libc::EINVAL));
        }
        let what = Named::Datagram(Rc::downgrade(&self.inbox));
        let name = self.names.borrow_mut().bind(name_in(to)?, what)?;
        *self.name.borrow_mut() = name;
        Ok(())
    }

    fn connect(&self, _: &Thread, to: &Address, _: How) -> Result<(), Errno> {
        let peer = match to {
            Address::Unspecified => None,
            to => Some((self.find(to)?, name_in(to)?.to_vec())),
        };
        self.peer.replace(peer);
        Ok(())
    }

    fn local(&self) -> Address {
        named(&self.name.borrow())
    }

    fn peer(&self) -> Result<Address, Errno> {
        let peer = self.peer.borrow();
        peer.as_ref().map(|(_, name)| named(name)).ok_or(Errno(libc::ENOTCONN))
    }

    fn shutdown(&self, what: Shutdown) -> Result<(), Errno> {
        let (deaf, dumb) = self.shut.get();
        self.shut.set((deaf || what != Shutdown::Write, dumb || what != Shutdown::Read));
        Inbox::wake(&self.inbox.readers);
        Ok(())
    }

    fn send(&self, me: &Thread, what: &Outgoing<'_>, how: How) -> Result<usize, Errno> {
        if self.shut.get().1 {
            return Err(Errno(libc::EPIPE));
        }
        if what.bytes.len() > LONGEST {
            return Err(Errno(libc::EMSGSIZE));
        }
        let limit = || self.settings.patience(libc::SO_SNDTIMEO);
        wait_for(me, "room for a Unix datagram", how, limit, |waiter| {
            let inbox = self.target(what.to)?;
            if inbox.is_full() {
                if let Some(waiter) = waiter {
                    inbox.senders.borrow_mut().add(waiter());
                }
                return Ok(None);
            }
            inbox.waiting.borrow_mut().push_back((what.bytes.to_vec(), self.name.borrow().clone()));
            Inbox::wake(&inbox.readers);
            Ok(Some(what.bytes.len()))
        })
    }

    fn receive(&self, me: &Thread, into: &mut [u8], what: Receiving, how: How) -> Result<Arrived, Errno> {
        let limit = || self.settings.patience(libc::SO_RCVTIMEO);
        wait_for(me, "a Unix datagram", how, limit, |waiter| {
            let mut waiting = self.inbox.waiting.borrow_mut();
            let Some((bytes, from)) = waiting.front() else {
                let Some(waiter) = waiter else { return Ok(None) };
                if self.shut.get().0 {
                    return Ok(Some(Arrived::default()));
                }
                self.inbox.readers.borrow_mut().add(waiter());
                return Ok(None);
            };
            let len = bytes.len().min(into.len());
            into[..len].copy_from_slice(&bytes[..len]);
            let arrived = Arrived { len, whole: bytes.len(), from: Some(named(from)), at: None };
            if !what.peek {
                waiting.pop_front();
                drop(waiting);
                Inbox::wake(&self.inbox.senders);
            }
            Ok(Some(arrived))
        })
    }

    fn take_error(&self) -> c_int {
        0
    }
}
