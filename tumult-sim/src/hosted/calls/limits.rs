//! Limits, priorities and what else a process may ask of its scheduler.

use std::ffi::{c_int, c_uint, c_ulong};

use libc::{id_t, pid_t, pthread_t, rlimit, sched_param};

use super::{identity, libc_calls, processors};
use crate::context;
use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;

/// Resources have numbers below this.
const RESOURCES: c_uint = 16;

libc_calls! {
    /// As set, or else as Linux sets them; the number of descriptors is the process's in the simulation.
    fn getrlimit(resource: c_uint, into: *mut rlimit) -> c_int = |me| exchange(me, resource, std::ptr::null(), into);

    /// As `getrlimit`.
    fn getrlimit64(resource: c_uint, into: *mut rlimit) -> c_int = |me| exchange(me, resource, std::ptr::null(), into);

    /// Kept. The number of descriptors takes effect; no other limit does.
    fn setrlimit(resource: c_uint, from: *const rlimit) -> c_int = |me| {
        exchange(me, resource, from, std::ptr::null_mut())
    };

    /// As `setrlimit`.
    fn setrlimit64(resource: c_uint, from: *const rlimit) -> c_int = |me| {
        exchange(me, resource, from, std::ptr::null_mut())
    };

    /// Both, of the process itself.
    fn prlimit(pid: pid_t, resource: c_uint, from: *const rlimit, into: *mut rlimit) -> c_int = |me| {
        if pid != 0 && pid != me.life.pid() {
            return Err(Errno(libc::ESRCH));
        }
        exchange(me, resource, from, into)
    };

    /// As `prlimit`.
    fn prlimit64(pid: pid_t, resource: c_uint, from: *const rlimit, into: *mut rlimit) -> c_int = |me| {
        if pid != 0 && pid != me.life.pid() {
            return Err(Errno(libc::ESRCH));
        }
        exchange(me, resource, from, into)
    };

    /// As set.
    fn getpriority(_which: c_uint, _who: id_t) -> c_int = |me| Ok::<_, Errno>(me.life.identity.borrow().niceness);

    /// Kept, as long as it is no more urgent than before. Which thread runs when is the schedule's choice alone.
    fn setpriority(_which: c_uint, _who: id_t, niceness: c_int) -> c_int = |me| set_niceness(me, niceness).map(|_| 0);

    /// As `setpriority`, by a difference.
    fn nice(by: c_int) -> c_int = |me| {
        let now = me.life.identity.borrow().niceness;
        set_niceness(me, now.saturating_add(by)).map_err(|_| Errno(libc::EPERM))
    };

    /// None is in real time.
    fn sched_getscheduler(pid: pid_t) -> c_int = |me| processors::thread_of(me, pid).map(|_| libc::SCHED_OTHER);

    /// None may be in real time.
    fn sched_setscheduler(pid: pid_t, policy: c_int, _param: *const sched_param) -> c_int = |me| {
        processors::thread_of(me, pid)?;
        allowed(policy).map(|()| 0)
    };

    /// 0, as for all that are not in real time.
    fn sched_getparam(pid: pid_t, into: *mut sched_param) -> c_int = |me| {
        processors::thread_of(me, pid)?;
        // SAFETY: libc's contract; zeros are a value of it.
        unsafe { into.write_bytes(0, 1) };
        Ok(0)
    };

    /// Only 0.
    fn sched_setparam(pid: pid_t, from: *const sched_param) -> c_int = |me| {
        processors::thread_of(me, pid)?;
        // SAFETY: libc's contract.
        if unsafe { (*from).sched_priority } == 0 { Ok(0) } else { Err(Errno(libc::EINVAL)) }
    };

    /// As `sched_getscheduler`, of a thread.
    fn pthread_getschedparam(thread: pthread_t, policy: *mut c_int, into: *mut sched_param) -> c_int = |me| {
        if me.life.thread(thread).is_none() {
            return Ok::<_, Errno>(libc::ESRCH);
        }
        // SAFETY: libc's contract; zeros are a value of it.
        unsafe {
            policy.write(libc::SCHED_OTHER);
            into.write_bytes(0, 1);
        }
        Ok(0)
    };

    /// As `sched_setscheduler`, of a thread.
    fn pthread_setschedparam(thread: pthread_t, policy: c_int, _from: *const sched_param) -> c_int = |me| {
        if me.life.thread(thread).is_none() {
            return Ok::<_, Errno>(libc::ESRCH);
        }
        Ok(allowed(policy).map_or_else(|error| error.0, |()| 0))
    };

    /// Names of threads, and settings that change nothing that a program can see here. C declares it variadic: see
    /// `syscall` in `host`.
    fn prctl(option: c_int, a: c_ulong, _b: c_ulong, _c: c_ulong, _d: c_ulong) -> c_int = |me| match option {
        libc::PR_SET_NAME => {
            // SAFETY: the contract of the call: a text of 16 bytes at most is read.
            let text = unsafe { std::ffi::CStr::from_ptr(a as *const _) }.to_string_lossy();
            *me.name.borrow_mut() = text.chars().take(15).collect();
            Ok(0)
        }
        libc::PR_GET_NAME => {
            // SAFETY: the contract of the call: 16 bytes can be written.
            identity::put(unsafe { std::slice::from_raw_parts_mut(a as *mut _, 16) }, &me.shown_name());
            Ok(0)
        }
        libc::PR_GET_DUMPABLE => Ok(1),
        libc::PR_SET_DUMPABLE
        | libc::PR_SET_PDEATHSIG
        | libc::PR_SET_NO_NEW_PRIVS
        | libc::PR_SET_THP_DISABLE
        | libc::PR_SET_TIMERSLACK
        | libc::PR_SET_VMA => Ok(0),
        _ => super::refuse(me, &format!("`prctl` with option {option}")),
    };
}

fn allowed(policy: c_int) -> Result<(), Errno> {
    match policy & !libc::SCHED_RESET_ON_FORK {
        libc::SCHED_OTHER | libc::SCHED_BATCH | libc::SCHED_IDLE => Ok(()),
        libc::SCHED_FIFO | libc::SCHED_RR => Err(Errno(libc::EPERM)),
        _ => Err(Errno(libc::EINVAL)),
    }
}

fn set_niceness(me: &Thread, niceness: c_int) -> Result<c_int, Errno> {
    let now = &mut me.life.identity.borrow_mut().niceness;
    let niceness = niceness.clamp(-20, 19);
    if niceness < *now {
        return Err(Errno(libc::EACCES));
    }
    *now = niceness;
    Ok(niceness)
}

/// Gives a limit as it was, and sets it, where these are asked for.
fn exchange(me: &Thread, resource: c_uint, from: *const rlimit, into: *mut rlimit) -> Result<c_int, Errno> {
    if resource >= RESOURCES {
        return Err(Errno(libc::EINVAL));
    }
    let (soft, hard) = current(me, resource);
    // SAFETY: libc's contract: if not null, they can be read and written.
    if let Some(new) = unsafe { from.as_ref() } {
        if new.rlim_cur > new.rlim_max {
            return Err(Errno(libc::EINVAL));
        }
        if new.rlim_max > hard {
            return Err(Errno(libc::EPERM));
        }
        me.life.identity.borrow_mut().limits.insert(resource, (new.rlim_cur, new.rlim_max));
        if resource == libc::RLIMIT_NOFILE {
            let limit = u32::try_from(new.rlim_cur).unwrap_or(u32::MAX);
            context::with(|w| w.processes.get_mut(me.life.process).descriptors.set_limit(limit));
        }
    }
    if !into.is_null() {
        // SAFETY: as above.
        unsafe { into.write(rlimit { rlim_cur: soft, rlim_max: hard }) };
    }
    Ok(0)
}

fn current(me: &Thread, resource: c_uint) -> (u64, u64) {
    const MIB: u64 = 1 << 20;
    let kept = me.life.identity.borrow().limits.get(&resource).copied();
    match resource {
        libc::RLIMIT_NOFILE => {
            // A fault may have changed what the program has set.
            let now = context::with(|w| w.processes.get(me.life.process).descriptors.limit());
            (now.into(), kept.map_or(524_288, |(_, hard)| hard).max(now.into()))
        }
        _ => kept.unwrap_or(match resource {
            libc::RLIMIT_STACK => (8 * MIB, libc::RLIM_INFINITY),
            libc::RLIMIT_CORE => (0, libc::RLIM_INFINITY),
            libc::RLIMIT_NPROC | libc::RLIMIT_SIGPENDING => (15_000, 15_000),
            libc::RLIMIT_MEMLOCK => (8 * MIB, 8 * MIB),
            libc::RLIMIT_MSGQUEUE => (819_200, 819_200),
            libc::RLIMIT_NICE | libc::RLIMIT_RTPRIO => (0, 0),
            _ => (libc::RLIM_INFINITY, libc::RLIM_INFINITY),
        }),
    }
}
