//! A failing test of the harness, as whoever runs it sees it: every line that a report has, native and of unmodified
//! programs. The planted tests are run in a process of their own, and what they print is compared.

use std::path::Path;
use std::time::Duration;

use tumult_sim::fault::{FaultKind, Profile};
use tumult_sim::{Observed, Sim, Verdict, invariant, sometimes, violated};

use super::{child, part};

/// The value of a register, and what was read of it.
#[derive(Debug, Default)]
struct Register {
    committed: u8,
    stale: Option<u8>,
}

/// A read gives what was committed before it began, or something later.
#[invariant(id = "INV_976", tags = ["data"])]
fn no_read_is_stale(register: &Register) -> Verdict {
    match register.stale {
        None => Verdict::Holds,
        Some(read) => violated!("{read} is read, and {} was committed before", register.committed),
    }
}

/// What n1 serves while it has its lease, and what n2 commits when it has not heard of n1 for longer than that.
const OLD: u8 = 3;
const NEW: u8 = 5;
const BEAT: Duration = Duration::from_millis(100);
/// By n1's wall clock: that is the defect.
const LEASE: Duration = Duration::from_millis(400);
const SILENCE: Duration = Duration::from_millis(600);
const READS: usize = 40;

/// A read that began when this was committed gave that.
fn was_read(register: &Observed<Register>, began_with: u8, read: u8) {
    register.update(|register| register.stale = (read < began_with).then_some(read));
}

/// n2 takes over: nothing here does so twice.
fn takes_over(register: &Observed<Register>) {
    let before = register.read(|register| register.committed);
    if before == NEW {
        sometimes!("n2 takes over a second time");
    }
    register.update(|register| register.committed = NEW);
}

fn faults(sim: &mut Sim) {
    let kinds = [FaultKind::Partition, FaultKind::Clock, FaultKind::Pause, FaultKind::Delay];
    let profile = Profile::default().only(kinds).every(Duration::from_millis(150)).spare("client").spare("audit");
    sim.draw_faults(profile.lasting(BEAT, Duration::from_secs(2)), Duration::from_secs(4));
}

mod native {
    use tumult_sim::net::UdpSocket;
    use tumult_sim::process::{random_below, random_duration};
    use tumult_sim::task::spawn;
    use tumult_sim::time::{SystemTime, sleep, timeout};

    use super::*;

    async fn n1() {
        let lease = std::rc::Rc::new(std::cell::Cell::new(SystemTime::now()));
        let valid = lease.clone();
        spawn(async move {
            let socket = UdpSocket::bind("0.0.0.0:8").await.unwrap();
            loop {
                let asked = SystemTime::now();
                socket.send_to(b"beat", "n2:8").await.unwrap();
                if timeout(BEAT / 2, socket.recv_datagram()).await.is_ok() {
                    lease.set(asked + LEASE);
                }
                sleep(BEAT).await;
            }
        });
        let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
        loop {
            let (_, from) = socket.recv_datagram().await.unwrap();
            if SystemTime::now() < valid.get() {
                socket.send_to(&[OLD], from).await.unwrap();
            }
        }
    }

    async fn n2(register: Observed<Register>) {
        let socket = UdpSocket::bind("0.0.0.0:8").await.unwrap();
        while let Ok(beat) = timeout(SILENCE, socket.recv_datagram()).await {
            socket.send_to(b"heard", beat.unwrap().1).await.unwrap();
        }
        takes_over(&register);
    }

    async fn client(register: Observed<Register>) {
        let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
        for _ in 0..READS {
            sleep(random_duration(BEAT / 2, BEAT)).await;
            let before = register.read(|register| register.committed);
            socket.send_to(b"read", "n1:7").await.unwrap();
            if let Ok(Ok((read, _))) = timeout(BEAT / 2, socket.recv_datagram()).await {
                was_read(&register, before, read[0]);
            }
        }
    }

    #[ignore = "planted: what another test runs"]
    #[tumult_sim::test(seeds = 500)]
    fn planted_lease(sim: &mut Sim) {
        let register = sim.observe("register", Register::default());
        sim.always(INV_976, &register);
        sim.process("n1", n1);
        let of_n2 = register.clone();
        sim.process("n2", move || n2(of_n2.clone()));
        sim.primary("client", move || client(register.clone()));
        sim.process("audit", async || {
            sleep(BEAT * 20).await;
            assert_ne!(random_below(40), 0, "another thing is wrong too");
        });
        faults(sim);
        sim.run();
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod hosted {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    use std::net::UdpSocket;
    use std::sync::{Arc, Mutex};
    use std::thread::{sleep, spawn};
    use std::time::SystemTime;

    use tumult_sim::body::program;

    use super::*;

    fn bind(port: u16, patience: Option<Duration>) -> UdpSocket {
        let socket = UdpSocket::bind(("0.0.0.0", port)).unwrap();
        socket.set_read_timeout(patience).unwrap();
        socket
    }

    fn below(bound: u64) -> u64 {
        RandomState::new().build_hasher().finish() % bound
    }

    fn n1() {
        let lease = Arc::new(Mutex::new(SystemTime::now()));
        let valid = Arc::clone(&lease);
        spawn(move || {
            let (socket, mut answer) = (bind(8, Some(BEAT / 2)), [0; 8]);
            loop {
                let asked = SystemTime::now();
                socket.send_to(b"beat", "n2:8").unwrap();
                if socket.recv_from(&mut answer).is_ok() {
                    *lease.lock().unwrap() = asked + LEASE;
                }
                sleep(BEAT);
            }
        });
        let (socket, mut request) = (bind(7, None), [0; 8]);
        loop {
            let (_, from) = socket.recv_from(&mut request).unwrap();
            let until = *valid.lock().unwrap();
            if SystemTime::now() < until {
                socket.send_to(&[OLD], from).unwrap();
            }
        }
    }

    fn n2(register: &Observed<Register>) {
        let (socket, mut beat) = (bind(8, Some(SILENCE)), [0; 8]);
        while let Ok((_, from)) = socket.recv_from(&mut beat) {
            socket.send_to(b"heard", from).unwrap();
        }
        takes_over(register);
    }

    fn client(register: &Observed<Register>) {
        let (socket, mut read) = (bind(0, Some(BEAT / 2)), [0; 8]);
        for _ in 0..READS {
            sleep(Duration::from_micros(50_000 + below(50_000)));
            let before = register.read(|register| register.committed);
            socket.send_to(b"read", "n1:7").unwrap();
            if socket.recv_from(&mut read).is_ok() {
                was_read(register, before, read[0]);
            }
        }
    }

    #[ignore = "planted: what another test runs"]
    #[tumult_sim::test(seeds = 500)]
    fn planted_lease(sim: &mut Sim) {
        let register = sim.observe("register", Register::default());
        sim.always(INV_976, &register);
        sim.process("n1", program(n1));
        let of_n2 = register.clone();
        sim.process("n2", program(move || n2(&of_n2)));
        sim.primary("client", program(move || client(&register)));
        sim.process(
            "audit",
            program(|| {
                sleep(BEAT * 20);
                assert_ne!(below(40), 0, "another thing is wrong too");
            }),
        );
        faults(sim);
        sim.run();
    }
}

/// All that a report can have here, in its order.
const LABELS: [&str; 12] =
    ["FOUND", "WHAT", "WHY", "HOW", "TURN", "NEAR", "SCOPE", "GAPS", "SOUND", "REPLAY", "PIN", "OPEN"];

/// Runs a planted test; its report, without what the machine's clock and the folder say.
fn report_of(test: &str) -> String {
    let out = std::env::temp_dir().join(format!("tumult-whole-{test}-{}", std::process::id()).replace("::", "-"));
    let folder = out.to_str().unwrap();
    // No run is cut short, however slow the machine is.
    let (passed, text) = child::run(test, &[("TUMULT_OUT", folder), ("TUMULT_EXPLAIN", "10m")]);
    assert!(!passed, "{text}");
    let begins = text.find(" FOUND ").expect("a report");
    let lines = text[begins..].lines().take_while(|line| line.starts_with(' '));
    let report: String = lines.flat_map(|line| [line, "\n"]).collect();
    let page = part(&report, "OPEN").concat();
    assert!(std::fs::read_to_string(Path::new(&page)).is_ok_and(|page| page.contains("INV_976")), "{page}");
    std::fs::remove_dir_all(&out).unwrap();
    super::report::steady(&report).replace(folder, "target/tumult")
}

/// Every line is there, in its order, and says what it has to.
fn has_every_line(report: &str) {
    let labels: Vec<&str> = report.lines().filter(|line| !line.starts_with("  ")).map(|l| &l[1..8]).collect();
    let labels: Vec<&str> = labels.into_iter().map(str::trim_end).collect();
    assert_eq!(labels, LABELS, "{report}");
    for (label, says) in [
        ("FOUND", "of 500, after "),
        ("WHAT", "INV_976 A read gives what was committed"),
        ("WHY", "faults of "),
        ("WHY", "without it 0 of 100 fail; needed from "),
        ("HOW", "** violation **"),
        ("TURN", "lost at event "),
        ("NEAR", "differs first at event "),
        ("SCOPE", ", 2 signatures; this is the "),
        ("GAPS", "never reached: sometimes!(\"n2 takes over a second time\")"),
        ("SOUND", "replayed 3 times, trace "),
        ("REPLAY", "TUMULT_REPLAY=tm1:"),
        ("PIN", "(writes it to tumult-regressions/)"),
        ("OPEN", "/report.html"),
    ] {
        assert!(part(report, label).join("\n").contains(says), "{label} does not say `{says}`: {report}");
    }
}

#[test]
fn of_native_code() {
    let report = report_of("whole::native::planted_lease");
    insta::assert_snapshot!(&report);
    has_every_line(&report);
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn of_unmodified_programs() {
    let report = report_of("whole::hosted::planted_lease");
    insta::assert_snapshot!(&report);
    has_every_line(&report);
}
