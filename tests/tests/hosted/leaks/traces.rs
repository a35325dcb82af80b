//! What a process inherits or leaves: descriptors, signals, the panic hook, the standard streams.

use std::mem::zeroed;
use std::os::fd::AsRawFd as _;
use std::thread;

use super::Seen;

pub(super) fn descriptors(seen: &mut Seen) {
    let open = || {
        let file = std::fs::File::create("/file").unwrap();
        let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
        let (reader, writer) = std::io::pipe().unwrap();
        [file.as_raw_fd(), socket.as_raw_fd(), reader.as_raw_fd(), writer.as_raw_fd()]
    };
    seen.note("numbers", open());
    seen.note("once more", open());
    for fd in 0..20 {
        // SAFETY: neither has a precondition.
        let (flags, kind) = unsafe { (libc::fcntl(fd, libc::F_GETFL), libc::isatty(fd)) };
        seen.note(format_args!("descriptor {fd}"), (flags, kind));
    }
    seen.note("list", std::fs::read_dir("/proc/self/fd").map(Iterator::count).map_err(|error| error.kind()));
}

pub(super) fn signals(seen: &mut Seen) {
    // SAFETY: zeros are values of these; what is written to lives as long as the call.
    unsafe {
        let (mut blocked, mut pending): (libc::sigset_t, libc::sigset_t) = (zeroed(), zeroed());
        libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &raw mut blocked);
        libc::sigpending(&raw mut pending);
        for signal in 1..=31 {
            let mut action: libc::sigaction = zeroed();
            let got = libc::sigaction(signal, std::ptr::null(), &raw mut action);
            let set = (libc::sigismember(&raw const blocked, signal), libc::sigismember(&raw const pending, signal));
            seen.note(format_args!("signal {signal}"), (got, action.sa_sigaction, action.sa_flags, set));
        }
        let mut stack: libc::stack_t = zeroed();
        seen.note("stack of handlers", (libc::sigaltstack(std::ptr::null(), &raw mut stack), stack.ss_flags));
    }
}

pub(super) fn panic_hook(seen: &mut Seen) {
    // Its message is printed, and what is printed is in the trace.
    let words = thread::spawn(|| panic!("planted")).join().unwrap_err().downcast_ref::<&str>().copied();
    seen.note("words", words);
    let caught = std::panic::catch_unwind(|| panic!("once more")).is_err();
    seen.note("caught", (caught, thread::panicking()));
}

pub(super) fn standard_streams(seen: &mut Seen) {
    use std::io::IsTerminal as _;

    print!("begun ");
    println!("and ended");
    thread::spawn(|| print!("by a thread\nand more")).join().unwrap();
    println!();
    eprint!("an error");
    eprintln!();
    seen.note("terminals", (std::io::stdin().is_terminal(), std::io::stdout().is_terminal()));
    seen.note("input", std::io::read_to_string(std::io::stdin()).unwrap());
}
