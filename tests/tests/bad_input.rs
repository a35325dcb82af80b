//! Bad input gets a clear error that names the input and the fix. What is refused elsewhere is tested there: tokens and
//! `TUMULT_…` variables in `search/`, plans in `fault/`, probabilities and seeds in `base/`, duplicate IDs in `lab/`,
//! attributes in `tumult-macros/tests/ui`. Here: what a declaration can get wrong.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tumult_sim::fault::{Fault, Plan};
use tumult_sim::net::UdpSocket;
use tumult_sim::{Cause, Sim, SimConfig};

/// What the declaration is refused with.
fn refused(declare: impl FnOnce(&mut Sim)) -> String {
    let mut sim = Sim::new(1);
    let payload = catch_unwind(AssertUnwindSafe(|| declare(&mut sim))).expect_err("it was accepted");
    message(&*payload)
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a message")
}

#[test]
fn a_process_declared_twice_is_named() {
    let message = refused(|sim| {
        sim.process("server", || async {});
        sim.process("server", || async {});
    });
    assert_eq!(message, "failed to declare the process `server`: another one has that name; give each its own");
}

#[test]
fn a_state_observed_twice_is_named() {
    let message = refused(|sim| {
        sim.observe("ledger", 0_u32);
        sim.observe("jobs", 0_u32);
        sim.observe("ledger", 0_u32);
    });
    assert!(message.contains("failed to observe `ledger`") && message.contains("u32"), "{message}");
}

#[test]
fn a_probability_of_a_link_is_refused_with_its_value() {
    let message = refused(|sim| drop(sim.links().loss(1.2)));
    assert_eq!(message, "failed to take 1.2 as a probability: it is not within 0..=1 (1 % is 0.01)");
}

#[test]
fn a_plan_that_names_an_unknown_process_fails_the_run_with_the_name() {
    let plan: Plan = "f1 at 1s kill n7\n".parse().unwrap();
    let mut sim = Sim::with_config(SimConfig { plan: Some(plan), ..SimConfig::default() });
    sim.primary("n1", || async {});
    let Cause::Setup { message } = sim.try_run().unwrap_err().cause else { panic!("another cause") };
    assert!(message.contains("n7") && message.contains("n1"), "{message}");
}

#[test]
fn a_fault_after_the_start_is_refused() {
    let message = refused(|sim| {
        let p = sim.primary("p", || async {});
        sim.run();
        sim.at(Duration::from_secs(1), Fault::kill(p));
    });
    assert!(message.contains("declare its faults before"), "{message}");
}

#[test]
fn a_simulation_runs_once() {
    let message = refused(|sim| {
        sim.primary("p", || async {});
        sim.run();
        sim.run();
    });
    assert!(message.contains("has run already"), "{message}");
}

#[test]
fn what_only_works_in_a_process_says_so() {
    let refusal = refused(|_| drop(tumult_sim::task::spawn(async {})));
    assert!(refusal.contains("outside any process"), "{refusal}");
    let payload = std::thread::spawn(|| catch_unwind(tumult_sim::process::random_u64)).join().unwrap().unwrap_err();
    assert!(message(&*payload).contains("called outside a simulation"));
}

#[test]
fn an_address_that_is_none_is_named() {
    let mut sim = Sim::new(1);
    let p = sim.primary("p", || async {
        let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
        let unknown = socket.send_to(b"x", "nobody:9").await.unwrap_err().to_string();
        let malformed = socket.send_to(b"x", "server").await.unwrap_err().to_string();
        let other = UdpSocket::bind("10.9.9.9:1").await.unwrap_err().to_string();
        [unknown, malformed, other]
    });
    let report = sim.run();
    let [unknown, malformed, other] = report.output::<[String; 3]>(p).unwrap();
    assert!(unknown.contains("`nobody`: no process has that name"), "{unknown}");
    assert!(malformed.contains("`server`") && malformed.contains("`name:port`"), "{malformed}");
    assert!(other.contains("10.9.9.9:1"), "{other}");
}
