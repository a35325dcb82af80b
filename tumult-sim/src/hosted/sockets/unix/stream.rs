//! Streams of Unix: two pipes, one each way.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::c_int;
use std::io;
use std::net::Shutdown;
use std::rc::Rc;

use super::{Named, Names, alive, kind, name_in, named};
use crate::base::ProcessId;
use crate::context::with;
use crate::hosted::address::Address;
use crate::hosted::errno::Errno;
use crate::hosted::life::Life;
use crate::hosted::object::{Events, How, Object};
use crate::hosted::sockets::options::Settings;
use crate::hosted::sockets::{Arrived, Outgoing, Receiving, Socket, wait_for};
use crate::hosted::thread::Thread;
use crate::hosted::wait::wake_all;
use crate::kernel::core::Core;
use crate::kernel::net::{PipeEnd, PipeId, PipeStanding, Pipes};
use crate::kernel::task::{Waiter, Waiters};

/// The two directions, as one end has them.
#[derive(Clone, Copy, Debug)]
struct Ways {
    reads: PipeId,
    writes: PipeId,
}

impl Ways {
    /// Two ends.
    fn open(process: ProcessId) -> [Self; 2] {
        with(|w| {
            let (there, back) = (w.net.pipes.open(process, false), w.net.pipes.open(process, false));
            [Self { reads: back, writes: there }, Self { reads: there, writes: back }]
        })
    }

    fn standing(self) -> (PipeStanding, PipeStanding) {
        with(|w| (w.net.pipes.standing(self.reads), w.net.pipes.standing(self.writes)))
    }

    /// As a drop of the native one: the other end comes to the end, or is told that something was left unread.
    fn close(self) {
        on_pipes(|pipes, core| {
            if pipes.unread(self.reads) > 0 {
                pipes.fail(self.writes, io::ErrorKind::ConnectionReset);
            }
            pipes.close(core, self.writes, PipeEnd::Writer);
            pipes.close(core, self.reads, PipeEnd::Reader);
        });
    }
}

fn on_pipes<R>(f: impl FnOnce(&mut Pipes, &mut Core) -> R) -> R {
    with(|w| f(&mut w.net.pipes, &mut w.core))
}

/// What waits at a listener.
#[derive(Debug, Default)]
pub(in crate::hosted) struct Queue {
    /// 0 before it listens.
    longest: Cell<usize>,
    waiting: RefCell<VecDeque<(Ways, Vec<u8>)>>,
    /// Those who accept or watch, and those who wait for room to connect.
    accepting: RefCell<Waiters>,
    connecting: RefCell<Waiters>,
}

impl Queue {
    fn wake(waiters: &RefCell<Waiters>) {
        let woken = waiters.borrow_mut().take();
        wake_all(woken);
    }
}

#[derive(Clone, Copy, Debug)]
enum State {
    Fresh,
    Listening,
    Stream(Ways),
}

/// A stream socket of Unix.
pub(in crate::hosted) struct UnixStream {
    process: ProcessId,
    names: Rc<RefCell<Names>>,
    state: Cell<State>,
    name: RefCell<Vec<u8>>,
    peer: RefCell<Vec<u8>>,
    queue: Rc<Queue>,
    settings: Settings,
    /// It was made with its other end, by `socketpair`: so that a process may speak to itself.
    is_of_pair: Cell<bool>,
}

impl UnixStream {
    pub(in crate::hosted) fn new(life: &Life) -> Self {
        Self {
            process: life.process,
            names: Rc::clone(&life.names),
            state: Cell::new(State::Fresh),
            name: RefCell::default(),
            peer: RefCell::default(),
            queue: Rc::default(),
            settings: Settings::default(),
            is_of_pair: Cell::new(false),
        }
    }

    /// Two that are connected with each other.
    pub(in crate::hosted) fn pair(life: &Life) -> [Self; 2] {
        Ways::open(life.process).map(|ways| {
            let new = Self::new(life);
            new.state.set(State::Stream(ways));
            new.is_of_pair.set(true);
            new
        })
    }

    fn ways(&self, otherwise: c_int) -> Result<Ways, Errno> {
        match self.state.get() {
            State::Stream(ways) => Ok(ways),
            _ => Err(Errno(otherwise)),
        }
    }

    fn receive_some(&self, me: &Thread, into: &mut [u8], peek: bool, how: How) -> Result<usize, Errno> {
        let ways = self.ways(libc::EINVAL)?;
        let limit = || self.settings.patience(libc::SO_RCVTIMEO);
        wait_for(me, "bytes of a Unix stream", how, limit, |waiter| {
            on_pipes(|pipes, core| {
                let s = pipes.standing(ways.reads);
                if !s.reader || into.is_empty() {
                    // Shut for reading, or nothing wanted.
                    return Ok(Some(0));
                }
                if s.unread > 0 && peek {
                    return Ok(Some(pipes.peek(ways.reads, into)));
                }
                if waiter.is_none() && s.unread == 0 && s.writer && !s.failed {
                    return Ok(None);
                }
                Ok(pipes.read(core, ways.reads, into, || waiter.expect("there is something to read")())?)
            })
        })
    }

    fn send_some(&self, me: &Thread, ways: Ways, from: &[u8], how: How) -> Result<usize, Errno> {
        let limit = || self.settings.patience(libc::SO_SNDTIMEO);
        wait_for(me, "room in a Unix stream", how, limit, |waiter| {
            on_pipes(|pipes, core| {
                let s = pipes.standing(ways.writes);
                if !s.reader || !s.writer {
                    return Err(Errno(libc::EPIPE));
                }
                if waiter.is_none() && s.room == 0 && !from.is_empty() {
                    return Ok(None);
                }
                Ok(pipes.write(core, ways.writes, from, || waiter.expect("there is room")())?)
            })
        })
    }
}

impl Object for UnixStream {
    fn what(&self) -> &'static str {
        match self.state.get() {
            State::Listening => "a Unix listener",
            _ => "a Unix stream",
        }
    }

    fn as_socket(&self) -> Option<&dyn Socket> {
        Some(self)
    }

    fn read(&self, me: &Thread, into: &mut [u8], how: How) -> Result<usize, Errno> {
        self.receive_some(me, into, false, how)
    }

    /// What Linux's `unix_poll` says.
    fn ready(&self) -> Events {
        match self.state.get() {
            State::Fresh => Events::OUT.and(Events::HUP),
            State::Listening => Events::default().with(Events::IN, !self.queue.waiting.borrow().is_empty()),
            State::Stream(ways) => {
                let (r, w) = ways.standing();
                let (no_more, dumb) = (!r.writer || !r.reader, !w.reader || !w.writer);
                Events::default()
                    .with(Events::IN, r.unread > 0)
                    .with(Events::IN.and(Events::RDHUP), no_more)
                    .with(Events::HUP, no_more && dumb)
                    .with(Events::OUT, w.room > 0 || dumb)
                    .with(Events::ERR, r.failed)
            }
        }
    }

    fn watch(&self, waiter: &mut dyn FnMut() -> Waiter) {
        match self.state.get() {
            State::Fresh | State::Listening => {
                self.queue.accepting.borrow_mut().add(waiter());
            }
            State::Stream(ways) => on_pipes(|pipes, core| {
                pipes.watch(core, ways.reads, PipeEnd::Reader, waiter());
                pipes.watch(core, ways.writes, PipeEnd::Writer, waiter());
            }),
        }
    }

    fn unread(&self) -> Result<usize, Errno> {
        let ways = self.ways(libc::EINVAL)?;
        Ok(ways.standing().0.unread)
    }

    fn close(&self) {
        let name = self.name.take();
        if !name.is_empty() {
            self.names.borrow_mut().forget(&name);
        }
        match self.state.get() {
            State::Fresh => {}
            State::Listening => {
                self.queue.longest.set(0);
                let waiting = self.queue.waiting.take();
                for (ways, _) in waiting {
                    ways.close();
                }
                Queue::wake(&self.queue.connecting);
            }
            State::Stream(ways) => ways.close(),
        }
    }
}

impl Socket for UnixStream {
    fn kind(&self) -> (c_int, c_int, c_int) {
        kind(libc::SOCK_STREAM)
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn bind(&self, _: &Thread, to: &Address) -> Result<(), Errno> {
        if !self.name.borrow().is_empty() {
            return Err(Errno(libc::EINVAL));
        }
        let what = Named::Stream(Rc::downgrade(&self.queue));
        let name = self.names.borrow_mut().bind(name_in(to)?, what)?;
        *self.name.borrow_mut() = name;
        Ok(())
    }

    fn listen(&self, _: &Thread, backlog: c_int) -> Result<(), Errno> {
        if self.name.borrow().is_empty() || matches!(self.state.get(), State::Stream(_)) {
            return Err(Errno(libc::EINVAL));
        }
        // Linux lets one more wait than was said.
        self.queue.longest.set(usize::try_from(backlog).unwrap_or(4096) + 1);
        self.state.set(State::Listening);
        Ok(())
    }

    fn is_listening(&self) -> bool {
        matches!(self.state.get(), State::Listening)
    }

    fn accept(&self, me: &Thread, how: How) -> Result<(Rc<dyn Socket>, Address), Errno> {
        let limit = || self.settings.patience(libc::SO_RCVTIMEO);
        let (ways, from) = wait_for(me, "a Unix connection to accept", how, limit, |waiter| {
            if !self.is_listening() {
                return Err(Errno(libc::EINVAL));
            }
            let waits = !self.queue.waiting.borrow().is_empty();
            if waits && !with(|w| w.processes.get_mut(self.process).descriptors.has_room()) {
                return Err(Errno(libc::EMFILE));
            }
            let first = self.queue.waiting.borrow_mut().pop_front();
            if let (None, Some(waiter)) = (&first, waiter) {
                self.queue.accepting.borrow_mut().add(waiter());
            }
            Ok(first)
        })?;
        Queue::wake(&self.queue.connecting);
        let new = Self {
            process: self.process,
            names: Rc::clone(&self.names),
            state: Cell::new(State::Stream(ways)),
            name: RefCell::default(),
            peer: RefCell::new(from.clone()),
            queue: Rc::default(),
            settings: Settings::default(),
            is_of_pair: Cell::new(false),
        };
        Ok((Rc::new(new), named(&from)))
    }

    fn connect(&self, me: &Thread, to: &Address, how: How) -> Result<(), Errno> {
        match self.state.get() {
            State::Fresh => {}
            State::Listening => return Err(Errno(libc::EINVAL)),
            State::Stream(_) => return Err(Errno(libc::EISCONN)),
        }
        let name = name_in(to)?.to_vec();
        let queue = match self.names.borrow().find(&name)? {
            Named::Stream(queue) => alive(queue)?,
            Named::Datagram(_) => return Err(Errno(libc::EPROTOTYPE)),
        };
        let limit = || self.settings.patience(libc::SO_SNDTIMEO);
        wait_for(me, "room at a Unix listener", how, limit, |waiter| {
            if queue.longest.get() == 0 {
                return Err(Errno(libc::ECONNREFUSED));
            }
            if queue.waiting.borrow().len() < queue.longest.get() {
                return Ok(Some(()));
            }
            if let Some(waiter) = waiter {
                queue.connecting.borrow_mut().add(waiter());
            }
            Ok(None)
        })?;
        let [mine, theirs] = Ways::open(self.process);
        self.state.set(State::Stream(mine));
        *self.peer.borrow_mut() = name;
        queue.waiting.borrow_mut().push_back((theirs, self.name.borrow().clone()));
        Queue::wake(&queue.accepting);
        Queue::wake(&self.queue.accepting);
        Ok(())
    }

    fn local(&self) -> Address {
        named(&self.name.borrow())
    }

    fn peer(&self) -> Result<Address, Errno> {
        self.ways(libc::ENOTCONN)?;
        Ok(named(&self.peer.borrow()))
    }

    fn shutdown(&self, what: Shutdown) -> Result<(), Errno> {
        if self.is_listening() {
            self.queue.longest.set(0);
            self.state.set(State::Fresh);
            Queue::wake(&self.queue.accepting);
            return Ok(());
        }
        let ways = self.ways(libc::ENOTCONN)?;
        on_pipes(|pipes, core| {
            if what != Shutdown::Write {
                pipes.close(core, ways.reads, PipeEnd::Reader);
            }
            if what != Shutdown::Read {
                pipes.close(core, ways.writes, PipeEnd::Writer);
            }
        });
        Ok(())
    }

    fn send(&self, me: &Thread, what: &Outgoing<'_>, how: How) -> Result<usize, Errno> {
        let ways = self.ways(libc::ENOTCONN)?;
        if what.to.is_some() {
            return Err(Errno(libc::EISCONN));
        }
        let mut done = self.send_some(me, ways, what.bytes, how)?;
        while done < what.bytes.len() && !how.nonblocking {
            match self.send_some(me, ways, &what.bytes[done..], how) {
                Ok(n) => done += n,
                Err(_) => break,
            }
        }
        Ok(done)
    }

    fn receive(&self, me: &Thread, into: &mut [u8], what: Receiving, how: How) -> Result<Arrived, Errno> {
        let mut done = self.receive_some(me, into, what.peek, how)?;
        while what.all && !what.peek && !how.nonblocking && done > 0 && done < into.len() {
            match self.receive_some(me, &mut into[done..], false, how) {
                Ok(n @ 1..) => done += n,
                Ok(0) | Err(_) => break,
            }
        }
        if done > 0 && self.is_of_pair.get() {
            me.heard.set(true);
        }
        Ok(Arrived::stream(done))
    }

    fn take_error(&self) -> c_int {
        0
    }
}
