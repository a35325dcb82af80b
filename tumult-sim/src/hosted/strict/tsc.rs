//! `rdtsc` and `rdtscp`: trapped by `PR_SET_TSC`, which makes them faults, and answered with the nanoseconds of the
//! process's monotonic clock, as of a processor of 1 GHz.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::host::{hosting, real};
use crate::hosted::thread::me;

/// What handled SIGSEGV before: std's, which names stack overflows.
static BEFORE: AtomicPtr<libc::sigaction> = AtomicPtr::new(std::ptr::null_mut());

/// Traps the instructions on the calling kernel thread.
pub(super) fn trap() {
    static HANDLER: Once = Once::new();
    HANDLER.call_once(handle);
    // SAFETY: changes what two instructions do on this thread, and the handler is there.
    unsafe { libc::prctl(libc::PR_SET_TSC, libc::PR_TSC_SIGSEGV) };
}

fn handle() {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    let mut before = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: zeroed ones are valid; the handler has the type that SA_SIGINFO asks for, and uses the alternate stack as
    // the one before does, so that a stack overflow can still be told.
    unsafe {
        (*action.as_mut_ptr()).sa_sigaction = on_fault as *const () as usize;
        (*action.as_mut_ptr()).sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER | libc::SA_ONSTACK;
        if real::sigaction(libc::SIGSEGV, action.as_ptr(), before.as_mut_ptr()) == 0 {
            BEFORE.store(Box::into_raw(Box::new(before.assume_init())), Ordering::Release);
        }
    }
}

/// How long the instruction at `at` is, if it is one of the two.
///
/// # Safety
/// Three bytes can be read there.
unsafe fn reads_counter(at: *const u8) -> Option<(i64, bool)> {
    // SAFETY: the caller's promise.
    match unsafe { [at.read(), at.add(1).read(), at.add(2).read()] } {
        [0x0f, 0x31, _] => Some((2, false)),
        [0x0f, 0x01, 0xf9] => Some((3, true)),
        _ => None,
    }
}

/// # Safety
/// Called by the kernel.
unsafe extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes it.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let at = registers[libc::REG_RIP as usize] as *const u8;
    // A general protection fault, not an address that is not mapped: then there is an instruction to be read.
    // SAFETY: the kernel passes it.
    let protection = unsafe { (*info).si_code } == SI_KERNEL;
    // SAFETY: the processor just read it there.
    if protection && let Some((length, with_core)) = unsafe { reads_counter(at) } {
        let count = if hosting::is_current() { simulated() } else { counter() };
        registers[libc::REG_RAX as usize] = (count & 0xffff_ffff) as i64;
        registers[libc::REG_RDX as usize] = (count >> 32) as i64;
        if with_core {
            registers[libc::REG_RCX as usize] = 0;
        }
        registers[libc::REG_RIP as usize] += length;
        return;
    }
    // SAFETY: it was stored whole; std's handler is one with three arguments, or there was none.
    unsafe {
        let before = BEFORE.load(Ordering::Acquire);
        if !before.is_null() && (*before).sa_sigaction > 1 {
            let before: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) =
                std::mem::transmute((*before).sa_sigaction);
            return before(signal, info, context);
        }
        // As if there were no handler: the instruction faults again.
        let default = MaybeUninit::<libc::sigaction>::zeroed();
        real::sigaction(signal, default.as_ptr(), std::ptr::null_mut());
    }
}

/// Sent by the kernel itself, without an address.
const SI_KERNEL: c_int = 0x80;

fn simulated() -> u64 {
    me().map_or(0, |me| crate::host::outside(|| me.life.monotonic_ns()).cast_unsigned())
}

/// The real counter: for the vDSO's clocks above all, which our own code asks.
fn counter() -> u64 {
    // SAFETY: the instruction is let through for as long as it takes.
    unsafe {
        libc::prctl(libc::PR_SET_TSC, libc::PR_TSC_ENABLE);
        let count = std::arch::x86_64::_rdtsc();
        libc::prctl(libc::PR_SET_TSC, libc::PR_TSC_SIGSEGV);
        count
    }
}
