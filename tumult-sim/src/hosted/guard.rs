//! std lets one thread of a program call `exit`, ever: it keeps that thread's address of `errno` in a static of its own,
//! and every other thread that would exit waits for the end of the program, the main thread at its return among them.
//! A hosted process that exits is not the program, so the static is emptied again.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

use libc::dl_phdr_info;

/// Where the static is, once it was found. There is no name to find it by.
static FOUND: AtomicUsize = AtomicUsize::new(0);

/// std has marked the calling thread as the one that exits, unless libc's `exit` was called without std: takes the mark
/// back.
pub(super) fn take_back() {
    // SAFETY: it has no precondition.
    let mark = unsafe { libc::__errno_location() } as usize;
    let found = FOUND.load(Ordering::Relaxed);
    if found == 0 || !clear(found, mark) {
        let mut mark = mark;
        // SAFETY: the callback gets what it expects.
        unsafe { libc::dl_iterate_phdr(Some(search), (&raw mut mark).cast()) };
    }
}

/// Empties the word if it is the mark.
fn clear(word: usize, mark: usize) -> bool {
    // SAFETY: the word is in a writable segment of the executable, and aligned.
    let word = unsafe { &*(word as *const AtomicUsize) };
    word.compare_exchange(mark, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
}

/// Looks through the writable segments of the executable, which comes first, and of nothing else.
unsafe extern "C" fn search(info: *mut dl_phdr_info, _size: usize, mark: *mut c_void) -> c_int {
    // SAFETY: the caller's promise; the program headers are as many as it says.
    let (mark, base, headers) = unsafe {
        let info = &*info;
        let headers = std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into());
        (*mark.cast::<usize>(), info.dlpi_addr as usize, headers)
    };
    let relocated: Vec<_> = segments(headers, libc::PT_GNU_RELRO, base).collect();
    for (from, to) in segments(headers, libc::PT_LOAD, base) {
        for at in (from.next_multiple_of(8)..to.saturating_sub(7)).step_by(8) {
            if relocated.iter().any(|(from, to)| (*from & !0xfff..to.next_multiple_of(0x1000)).contains(&at)) {
                continue;
            }
            // SAFETY: it is in a writable segment, which is mapped for as long as the program runs. Others may write to
            // it meanwhile: an atomic read gives what was there before or after.
            let there = unsafe { &*(at as *const AtomicUsize) }.load(Ordering::Relaxed);
            if there == mark && clear(at, mark) {
                FOUND.store(at, Ordering::Relaxed);
            }
        }
    }
    // No other object is asked.
    1
}

/// The writable segments of a kind: from where to where.
fn segments(headers: &[libc::Elf64_Phdr], kind: u32, base: usize) -> impl Iterator<Item = (usize, usize)> {
    let of_kind =
        move |h: &&libc::Elf64_Phdr| h.p_type == kind && (kind != libc::PT_LOAD || h.p_flags & libc::PF_W != 0);
    headers.iter().filter(of_kind).map(move |h| {
        let from = base + h.p_vaddr as usize;
        (from, from + h.p_memsz as usize)
    })
}
