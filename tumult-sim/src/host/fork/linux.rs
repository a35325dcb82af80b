//! Fork, pipes, and the end of a process, on Linux.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Ending, Tail};

/// Asks `personality` what it is, and changes nothing.
const ASK: libc::c_ulong = 0xffff_ffff;
/// A child that panicked where only a defect of this library can.
const PANICKED: i32 = 101;
/// Read at once.
const PIECE: usize = 16 << 10;
/// The limit that most systems have for a stack.
const STACK: libc::rlim_t = 8 << 20;
/// Threads that allocate share so many parts of the heap. glibc's own number goes by the cores of the machine.
const ARENAS: i32 = 64;
/// Where the loader looks for libraries first.
const LIBRARIES: &str = "LD_LIBRARY_PATH";
/// Looks for a child's end so often where the kernel does not tell it (before 5.3).
const LOOK_MS: i32 = 5;

/// The program that `command` starts, and what that forks, finds itself at the same addresses each time, if the system
/// lets it: see [`addresses_are_fixed`].
#[expect(clippy::disallowed_methods, reason = "what is decided by it is whether a run sees it")]
pub(crate) fn fix_addresses(command: &mut Command) {
    // The longer the list of folders with libraries, the more the loader maps before all else: cargo's is another than a
    // shell's. Who has a library from there keeps it.
    if !std::env::var_os(LIBRARIES).is_some_and(|folders| has_library_of(&folders)) {
        command.env_remove(LIBRARIES);
    }
    let fix = || {
        // SAFETY: it changes what `exec` will do with this process, and touches no memory.
        unsafe {
            let now = libc::personality(ASK);
            libc::personality(now as libc::c_ulong | libc::ADDR_NO_RANDOMIZE as libc::c_ulong);
            // Below the stack's limit the system maps whatever is mapped, and it is the default size of new stacks.
            let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            if libc::getrlimit(libc::RLIMIT_STACK, &raw mut limit) == 0 {
                limit.rlim_cur = limit.rlim_max.min(STACK);
                libc::setrlimit(libc::RLIMIT_STACK, &raw const limit);
            }
        }
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made; nothing is allocated, no lock is taken.
    unsafe {
        command.pre_exec(fix);
    }
}

/// Whether a file of one of these folders is mapped, beside the program itself.
pub(super) fn has_library_of(folders: &OsStr) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    // The path is all that is behind the first slash.
    let mapped = maps.lines().filter_map(|line| line.find('/').map(|at| Path::new(&line[at..])));
    let folders: Vec<_> = std::env::split_paths(folders).filter_map(|folder| folder.canonicalize().ok()).collect();
    let exe = std::env::current_exe().unwrap_or_default();
    mapped.filter(|file| *file != exe).any(|file| folders.iter().any(|folder| file.parent() == Some(folder)))
}

/// What this process and those that it forks allocate stands where it does on a machine with other cores.
pub(crate) fn fix_heap() {
    // SAFETY: it changes a number of the allocator.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, ARENAS) };
}

/// Whether this process has the same addresses as others that were asked to.
pub(crate) fn addresses_are_fixed() -> bool {
    // SAFETY: it asks, and touches no memory.
    unsafe { libc::personality(ASK) & libc::ADDR_NO_RANDOMIZE != 0 }
}

/// Forks, and lets the child call `run` with a pipe; what it writes is handed to `answer`, piece by piece. What the child
/// prints ends in `said`. It is ended when it takes longer than `patience`, or when the peer of `parent` hangs up.
///
/// Allocates nothing here, so that each child finds the heap as the first one did. In the child the calling thread is
/// the only one.
pub(crate) fn run_in_child(
    parent: BorrowedFd<'_>,
    patience: Duration,
    said: &mut Tail,
    answer: &mut dyn FnMut(&[u8]),
    run: &dyn Fn(&mut dyn io::Write),
) -> Ending {
    let unmade = |error: &io::Error| Ending::Unmade(error.raw_os_error().unwrap_or(0));
    let (mut result, mut output, child) = match fork(run) {
        Ok(forked) => forked,
        Err(error) => return unmade(&error),
    };
    let ends = pidfd(child);
    #[expect(clippy::disallowed_methods, reason = "it is the machine's clock that ends a child that hangs")]
    let begun = Instant::now();
    let mut open = [true, true];
    let mut buffer = [0; PIECE];
    loop {
        let left = patience.saturating_sub(begun.elapsed());
        if left.is_zero() {
            end(child);
            return Ending::Hung;
        }
        let watched = [
            if open[0] { result.as_raw_fd() } else { -1 },
            if open[1] { output.as_raw_fd() } else { -1 },
            ends.as_ref().map_or(-1, OwnedFd::as_raw_fd),
            parent.as_raw_fd(),
        ];
        let wait = i32::try_from(left.as_millis()).unwrap_or(i32::MAX).saturating_add(1);
        let [answers, prints, ended, gone] = poll(watched, if ends.is_some() { wait } else { LOOK_MS });
        if answers {
            open[0] = take(&mut result, &mut buffer, |bytes| answer(bytes));
        }
        if prints {
            open[1] = take(&mut output, &mut buffer, |bytes| said.push(bytes));
        }
        // Only once nothing is left to be read: what a child has said before its end counts.
        if !answers
            && !prints
            && (ended || ends.is_none())
            && let Some(ending) = reap(child, libc::WNOHANG)
        {
            return ending;
        }
        if gone {
            end(child);
            return Ending::Unwanted;
        }
    }
}

/// Reads once. False at the end.
fn take(from: &mut PipeReader, buffer: &mut [u8], mut f: impl FnMut(&[u8])) -> bool {
    match from.read(buffer) {
        Ok(0) => false,
        Ok(n) => {
            f(&buffer[..n]);
            true
        }
        Err(error) => error.kind() == io::ErrorKind::Interrupted,
    }
}

fn fork(run: &dyn Fn(&mut dyn io::Write)) -> io::Result<(PipeReader, PipeReader, libc::pid_t)> {
    let (result, answers) = io::pipe()?;
    let (output, prints) = io::pipe()?;
    let nothing = File::open("/dev/null")?;
    #[expect(clippy::disallowed_methods, reason = "the real one: the child asks whether it is still its parent")]
    let parent = std::process::id();
    // SAFETY: the child has this thread alone. It takes no lock that another thread of this process could have held when
    // it was forked: glibc makes `malloc` usable, and the caller forks where no other thread runs code of its own.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            become_child(parent, &nothing, &prints);
            drop((result, output, prints, nothing));
            live(answers, run)
        }
        child => Ok((result, output, child)),
    }
}

/// In the child: its input is empty, what it prints goes to the parent, and it does not outlive it.
fn become_child(parent: u32, nothing: &File, prints: &PipeWriter) {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: system calls on descriptors that are open, and on a struct that lives as long as the call.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        if libc::getppid() as u32 != parent {
            libc::_exit(PANICKED);
        }
        // A search may crash a thousand times; whoever wants to look at one runs it without isolation.
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        libc::dup2(nothing.as_raw_fd(), 0);
        libc::dup2(prints.as_raw_fd(), 1);
        libc::dup2(prints.as_raw_fd(), 2);
    }
}

fn live(mut answers: PipeWriter, run: &dyn Fn(&mut dyn io::Write)) -> ! {
    let code = match catch_unwind(AssertUnwindSafe(|| run(&mut answers))) {
        Ok(()) => 0,
        Err(_) => PANICKED,
    };
    // What was printed and not written yet, by Rust and by C; then no destructor, no handler, no harness.
    let _ = io::stdout().flush();
    // SAFETY: `fflush` of nothing in particular writes out all streams; `_exit` ends the process.
    unsafe {
        libc::fflush(std::ptr::null_mut());
        libc::_exit(code)
    }
}

/// A descriptor that can be read once the child has ended.
fn pidfd(child: libc::pid_t) -> Option<OwnedFd> {
    // SAFETY: it takes two numbers, and gives a new descriptor, which is nobody else's.
    unsafe {
        let fd = libc::syscall(libc::SYS_pidfd_open, child, 0);
        (fd >= 0).then(|| OwnedFd::from_raw_fd(fd as RawFd))
    }
}

/// Waits until one of these can be read or has ended; which ones.
fn poll(watched: [RawFd; 4], wait_ms: i32) -> [bool; 4] {
    // The last one is watched for its end only, which need not be asked for.
    let events = [libc::POLLIN, libc::POLLIN, libc::POLLIN, 0];
    let mut fds = [0, 1, 2, 3].map(|n: usize| libc::pollfd { fd: watched[n], events: events[n], revents: 0 });
    // SAFETY: the array lives as long as the call, and its length is given.
    let n = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, wait_ms) };
    if n < 0 {
        // Interrupted: nothing is known.
        return [false; 4];
    }
    fds.map(|fd| fd.revents != 0)
}

/// How the child ended, if it did.
fn reap(child: libc::pid_t, how: i32) -> Option<Ending> {
    let mut status = 0;
    // SAFETY: it is our own child, not waited for yet, and the status lives as long as the call.
    let ended = unsafe { libc::waitpid(child, &raw mut status, how) };
    if ended != child {
        return None;
    }
    if libc::WIFSIGNALED(status) {
        return Some(Ending::Killed(libc::WTERMSIG(status)));
    }
    Some(Ending::Exited(libc::WEXITSTATUS(status)))
}

fn end(child: libc::pid_t) {
    // SAFETY: it is our own child, not waited for yet, so its number is no other process's.
    unsafe { libc::kill(child, libc::SIGKILL) };
    reap(child, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_has_libraries_of_the_folders_that_they_come_from_alone() {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let libc = maps.lines().find_map(|line| line.find('/').map(|at| &line[at..]).filter(|p| p.contains("/libc")));
        let folder = Path::new(libc.expect("it is linked with libc")).parent().unwrap();
        assert!(has_library_of(folder.as_os_str()));
        assert!(!has_library_of(OsStr::new("/etc:/nowhere")));
        assert!(!has_library_of(OsStr::new("")));
    }
}
