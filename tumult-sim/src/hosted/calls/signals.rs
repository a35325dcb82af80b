//! Signals within a process: `sigaction`, masks, `kill` and `raise`, waits for signals.

use std::ffi::c_int;

use libc::{pid_t, pthread_t, sighandler_t, siginfo_t, sigset_t, stack_t, timespec};

use super::libc_calls;
use crate::hosted::errno::Errno;
use crate::hosted::pairs;
use crate::hosted::signals::{self, Action, LAST};
use crate::hosted::thread::Thread;
use crate::hosted::wait::{self, Interrupts};

libc_calls! {
    /// What the process does at a signal.
    fn sigaction(signal: c_int, to: *const libc::sigaction, before: *mut libc::sigaction) -> c_int = |me| {
        let number = numbered(signal)?;
        // SAFETY: libc's contract: null, or it can be read.
        let to = unsafe { to.as_ref() };
        if to.is_some() && [libc::SIGKILL, libc::SIGSTOP].contains(&number) {
            return Err(Errno(libc::EINVAL));
        }
        let was = me.life.signals.action(number);
        if let Some(to) = to {
            // SAFETY: a mask that can be read.
            let mask = unsafe { bits(&raw const to.sa_mask) };
            set(me, number, Action { handler: to.sa_sigaction, flags: to.sa_flags, mask });
        }
        if !before.is_null() {
            // SAFETY: libc's contract: if not null, it can be written to; all bits zero are a valid one.
            unsafe {
                before.write_bytes(0, 1);
                (*before).sa_sigaction = was.handler;
                (*before).sa_flags = was.flags;
                put(&raw mut (*before).sa_mask, was.mask);
            }
        }
        Ok(0)
    };

    /// As `sigaction`, with calls that are restarted.
    fn signal(signal: c_int, handler: sighandler_t) -> sighandler_t = |me| {
        let number = numbered(signal)?;
        if [libc::SIGKILL, libc::SIGSTOP].contains(&number) {
            return Err(Errno(libc::EINVAL));
        }
        let was = me.life.signals.action(number);
        set(me, number, Action { handler, flags: libc::SA_RESTART, mask: 0 });
        Ok(was.handler)
    };

    /// To the calling thread.
    fn raise(signal: c_int) -> c_int = |me| {
        if signal != 0 {
            signals::send_to(me, me, numbered(signal)?, "raise");
        }
        Ok(0)
    };

    /// To the process itself; others cannot be reached.
    fn kill(pid: pid_t, signal: c_int) -> c_int = |me| {
        if pid != me.life.pid() && pid != 0 && pid != -me.life.pid() {
            return Err(Errno(libc::ESRCH));
        }
        if signal != 0 {
            signals::send(me, numbered(signal)?, "kill");
        }
        Ok(0)
    };

    /// To a thread of the process.
    fn pthread_kill(thread: pthread_t, signal: c_int) -> c_int = |me| {
        let Some(to) = me.life.thread(thread).filter(|t| !t.is_gone()) else { return Ok(libc::ESRCH) };
        match numbered(signal) {
            _ if signal == 0 => {}
            Ok(signal) => signals::send_to(me, &to, signal, "pthread_kill"),
            Err(Errno(number)) => return Ok(number),
        }
        Ok(0)
    };

    /// Which signals the thread blocks.
    fn pthread_sigmask(how: c_int, set: *const sigset_t, before: *mut sigset_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        match unsafe { change(me, how, set, before) } {
            Ok(()) => Ok(0),
            Err(Errno(number)) => Ok(number),
        }
    };

    /// As `pthread_sigmask`.
    fn sigprocmask(how: c_int, set: *const sigset_t, before: *mut sigset_t) -> c_int = |me| {
        // SAFETY: libc's contract.
        unsafe { change(me, how, set, before) }.map(|()| 0)
    };

    /// Which signals wait to be delivered.
    fn sigpending(into: *mut sigset_t) -> c_int = |me| {
        if into.is_null() {
            return Err(Errno(libc::EFAULT));
        }
        // SAFETY: libc's contract: it can be written to.
        unsafe { put(into, signals::pending(me) & me.signals.mask()) };
        Ok(0)
    };

    /// Waits for a handler to run.
    fn pause() -> c_int = |me| wait_for_handler(me, None);

    /// As `pause`, with other signals blocked.
    fn sigsuspend(mask: *const sigset_t) -> c_int = |me| {
        // SAFETY: libc's contract: it can be read.
        wait_for_handler(me, unsafe { mask_at(mask) })
    };

    /// Waits for one of these, and takes it.
    fn sigwait(set: *const sigset_t, into: *mut c_int) -> c_int = |me| {
        // SAFETY: libc's contract: it can be read.
        let signal = accept(me, unsafe { bits(set) }, None)?;
        // SAFETY: libc's contract: it can be written to.
        unsafe { into.write(signal) };
        Ok(0)
    };

    /// As `sigwait`.
    fn sigwaitinfo(set: *const sigset_t, into: *mut siginfo_t) -> c_int = |me| {
        // SAFETY: libc's contract: it can be read.
        let signal = accept(me, unsafe { bits(set) }, None)?;
        // SAFETY: libc's contract.
        unsafe { tell(into, signal) };
        Ok(signal)
    };

    /// As `sigwait`, for so long at most.
    fn sigtimedwait(set: *const sigset_t, into: *mut siginfo_t, timeout: *const timespec) -> c_int = |me| {
        // SAFETY: libc's contract: they can be read.
        let signal = unsafe { accept(me, bits(set), super::epoll::span(timeout)?)? };
        // SAFETY: libc's contract.
        unsafe { tell(into, signal) };
        Ok(signal)
    };

    /// The stack for handlers is kept and not used: they run on the stack of their thread.
    fn sigaltstack(to: *const stack_t, before: *mut stack_t) -> c_int = |me| {
        let none = stack_t { ss_sp: std::ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
        // SAFETY: libc's contract: null, or it can be read.
        let was = match unsafe { to.as_ref() } {
            Some(to) if to.ss_flags & libc::SS_DISABLE == 0 && to.ss_size < libc::MINSIGSTKSZ => {
                return Err(Errno(libc::ENOMEM));
            }
            Some(to) => me.alternate_stack.replace(Some(*to)),
            None => me.alternate_stack.get(),
        };
        if !before.is_null() {
            // SAFETY: libc's contract: if not null, it can be written to.
            unsafe { before.write(was.filter(|s| s.ss_flags & libc::SS_DISABLE == 0).unwrap_or(none)) };
        }
        Ok(0)
    };
}

fn set(me: &Thread, signal: c_int, action: Action) {
    me.life.signals.set(signal, action);
    pairs::note_handler(signal, action);
}

/// One that there is, and that libc does not keep for itself.
fn numbered(signal: c_int) -> Result<c_int, Errno> {
    if (1..=LAST).contains(&signal) && ![32, 33].contains(&signal) { Ok(signal) } else { Err(Errno(libc::EINVAL)) }
}

/// The signals in a set: libc has room for more than there are.
///
/// # Safety
/// It can be read.
unsafe fn bits(set: *const sigset_t) -> u64 {
    // SAFETY: the caller's promise; the set is an array of words.
    unsafe { set.cast::<u64>().read() }
}

/// # Safety
/// It can be written to.
unsafe fn put(into: *mut sigset_t, bits: u64) {
    // SAFETY: the caller's promise.
    unsafe { into.cast::<u64>().write(bits) };
}

/// The signals in a set, if there is one.
///
/// # Safety
/// It is null or can be read.
pub(super) unsafe fn mask_at(set: *const sigset_t) -> Option<u64> {
    // SAFETY: the caller's promise.
    (!set.is_null()).then(|| unsafe { bits(set) })
}

/// # Safety
/// The one is null or can be read, the other is null or can be written to.
unsafe fn change(me: &Thread, how: c_int, set: *const sigset_t, before: *mut sigset_t) -> Result<(), Errno> {
    let was = me.signals.mask();
    // SAFETY: the caller's promise.
    let to = match unsafe { mask_at(set) } {
        None => was,
        Some(set) => match how {
            libc::SIG_BLOCK => was | set,
            libc::SIG_UNBLOCK => was & !set,
            libc::SIG_SETMASK => set,
            _ => return Err(Errno(libc::EINVAL)),
        },
    };
    if !before.is_null() {
        // SAFETY: the caller's promise.
        unsafe { put(before, was) };
    }
    signals::set_mask(me, to);
    Ok(())
}

/// # Safety
/// It is null or can be written to.
unsafe fn tell(into: *mut siginfo_t, signal: c_int) {
    if !into.is_null() {
        // SAFETY: the caller's promise; all bits zero are a valid one.
        unsafe {
            into.write_bytes(0, 1);
            (*into).si_signo = signal;
        }
    }
}

fn accept(me: &Thread, set: u64, limit: Option<std::time::Duration>) -> Result<c_int, Errno> {
    let got = wait::until(me, "a signal (sigwait)", limit, |me| signals::accept(me, set));
    signals::stop_accepting(me);
    got.ok_or(Errno(libc::EAGAIN))
}

fn wait_for_handler(me: &Thread, mask: Option<u64>) -> Result<c_int, Errno> {
    signals::with_mask(me, mask, || {
        wait::interruptible(me, "a signal (pause)", None, Interrupts::ByAny, |_| None::<c_int>).map(|_| 0)
    })
}
