//! The calling thread's stack as addresses: what tells one place in the code from another without looking up any name.

use std::ffi::{c_int, c_void};

unsafe extern "C" {
    fn _Unwind_Backtrace(visit: extern "C" fn(*mut c_void, *mut c_void) -> c_int, argument: *mut c_void) -> c_int;
    fn _Unwind_GetIP(frame: *mut c_void) -> usize;
}

/// Go on to the next frame, and stop: `_URC_NO_REASON` and `_URC_NORMAL_STOP`.
const GO_ON: c_int = 0;
const STOP: c_int = 4;

struct Walk<'a> {
    into: &'a mut Vec<usize>,
    most: usize,
}

extern "C" fn visit(frame: *mut c_void, argument: *mut c_void) -> c_int {
    // SAFETY: it is the walk that `frames` gave, which outlives the call, and nobody else has it meanwhile.
    let walk = unsafe { &mut *argument.cast::<Walk<'_>>() };
    if walk.into.len() == walk.most {
        return STOP;
    }
    // SAFETY: the unwinder gave this frame for the time of this call.
    walk.into.push(unsafe { _Unwind_GetIP(frame) });
    GO_ON
}

/// Puts the return addresses of the calling thread's stack into `into`, innermost first, at most `most`.
pub(in super::super) fn frames(into: &mut Vec<usize>, most: usize) {
    into.clear();
    into.reserve(most);
    let mut walk = Walk { into, most };
    // SAFETY: `visit` has the signature that the unwinder calls, and its argument lives until this returns. Nothing
    // unwinds out of it: there is room for every address.
    unsafe { _Unwind_Backtrace(visit, (&raw mut walk).cast()) };
}
