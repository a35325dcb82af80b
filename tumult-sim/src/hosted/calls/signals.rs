//! Signals that a process sends to itself.

use std::ffi::c_int;

use libc::pid_t;

use super::libc_calls;
use crate::hosted::ends;
use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;

libc_calls! {
    /// `SIGABRT` and `SIGKILL` end the process.
    fn raise(signal: c_int) -> c_int = |me| send(me, "raise", signal);

    /// Waits for a signal.
    fn pause() -> c_int = |me| loop {
        me.give_turn("a signal (pause)");
    };

    /// As `raise`, to itself; others cannot be reached.
    fn kill(pid: pid_t, signal: c_int) -> c_int = |me| {
        if pid == me.life.pid() || pid == 0 || pid == -me.life.pid() {
            send(me, "kill", signal)
        } else {
            Err(Errno(libc::ESRCH))
        }
    };
}

fn send(me: &Thread, call: &str, signal: c_int) -> Result<c_int, Errno> {
    match signal {
        0 => Ok(0),
        libc::SIGABRT => ends::abort(me, &format!("{call}(SIGABRT)")),
        libc::SIGKILL => ends::abort(me, &format!("{call}(SIGKILL)")),
        1..=64 => super::refuse(me, &format!("`{call}` with signal {signal}")),
        _ => Err(Errno(libc::EINVAL)),
    }
}
