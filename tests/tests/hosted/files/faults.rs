//! Faults of the disk as hosted programs see them; that each process has a disk of its own; the trace.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::thread;
use std::time::{Duration, Instant};

use tumult_sim::body::program;
use tumult_sim::fault::Fault;
use tumult_sim::{Bytes, Process, Sim};

use crate::threads::alone;

/// What a program gives that begins a second after the fault.
fn under<T: Clone + 'static>(fault: impl Fn(Process) -> Fault, main: impl Fn() -> T + 'static) -> T {
    let mut sim = Sim::new(1);
    let process = sim.primary(
        "main",
        program(move || {
            fs::write("/before", "hello").unwrap();
            thread::sleep(Duration::from_secs(1));
            main()
        }),
    );
    sim.at(Duration::from_millis(500), fault(process));
    sim.run().output::<T>(process).expect("it has finished").clone()
}

#[test]
fn errors_of_reads_writes_and_syncs_are_eio() {
    let read = under(|p| Fault::disk_read_errors(p, 1.0), || fs::read("/before").unwrap_err().raw_os_error());
    assert_eq!(read, Some(libc::EIO));
    let written = under(
        |p| Fault::disk_write_errors(p, 1.0),
        || {
            let failed = OpenOptions::new().write(true).open("/before").unwrap().write(b"HE").unwrap_err();
            (failed.raw_os_error(), fs::read_to_string("/before").unwrap(), fs::create_dir("/d").is_err())
        },
    );
    assert_eq!(written, (Some(libc::EIO), "hello".into(), true));
    let synced = under(
        |p| Fault::disk_sync_errors(p, 1.0),
        || File::open("/before").unwrap().sync_all().unwrap_err().raw_os_error(),
    );
    assert_eq!(synced, Some(libc::EIO));
}

#[test]
fn a_full_disk_takes_what_fits_and_says_so() {
    let (kind, len, free) = under(
        |p| Fault::disk_full(p, Bytes(8192)),
        || {
            let kind = fs::write("/file", vec![1; 10_000]).unwrap_err().kind();
            // SAFETY: all zeros is a value of the type, and the path ends with a zero.
            let free = unsafe {
                let mut seen: libc::statvfs = std::mem::zeroed();
                assert_eq!(libc::statvfs(c"/".as_ptr(), &raw mut seen), 0);
                seen.f_bavail
            };
            (kind, fs::metadata("/file").unwrap().len(), free)
        },
    );
    assert_eq!((kind, len, free), (ErrorKind::StorageFull, 8192 - 5, 0));
}

#[test]
fn a_read_only_disk_is_read() {
    let (kind, text) = under(Fault::disk_read_only, || {
        (fs::write("/file", "x").unwrap_err().kind(), fs::read_to_string("/before").unwrap())
    });
    assert_eq!((kind, text.as_str()), (ErrorKind::ReadOnlyFilesystem, "hello"));
}

#[test]
fn a_stall_is_waited_out_and_other_threads_go_on() {
    let (waited, counted) = under(
        |p| Fault::disk_stall(p).lasting(Duration::from_secs(5)),
        || {
            let counts = thread::spawn(|| {
                let begun = Instant::now();
                (0..10).for_each(|_| thread::sleep(Duration::from_millis(100)));
                begun.elapsed()
            });
            let begun = Instant::now();
            fs::read("/before").unwrap();
            (begun.elapsed(), counts.join().unwrap())
        },
    );
    assert!(waited > Duration::from_secs(4) && waited < Duration::from_secs(5), "{waited:?}");
    assert!(counted < Duration::from_millis(1100), "{counted:?}");
}

#[test]
fn an_open_that_is_refused_for_want_of_descriptors_changes_nothing() {
    let mut sim = Sim::new(1);
    let process = sim.primary(
        "main",
        program(|| {
            fs::write("/kept", "hello").unwrap();
            let open: Vec<_> = (0..8).map(|n| File::create(format!("/{n}"))).collect();
            let refused =
                open.iter().filter_map(|o| o.as_ref().err()).map(std::io::Error::raw_os_error).next().flatten();
            let emptied = File::create("/kept").is_ok();
            let made = open.iter().filter(|o| o.is_ok()).count();
            drop(open);
            (refused, emptied, fs::read_to_string("/kept").unwrap(), made, fs::metadata("/7").is_ok())
        }),
    );
    sim.descriptor_limit(process, 4);
    let found = sim.run().output::<(Option<i32>, bool, String, usize, bool)>(process).unwrap().clone();
    assert_eq!(found, (Some(libc::EMFILE), false, "hello".into(), 4, false));
}

#[test]
fn two_processes_have_two_files_at_one_path() {
    let mut sim = Sim::new(1);
    let body = |text: &'static str| {
        program(move || {
            fs::write("/tmp/file", text).unwrap();
            thread::sleep(Duration::from_secs(1));
            let alone = OpenOptions::new().read(true).open("/tmp/file").unwrap().try_lock().is_ok();
            (fs::read_to_string("/tmp/file").unwrap(), alone)
        })
    };
    let (one, two) = (sim.primary("one", body("1")), sim.primary("two", body("2")));
    let report = sim.run();
    let found = |process| report.output::<(String, bool)>(process).unwrap().clone();
    assert_eq!((found(one), found(two)), (("1".into(), true), ("2".into(), true)));
}

/// Threads that append to one file, each its lines.
fn lines() -> String {
    let threads: Vec<_> = (0..4)
        .map(|n| {
            thread::spawn(move || {
                let mut file = OpenOptions::new().create(true).append(true).open("/tmp/log").unwrap();
                (0..5).for_each(|_| file.write_all(format!("{n}\n").as_bytes()).unwrap());
            })
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
    fs::read_to_string("/tmp/log").unwrap()
}

#[test]
fn appends_of_threads_interleave_by_the_seed_and_none_is_lost() {
    let (one, hash) = alone(1, lines);
    assert_eq!(one.lines().count(), 20);
    assert_eq!(alone(1, lines), (one.clone(), hash));
    assert!((2..10).any(|seed| alone(seed, lines).0 != one));
}

#[test]
fn threads_that_share_a_position_do_not_write_over_each_other() {
    let (text, _) = alone(1, || {
        let file = std::sync::Arc::new(File::create("/tmp/log").unwrap());
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let file = std::sync::Arc::clone(&file);
                thread::spawn(move || (0..5).for_each(|_| (&*file).write_all(format!("{n}\n").as_bytes()).unwrap()))
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        fs::read_to_string("/tmp/log").unwrap()
    });
    assert_eq!(text.lines().count(), 20, "{text}");
}

#[test]
fn an_operation_takes_the_time_of_the_disk() {
    let (took, _) = alone(1, || {
        let mut file = File::create("/tmp/file").unwrap();
        file.write_all(b"x").unwrap();
        let begun = Instant::now();
        file.sync_all().unwrap();
        begun.elapsed()
    });
    assert!(took >= Duration::from_millis(1) && took < Duration::from_millis(2), "{took:?}");
}
