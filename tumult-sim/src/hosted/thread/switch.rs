//! Switching from one thread to another without the kernel: the stack pointer and the thread pointer.
//!
//! What is saved is what a C function keeps for its caller, on the stack that is left. With the thread pointer go all
//! thread-locals, `errno` among them: to the code on the stack nothing tells that another kernel thread carries it.

use std::arch::naked_asm;
use std::cell::UnsafeCell;
use std::sync::atomic::AtomicU32;

/// Where a thread that does not run is to be continued, and the two words with which its kernel thread is kept parked.
#[repr(C)]
#[derive(Debug, Default)]
pub(super) struct Context {
    stack: UnsafeCell<usize>,
    thread_pointer: UnsafeCell<usize>,
    /// 1 from when the kernel thread has left its stack.
    pub(super) parked: AtomicU32,
    /// 1 when the kernel thread is to take its stack back, 2 when it is to end without it.
    pub(super) go: AtomicU32,
}

/// Leaves on the stack what a C function keeps for its caller, and the stack and the thread pointer in the first argument.
#[cfg(target_arch = "x86_64")]
macro_rules! leave {
    () => {
        concat!(
            "push rbp; push rbx; push r12; push r13; push r14; push r15\n",
            "sub rsp, 8; stmxcsr [rsp]; fnstcw [rsp + 4]\n",
            "mov [rdi], rsp\n",
            "mov rax, fs:[0]; mov [rdi + 8], rax\n",
        )
    };
}

/// Takes back what [`leave!`] left on the stack that there is now, and returns on it: by a jump, whose target the processor
/// learns, where of a `ret` it would expect the caller on the stack that was left.
#[cfg(target_arch = "x86_64")]
macro_rules! go_on {
    () => {
        concat!(
            "ldmxcsr [rsp]; fldcw [rsp + 4]; add rsp, 8\n",
            "pop r15; pop r14; pop r13; pop r12; pop rbx; pop rbp\n",
            "pop rcx; jmp rcx\n",
        )
    };
}

/// As on x86-64.
#[cfg(target_arch = "aarch64")]
macro_rules! leave {
    () => {
        concat!(
            "sub sp, sp, #176\n",
            "stp x19, x20, [sp, #0]; stp x21, x22, [sp, #16]; stp x23, x24, [sp, #32]\n",
            "stp x25, x26, [sp, #48]; stp x27, x28, [sp, #64]; stp x29, x30, [sp, #80]\n",
            "stp d8, d9, [sp, #96]; stp d10, d11, [sp, #112]; stp d12, d13, [sp, #128]; stp d14, d15, [sp, #144]\n",
            "mrs x9, fpcr; str x9, [sp, #160]\n",
            "mov x9, sp; str x9, [x0]; mrs x9, tpidr_el0; str x9, [x0, #8]\n",
        )
    };
}

/// As on x86-64.
#[cfg(target_arch = "aarch64")]
macro_rules! go_on {
    () => {
        concat!(
            "ldr x9, [sp, #160]; msr fpcr, x9\n",
            "ldp x19, x20, [sp, #0]; ldp x21, x22, [sp, #16]; ldp x23, x24, [sp, #32]\n",
            "ldp x25, x26, [sp, #48]; ldp x27, x28, [sp, #64]; ldp x29, x30, [sp, #80]\n",
            "ldp d8, d9, [sp, #96]; ldp d10, d11, [sp, #112]; ldp d12, d13, [sp, #128]; ldp d14, d15, [sp, #144]\n",
            "add sp, sp, #176\n",
            "ret\n",
        )
    };
}

/// Leaves the calling thread in `save` and continues the one in `load`, on the same kernel thread. Returns when somebody
/// continues `save`.
///
/// # Safety
/// `load` was left by [`switch`] or [`park`] and not continued since; both stay where they are until continued.
#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn switch(save: *const Context, load: *const Context) {
    // SAFETY: the caller's promise; the processor has been asked which of the two it can do.
    unsafe {
        if has_fsgsbase() {
            switch_by_instruction(save, load);
        } else {
            switch_by_call(save, load);
        }
    }
}

/// Whether programs may set the thread pointer themselves: bit 1 of the second word of capabilities.
#[cfg(target_arch = "x86_64")]
#[inline]
fn has_fsgsbase() -> bool {
    use std::sync::atomic::{AtomicU8, Ordering};
    static KNOWN: AtomicU8 = AtomicU8::new(0);
    match KNOWN.load(Ordering::Relaxed) {
        0 => {
            // SAFETY: getauxval has no precondition.
            let has = unsafe { libc::getauxval(libc::AT_HWCAP2) } & 2 != 0;
            KNOWN.store(if has { 2 } else { 1 }, Ordering::Relaxed);
            has
        }
        known => known == 2,
    }
}

// The word at the thread pointer is its own address, by the ABI of thread-local storage.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
unsafe extern "C" fn switch_by_instruction(save: *const Context, load: *const Context) {
    naked_asm!(leave!(), "mov rsp, [rsi]", "mov rax, [rsi + 8]; wrfsbase rax", go_on!(),)
}

// arch_prctl (158), ARCH_SET_FS (0x1002).
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
unsafe extern "C" fn switch_by_call(save: *const Context, load: *const Context) {
    naked_asm!(leave!(), "mov rsp, [rsi]", "mov rsi, [rsi + 8]; mov edi, 0x1002; mov eax, 158; syscall", go_on!(),)
}

/// Leaves the calling thread in `me` and keeps its kernel thread in the kernel, without a stack, until `me.go` is 1; then
/// it continues there, on its own kernel thread. Meanwhile others may continue it on theirs. When `me.go` is 2 the kernel
/// thread ends, and the stack is left as it is.
///
/// The calls are futex (202) with `FUTEX_WAKE | FUTEX_PRIVATE_FLAG` (129) and `FUTEX_WAIT | FUTEX_PRIVATE_FLAG` (128), and
/// exit (60), which ends one thread.
///
/// # Safety
/// `me` lives until the thread goes on; signals are blocked, since a handler would run on the stack that was left.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn park(me: *const Context) {
    naked_asm!(
        leave!(),
        "mov rbx, rdi",
        "mov eax, 1; xchg [rbx + 16], eax",
        "lea rdi, [rbx + 16]; mov esi, 129; mov edx, 1; mov eax, 202; syscall",
        "2:",
        "mov eax, [rbx + 20]; test eax, eax; jnz 3f",
        "lea rdi, [rbx + 20]; mov esi, 128; xor edx, edx; xor r10d, r10d; mov eax, 202; syscall",
        "jmp 2b",
        "3:",
        "cmp eax, 1; jne 4f",
        "mov rsp, [rbx]",
        go_on!(),
        "4: xor edi, edi; mov eax, 60; syscall",
        "ud2",
    )
}

/// As on x86-64. Written after the procedure call standard (x19 to x30 and the low halves of v8 to v15 are kept), and
/// not yet run on such a machine.
///
/// # Safety
/// As on x86-64.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn switch(save: *const Context, load: *const Context) {
    naked_asm!(leave!(), "ldr x9, [x1]; mov sp, x9; ldr x9, [x1, #8]; msr tpidr_el0, x9", go_on!(),)
}

/// As on x86-64; futex is call 98 and exit 93. Not yet run on such a machine.
///
/// # Safety
/// As on x86-64.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn park(me: *const Context) {
    naked_asm!(
        leave!(),
        "mov x19, x0",
        "mov w9, #1; add x10, x19, #16; stlr w9, [x10]",
        "add x0, x19, #16; mov x1, #129; mov x2, #1; mov x8, #98; svc #0",
        "2:",
        "add x10, x19, #20; ldar w9, [x10]; cbnz w9, 3f",
        "add x0, x19, #20; mov x1, #128; mov x2, #0; mov x3, #0; mov x8, #98; svc #0",
        "b 2b",
        "3:",
        "cmp w9, #1; b.ne 4f",
        "ldr x9, [x19]; mov sp, x9",
        go_on!(),
        "4: mov x0, #0; mov x8, #93; svc #0",
        "brk #1",
    )
}
