//! The two ends of a pipe.

use crate::context;
use crate::hosted::errno::Errno;
use crate::hosted::object::{Events, How, Object};
use crate::hosted::thread::Thread;
use crate::hosted::wait;
use crate::kernel::core::Core;
use crate::kernel::net::{PIPE_BUF, PipeEnd, PipeId, Pipes};
use crate::kernel::task::Waiter;

/// One end of a pipe.
#[derive(Debug)]
pub(in crate::hosted) struct End {
    id: PipeId,
    end: PipeEnd,
}

fn call<R>(f: impl FnOnce(&mut Pipes, &mut Core) -> R) -> R {
    context::with(|w| f(&mut w.net.pipes, &mut w.core))
}

impl End {
    /// The two ends of a new pipe of the calling process: the reader, the writer.
    pub(in crate::hosted) fn pair(me: &Thread) -> (Self, Self) {
        let id = context::with(|w| w.net.pipes.open(me.life.process, true));
        (Self { id, end: PipeEnd::Reader }, Self { id, end: PipeEnd::Writer })
    }
}

impl Object for End {
    fn what(&self) -> &'static str {
        match self.end {
            PipeEnd::Reader => "the end of a pipe that reads",
            PipeEnd::Writer => "the end of a pipe that writes",
        }
    }

    fn read(&self, me: &Thread, into: &mut [u8], how: How) -> Result<usize, Errno> {
        if self.end != PipeEnd::Reader {
            return Err(Errno(libc::EBADF));
        }
        let attempt = |me: &Thread| call(|pipes, core| pipes.read(core, self.id, into, || me.waiter())).transpose();
        Ok(wait::as_asked(me, "bytes from a pipe", how, attempt)??)
    }

    fn write(&self, me: &Thread, from: &[u8], how: How) -> Result<usize, Errno> {
        if self.end != PipeEnd::Writer {
            return Err(Errno(libc::EBADF));
        }
        let mut done = 0;
        loop {
            let rest = &from[done..];
            let attempt =
                |me: &Thread| call(|pipes, core| pipes.write(core, self.id, rest, || me.waiter())).transpose();
            match wait::as_asked(me, "room in a pipe", how, attempt) {
                Ok(Ok(n)) => done += n,
                Ok(Err(error)) if done == 0 => return Err(error.into()),
                Err(errno) if done == 0 => return Err(errno),
                _ => return Ok(done),
            }
            if done == from.len() {
                return Ok(done);
            }
        }
    }

    fn ready(&self) -> Events {
        let now = call(|pipes, _| pipes.standing(self.id));
        match self.end {
            PipeEnd::Reader => {
                Events::default().with(Events::IN, now.unread > 0 || now.failed).with(Events::HUP, !now.writer)
            }
            // A write of one page would be taken.
            PipeEnd::Writer => Events::default().with(Events::OUT, now.room >= PIPE_BUF).with(Events::ERR, !now.reader),
        }
    }

    fn watch(&self, waiter: &mut dyn FnMut() -> Waiter) {
        let waiter = waiter();
        call(|pipes, core| pipes.watch(core, self.id, self.end, waiter));
    }

    fn close(&self) {
        call(|pipes, core| pipes.close(core, self.id, self.end));
    }
}
