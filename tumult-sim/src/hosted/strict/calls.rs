//! System calls made without libc: trapped by Syscall User Dispatch (Linux 5.11), which delivers SIGSYS for each
//! `syscall` instruction outside libc's own code.

use std::ffi::{c_int, c_long, c_void};
use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr;
use std::sync::Once;

use crate::host::{errno, hosting, real};

const PR_SET_SYSCALL_USER_DISPATCH: c_int = 59;
const PR_SYS_DISPATCH_ON: usize = 1;
/// What the selector says: calls from outside the range are trapped.
const BLOCK: u8 = 1;
/// The code of a SIGSYS that Syscall User Dispatch sends.
const SYS_USER_DISPATCH: c_int = 2;

static SELECTOR: u8 = BLOCK;

/// Traps system calls of the calling kernel thread that libc does not make.
pub(super) fn trap() {
    static HANDLER: Once = Once::new();
    let Some(libc_code) = libc_code() else { return };
    HANDLER.call_once(handle);
    // SAFETY: the range is libc's code, and the selector lives as long as the program. Refused by an older kernel, it
    // changes nothing.
    unsafe {
        libc::prctl(
            PR_SET_SYSCALL_USER_DISPATCH,
            PR_SYS_DISPATCH_ON,
            libc_code.start,
            libc_code.len(),
            &raw const SELECTOR,
        )
    };
}

/// The mapped code that libc's own `syscall` is in.
fn libc_code() -> Option<Range<usize>> {
    let within = real::syscall_address()?;
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    maps.lines().find_map(|line| {
        let (from, to) = line.split_ascii_whitespace().next()?.split_once('-')?;
        let range = usize::from_str_radix(from, 16).ok()?..usize::from_str_radix(to, 16).ok()?;
        range.contains(&within).then_some(range)
    })
}

fn handle() {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a zeroed sigaction is one; the handler has the type that SA_SIGINFO asks for. SA_NODEFER, since a hosted
    // thread may wait within the handler while others go on.
    unsafe {
        (*action.as_mut_ptr()).sa_sigaction = on_call as *const () as usize;
        (*action.as_mut_ptr()).sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER;
        real::sigaction(libc::SIGSYS, action.as_ptr(), ptr::null_mut());
    }
}

/// Answers the call as libc's `syscall` would be, on the stack of whoever made it.
///
/// # Safety
/// Called by the kernel.
unsafe extern "C" fn on_call(_: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes both.
    let (info, context) = unsafe { (&*info, &mut *context.cast::<libc::ucontext_t>()) };
    if info.si_code != SYS_USER_DISPATCH {
        // Sent by somebody else, as a sandbox does: as if there were no handler.
        // SAFETY: no precondition.
        unsafe { libc::abort() };
    }
    let registers = &mut context.uc_mcontext.gregs;
    let register = |at: c_int| registers[at as usize] as usize;
    let arguments =
        [libc::REG_RDI, libc::REG_RSI, libc::REG_RDX, libc::REG_R10, libc::REG_R8, libc::REG_R9].map(register);
    let number = registers[libc::REG_RAX as usize] as c_long;
    let before = errno::get();
    // SAFETY: whoever made the call keeps its contract.
    let answer = unsafe {
        if hosting::is_current() { real::answered_syscall(number, arguments) } else { real::syscall(number, arguments) }
    };
    // The kernel's own way to say an error.
    registers[libc::REG_RAX as usize] = if answer == -1 { -i64::from(errno::get()) } else { answer };
    errno::set(before);
}
