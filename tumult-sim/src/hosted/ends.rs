//! How a hosted process ends by its own hand: `exit`, `abort`. That process ends, and nothing else does.

use std::ffi::c_int;

use super::guard;
use super::thread::Thread;
use crate::context::{self, Cause};
use crate::kernel::process::Exit;

/// The calling thread's process exits, and the thread is not continued. A primary that exits with 0 has finished; with
/// another status, it fails the run.
pub(super) fn exit(me: &Thread, call: &str, status: c_int) -> ! {
    guard::take_back();
    // As a parent would see it.
    match status & 0xff {
        0 => end(me, Exit::Finished, String::new()),
        seen => end(me, Exit::Exited(seen), format!("{call}({status})")),
    }
}

/// As [`exit`], by a signal: never an end that a primary may have.
pub(super) fn abort(me: &Thread, call: &str) -> ! {
    end(me, Exit::Aborted, call.to_owned())
}

/// The process ends by a signal that the simulation sent, as by a fault that kills it.
pub(super) fn killed(me: &Thread) -> ! {
    me.life.flush_streams();
    context::with(|w| w.end(me.life.process, Exit::Killed));
    me.stop()
}

fn end(me: &Thread, exit: Exit, how: String) -> ! {
    let process = me.life.process;
    me.life.flush_streams();
    let primary = context::with(|w| {
        w.end(process, exit);
        w.processes.get(process).primary
    });
    if primary && exit != Exit::Finished {
        context::current().fail(Cause::Ended { how }, Some(process));
    }
    me.stop()
}
