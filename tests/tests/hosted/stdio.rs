//! The C library's streams: one body on both arms, and what C prints.

use std::ffi::{CStr, c_char, c_int};
use std::path::Path;
use std::thread;
use std::time::Duration;

use libc::FILE;
use tumult_sim::body::program;
use tumult_sim::fault::Fault;
use tumult_sim::{Cause, Sim, SimConfig};

use super::files::both;
use super::output::{output_of, printed};
use super::threads::alone;

unsafe extern "C" {
    static mut stdout: *mut FILE;
    static mut stderr: *mut FILE;
}

fn c(path: &Path) -> std::ffi::CString {
    std::ffi::CString::new(path.to_str().unwrap()).unwrap()
}

fn open(path: &Path, mode: &CStr) -> *mut FILE {
    // SAFETY: strings.
    unsafe { libc::fopen(c(path).as_ptr(), mode.as_ptr()) }
}

fn print(file: *mut FILE, text: &CStr) {
    // SAFETY: an open stream and a string.
    assert!(unsafe { libc::fputs(text.as_ptr(), file) } >= 0);
}

/// The next line, without its end.
fn line(file: *mut FILE) -> Option<String> {
    let mut room: [c_char; 64] = [0; 64];
    // SAFETY: an open stream, and so much room.
    let got = unsafe { libc::fgets(room.as_mut_ptr(), 64, file) };
    // SAFETY: what was read ends with a zero.
    (!got.is_null()).then(|| unsafe { CStr::from_ptr(got) }.to_str().unwrap().trim_end().to_owned())
}

fn close(file: *mut FILE) {
    // SAFETY: an open stream.
    assert_eq!(unsafe { libc::fclose(file) }, 0);
}

#[test]
fn a_stream_is_written_sought_read_and_appended_to() {
    both(|root, log| {
        let path = root.join("log");
        let missing = open(&path, c"r").is_null();
        let file = open(&path, c"w+");
        for n in 0..2_000 {
            // SAFETY: an open stream and a format that fits what follows.
            assert!(unsafe { libc::fprintf(file, c"line %d\n".as_ptr(), n as c_int) } > 0);
        }
        // SAFETY: an open stream.
        let (told, fd) = unsafe { (libc::ftell(file), libc::fileno(file)) };
        // SAFETY: an open stream.
        unsafe { libc::rewind(file) };
        let first = line(file);
        // SAFETY: an open stream.
        assert_eq!(unsafe { libc::fseek(file, -10, libc::SEEK_END) }, 0);
        let last = line(file);
        close(file);
        let more = open(&path, c"ae");
        print(more, c"the end\n");
        // SAFETY: an open stream.
        assert_eq!(unsafe { libc::fflush(more) }, 0);
        let len = std::fs::metadata(&path).unwrap().len();
        close(more);
        let again = open(&path, c"r");
        let lines = std::iter::from_fn(|| line(again)).count();
        // SAFETY: an open stream.
        let over = unsafe { (libc::feof(again) != 0, libc::ferror(again)) };
        close(again);
        let refused = [open(&path, c"wx").is_null(), open(&path, c"q").is_null(), open(root, c"w").is_null()];
        log.note((missing, told, fd >= 0, first, last, len, lines, over, refused));
    });
}

#[test]
fn files_without_names_and_of_descriptors() {
    both(|root, log| {
        // SAFETY: it has no precondition.
        let file = unsafe { libc::tmpfile() };
        print(file, c"kept\n");
        // SAFETY: an open stream.
        unsafe { libc::rewind(file) };
        let kept = line(file);
        close(file);
        let path = root.join("of a descriptor");
        // SAFETY: a path, and a descriptor that is the stream's from then on.
        let file = unsafe {
            let fd = libc::open(c(&path).as_ptr(), libc::O_RDWR | libc::O_CREAT, 0o600);
            libc::fdopen(fd, c"r+".as_ptr())
        };
        print(file, c"by descriptor\n");
        // SAFETY: an open stream.
        let fd = unsafe { libc::fileno(file) };
        close(file);
        // SAFETY: it is closed.
        let closed = unsafe { libc::close(fd) };
        log.note((kept, std::fs::read_to_string(&path).unwrap(), closed));
    });
}

#[test]
fn threads_share_a_stream_and_no_line_is_torn() {
    let (lines, _) = alone(3, || {
        let file = open(Path::new("/shared"), c"w") as usize;
        let threads: Vec<_> = (0..4)
            .map(|n| {
                thread::spawn(move || {
                    for _ in 0..40 {
                        print(file as *mut FILE, [c"aaaaaaaa\n", c"bbbbbbbb\n", c"cccccccc\n", c"dddddddd\n"][n]);
                        // SAFETY: an open stream.
                        unsafe { libc::fflush(file as *mut FILE) };
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        close(file as *mut FILE);
        std::fs::read_to_string("/shared").unwrap()
    });
    assert_eq!(lines.lines().count(), 160);
    assert!(lines.lines().all(|l| l.len() == 8 && l.bytes().all(|b| b == l.as_bytes()[0])), "{lines}");
}

/// What the second life finds of what the first had not written when it ended so.
fn left(end: fn(), restart: Duration) -> Vec<String> {
    let mut sim = Sim::with_config(SimConfig { record: true, ..SimConfig::default() });
    let p = sim.process(
        "main",
        program(move || {
            if let Ok(text) = std::fs::read_to_string("/begun") {
                println!("found {text:?}");
            } else {
                print(open(Path::new("/begun"), c"w"), c"half a line");
                end();
            }
        }),
    );
    sim.at(restart, Fault::restart(p));
    sim.primary("watch", async || tumult_sim::time::sleep(Duration::from_secs(5)).await);
    sim.run();
    output_of(&mut sim).into_iter().map(|line| line.2).collect()
}

#[test]
fn what_was_not_written_is_written_at_an_exit_and_lost_in_a_kill() {
    let second = Duration::from_secs(1);
    // SAFETY: it ends the process.
    let exits = || unsafe { libc::exit(0) };
    assert_eq!(left(exits, second), ["found \"half a line\""]);
    assert_eq!(left(|| (), second), ["found \"half a line\""], "its main function returns");
    assert_eq!(left(|| thread::sleep(Duration::from_secs(60)), second), ["found \"\""]);
}

#[test]
fn what_c_prints_becomes_lines_of_the_trace() {
    let lines = printed(|| {
        // SAFETY: strings, and streams that are open.
        unsafe {
            libc::puts(c"by puts".as_ptr());
            libc::printf(c"by printf %d\n".as_ptr(), 42 as c_int);
            thread::sleep(Duration::from_millis(5));
            libc::fputs(c"to stderr\n".as_ptr(), stderr);
            libc::fputs(c"without an end".as_ptr(), stdout);
            assert_eq!((libc::fileno(stdout), libc::fileno(stderr)), (1, 2));
        }
    });
    let expected = [(0, 1, "by puts"), (0, 1, "by printf 42"), (5, 2, "to stderr"), (5, 1, "without an end")];
    assert_eq!(lines, expected.map(|(at, stream, line)| (at, stream, line.to_owned())));
}

#[test]
fn other_streams_are_refused_by_name() {
    let refused = |main: fn()| {
        let mut sim = Sim::new(1);
        sim.primary("main", program(main));
        let Cause::Error { message } = sim.try_run().unwrap_err().cause else { panic!("another cause") };
        message
    };
    // SAFETY: nothing comes of it.
    let again = refused(|| _ = unsafe { libc::freopen(c"/x".as_ptr(), c"w".as_ptr(), stdout) });
    let of_pipe = refused(|| {
        let [reader, _] = super::os::pipe(0);
        // SAFETY: nothing comes of it.
        unsafe { libc::fdopen(reader, c"r".as_ptr()) };
    });
    assert!(again.contains("`freopen`") && of_pipe.contains("`fdopen` of "), "{again} {of_pipe}");
}
