//! What does not go through libc is trapped.

#![cfg(target_arch = "x86_64")]

use std::arch::asm;
use std::time::Duration;

use tumult_sim::Sim;
use tumult_sim::body::program;

use crate::threads::alone;

/// A system call made by an instruction.
fn raw(number: i64, arguments: [usize; 4]) -> i64 {
    let answer: i64;
    // SAFETY: the arguments are right for the call.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => answer,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    answer
}

fn clock() -> (i64, Duration) {
    let mut now = [0_u64; 2];
    let answer = raw(libc::SYS_clock_gettime, [libc::CLOCK_MONOTONIC as usize, now.as_mut_ptr() as usize, 0, 0]);
    (answer, Duration::new(now[0], now[1] as u32))
}

fn counter() -> u64 {
    // SAFETY: no precondition.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[test]
fn raw_calls_are_answered_as_those_through_libc() {
    let (times, _) = alone(1, || {
        let before = clock();
        std::thread::sleep(Duration::from_secs(3600));
        let after = clock();
        let pause = [3_u64, 0];
        let slept = raw(libc::SYS_nanosleep, [pause.as_ptr() as usize, 0, 0, 0]);
        (before.0, after.0, after.1.checked_sub(before.1).unwrap(), slept, clock().1.checked_sub(after.1).unwrap())
    });
    assert_eq!((times.0, times.1, times.3), (0, 0, 0));
    assert!(times.2 >= Duration::from_secs(3600) && times.2 < Duration::from_secs(3601), "{times:?}");
    assert!(times.4 >= Duration::from_secs(3) && times.4 < Duration::from_secs(4), "{times:?}");
}

#[test]
fn raw_randomness_is_the_seeds() {
    let draw = || {
        let mut bytes = [0_u8; 8];
        assert_eq!(raw(libc::SYS_getrandom, [bytes.as_mut_ptr() as usize, 8, 0, 0]), 8);
        bytes
    };
    assert_eq!(alone(1, draw), alone(1, draw));
    assert_ne!(alone(1, draw).0, alone(2, draw).0);
}

#[test]
fn a_raw_call_that_is_not_simulated_is_refused() {
    let mut sim = Sim::new(1);
    // SAFETY: keyctl with no meaning.
    sim.primary("main", program(|| raw(libc::SYS_keyctl, [0; 4])));
    let failure = format!("{:?}", sim.try_run().unwrap_err());
    assert!(failure.contains(&format!("number {}", libc::SYS_keyctl)), "{failure}");
}

#[test]
fn the_counter_counts_virtual_time() {
    let count = || {
        let before = counter();
        std::thread::sleep(Duration::from_secs(10));
        counter() - before
    };
    let (counted, _) = alone(1, count);
    assert!((10_000_000_000..10_100_000_000).contains(&counted), "{counted}");
    assert_eq!(alone(1, counter).0, alone(1, counter).0);
}

#[test]
fn nothing_is_trapped_when_it_is_switched_off() {
    let counts = |strict: &str| {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "strict::the_counter_counts_virtual_time"]).env("TUMULT_STRICT", strict);
        let output = child.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert!(counts("on").0);
    let real = counts("off");
    assert!(!real.0 && real.1.contains("1 failed"), "{}", real.1);
    let wrong = counts("perhaps").1;
    assert!(wrong.contains("failed to read TUMULT_STRICT=perhaps: it is `on` or `off`"), "{wrong}");
}

#[test]
fn outside_a_program_both_stay_real() {
    alone(1, || ());
    // The same kernel thread, on which they are trapped now.
    let (first, second) = (counter(), counter());
    assert!(second > first);
    assert_eq!(raw(libc::SYS_getpid, [0; 4]), i64::from(std::process::id()));
    let (answer, now) = clock();
    assert!(answer == 0 && now > Duration::ZERO);
}
