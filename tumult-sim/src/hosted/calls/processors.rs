//! The machine of a process: its cores, its memory, and which of the cores a thread may run on.

use std::ffi::{c_int, c_long, c_uint};

use libc::{cpu_set_t, pid_t, pthread_t, size_t};

use super::libc_calls;
use crate::base::Bytes;
use crate::context;
use crate::hosted::errno::Errno;
use crate::hosted::thread::Thread;

/// Bytes of a page: what x86-64 has, and most of ARM.
const PAGE: u64 = 4096;

libc_calls! {
    /// Cores, memory and limits are the process's; what is fixed by glibc is glibc's.
    fn sysconf(name: c_int) -> c_long = |me| Ok(match name {
        libc::_SC_NPROCESSORS_CONF | libc::_SC_NPROCESSORS_ONLN => me.life.cores().into(),
        libc::_SC_PHYS_PAGES => pages(memory(me).0),
        libc::_SC_AVPHYS_PAGES => pages(memory(me).1),
        libc::_SC_OPEN_MAX => context::with(|w| w.processes.get(me.life.process).descriptors.limit()).into(),
        libc::_SC_CHILD_MAX => 4096,
        libc::_SC_ARG_MAX => 2_097_152,
        libc::_SC_CLK_TCK => 100,
        libc::_SC_LEVEL1_ICACHE_SIZE | libc::_SC_LEVEL1_DCACHE_SIZE => 32_768,
        libc::_SC_LEVEL1_ICACHE_LINESIZE
        | libc::_SC_LEVEL1_DCACHE_LINESIZE
        | libc::_SC_LEVEL2_CACHE_LINESIZE
        | libc::_SC_LEVEL3_CACHE_LINESIZE => 64,
        libc::_SC_LEVEL1_ICACHE_ASSOC | libc::_SC_LEVEL1_DCACHE_ASSOC | libc::_SC_LEVEL2_CACHE_ASSOC => 8,
        libc::_SC_LEVEL2_CACHE_SIZE => 1 << 20,
        libc::_SC_LEVEL3_CACHE_SIZE => 8 << 20,
        libc::_SC_LEVEL3_CACHE_ASSOC => 16,
        // SAFETY: it has no precondition.
        _ => unsafe { sysconf(name) },
    });

    /// The machine's cores.
    fn get_nprocs() -> c_int = |me| Ok(me.life.cores() as c_int);

    /// As `get_nprocs`.
    fn get_nprocs_conf() -> c_int = |me| Ok(me.life.cores() as c_int);

    /// Its threads are spread over the cores that they may run on, by their numbers.
    fn sched_getcpu() -> c_int = |me| {
        Ok(core_of(me).cast_signed())
    };

    /// As `sched_getcpu`; there is one node.
    fn getcpu(core: *mut c_uint, node: *mut c_uint) -> c_int = |me| {
        // SAFETY: libc's contract: null, or a place that can be written.
        let (core, node) = unsafe { (core.as_mut(), node.as_mut()) };
        if let Some(core) = core {
            *core = core_of(me);
        }
        if let Some(node) = node {
            *node = 0;
        }
        Ok::<_, Errno>(0)
    };

    /// As `sysconf` says it.
    fn get_phys_pages() -> c_long = |me| Ok::<_, Errno>(pages(memory(me).0));

    /// As `sysconf` says it.
    fn get_avphys_pages() -> c_long = |me| Ok::<_, Errno>(pages(memory(me).1));

    /// Time since the start, memory, and nothing else of note.
    fn sysinfo(into: *mut libc::sysinfo) -> c_int = |me| {
        // SAFETY: libc's contract; zeros are a value of it.
        let info = unsafe { into.write_bytes(0, 1); &mut *into };
        info.uptime = me.life.monotonic_ns() / 1_000_000_000;
        (info.totalram, info.freeram) = (memory(me).0.0, memory(me).1.0);
        info.procs = 1;
        info.mem_unit = 1;
        Ok::<_, Errno>(0)
    };

    /// All cores, unless it asked for some only.
    fn sched_getaffinity(pid: pid_t, size: size_t, into: *mut cpu_set_t) -> c_int = |me| {
        get(me, thread_of(me, pid)?, size, into).map(|_| 0)
    };

    /// Kept, and given back by `sched_getaffinity`. Which thread runs when is the schedule's choice alone.
    fn sched_setaffinity(pid: pid_t, size: size_t, from: *const cpu_set_t) -> c_int = |me| {
        set(me, thread_of(me, pid)?, size, from).map(|()| 0)
    };

    /// As `sched_getaffinity`.
    fn pthread_getaffinity_np(thread: pthread_t, size: size_t, into: *mut cpu_set_t) -> c_int = |me| {
        let Some(thread) = me.life.thread(thread) else { return Ok(libc::ESRCH) };
        Ok(get(me, thread.number, size, into).map_or_else(|error| error.0, |_| 0))
    };

    /// As `sched_setaffinity`.
    fn pthread_setaffinity_np(thread: pthread_t, size: size_t, from: *const cpu_set_t) -> c_int = |me| {
        let Some(thread) = me.life.thread(thread) else { return Ok(libc::ESRCH) };
        Ok(set(me, thread.number, size, from).map_or_else(|error| error.0, |()| 0))
    };

    /// Nothing to speak of.
    fn getloadavg(into: *mut f64, count: c_int) -> c_int = |_| {
        let count = count.clamp(0, 3);
        // SAFETY: libc's contract: so many can be written.
        unsafe { into.write_bytes(0, count as usize) };
        Ok(count)
    };
}

fn core_of(me: &Thread) -> c_uint {
    let allowed = mask(me, me.number);
    let on: Vec<usize> = (0..allowed.len() * 8).filter(|n| allowed[n / 8] >> (n % 8) & 1 == 1).collect();
    on[me.number as usize % on.len()] as c_uint
}

/// What the process may have, and what is left of it.
fn memory(me: &Thread) -> (Bytes, Bytes) {
    context::with(|w| {
        let memory = w.machines.memory(me.life.process);
        (memory.limit_of(me.life.process), memory.available_to(me.life.process))
    })
}

fn pages(bytes: Bytes) -> c_long {
    (bytes.0 / PAGE).cast_signed()
}

/// The number of the thread that `pid` names, which may be 0 for the calling one.
pub(super) fn thread_of(me: &Thread, pid: pid_t) -> Result<u32, Errno> {
    let named = |number: u32| pid == me.life.tid(number);
    if pid == 0 {
        return Ok(me.number);
    }
    let threads = me.life.threads.borrow();
    threads.iter().map(|t| t.number).find(|n| named(*n)).ok_or(Errno(libc::ESRCH))
}

/// The cores on which a thread may run: a bit a core.
fn mask(me: &Thread, thread: u32) -> Vec<u8> {
    if let Some(kept) = me.life.identity.borrow().affinity.get(&thread) {
        return kept.clone();
    }
    all(me.life.cores() as usize)
}

fn all(cores: usize) -> Vec<u8> {
    (0..cores.div_ceil(64) * 8).map(|n| ((1_u16 << cores.saturating_sub(n * 8).min(8)) - 1) as u8).collect()
}

/// Gives how many bytes the mask has.
pub(super) fn get(me: &Thread, thread: u32, size: size_t, into: *mut cpu_set_t) -> Result<usize, Errno> {
    let mask = mask(me, thread);
    if size < mask.len() {
        return Err(Errno(libc::EINVAL));
    }
    // SAFETY: libc's contract: `size` bytes can be written.
    unsafe {
        into.cast::<u8>().write_bytes(0, size);
        into.cast::<u8>().copy_from_nonoverlapping(mask.as_ptr(), mask.len());
    }
    Ok(mask.len())
}

fn set(me: &Thread, thread: u32, size: size_t, from: *const cpu_set_t) -> Result<(), Errno> {
    let mut mask = all(me.life.cores() as usize);
    for (n, byte) in mask.iter_mut().enumerate() {
        // SAFETY: libc's contract: `size` bytes can be read.
        *byte &= if n < size { unsafe { from.cast::<u8>().add(n).read() } } else { 0 };
    }
    if mask.iter().all(|byte| *byte == 0) {
        return Err(Errno(libc::EINVAL));
    }
    me.life.identity.borrow_mut().affinity.insert(thread, mask);
    Ok(())
}
