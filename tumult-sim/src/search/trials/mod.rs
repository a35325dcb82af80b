//! Tests of tokens by the hundred: of runs decided at random in every part that a token has, replayed in new processes;
//! and of tokens that were mutated, by accident or with a checksum that fits.

mod mutated;
mod replayed;

use std::time::Duration;

use crate::base::{Branch, Choices, Drawn, Fired, MessageName, Seed, Time};
use crate::context::Failure;
use crate::fault::{FaultKind, Plan, Profile};
use crate::kernel::task::Schedule;
use crate::net::{Latency, UdpSocket};
use crate::search::builder::Search;
use crate::search::environment::{Check, Environment};
use crate::search::padding::Padding;
use crate::search::runner::Runner;
use crate::search::seeds::seed_of;
use crate::search::subject::{Subject, TestDecl};
use crate::search::token::Token;
use crate::sim::{RunOutcome, Sim, SimConfig};
use crate::time::{sleep, timeout};

/// The test whose tokens they are.
const DECL: TestDecl = TestDecl {
    package: "trials",
    module: "trials",
    name: "small",
    file: "src/lib.rs",
    line: 1,
    manifest_dir: "/no such folder",
    seeds: None,
    schedule: None,
    search: None,
    isolated: false,
    checked: false,
};

/// Random numbers, always the same ones.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 += 1;
        seed_of("trials", self.0).0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// A server that answers, where it is not made to wait, and two clients: it fails when too few answers come.
fn small(sim: &mut Sim) {
    let server = sim.process("server", || async {
        let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
        loop {
            let (bytes, from) = socket.recv_datagram().await.unwrap();
            if crate::buggify!("slow answer") {
                sleep(Duration::from_millis(30)).await;
            }
            socket.send_to(&bytes, from).await.unwrap();
        }
    });
    for name in ["a", "b"] {
        let client = sim.primary(name, || async {
            let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
            let mut answers = 0;
            for n in 0..20_u64 {
                socket.send_to(&n.to_le_bytes(), "server:7").await.unwrap();
                let patience = Duration::from_millis(10 + crate::process::random_below(10));
                answers += u32::from(matches!(timeout(patience, socket.recv_datagram()).await, Ok(Ok(_))));
            }
            assert!(answers > 15, "{answers} answers of 20");
        });
        sim.link(client, server).latency(Latency::uniform_ms(1.0, 5.0)).loss(0.05).duplicate(0.02).reorder(0.02);
    }
    let kinds = [FaultKind::Kill, FaultKind::Pause, FaultKind::Partition, FaultKind::Loss, FaultKind::Delay];
    let profile = Profile::swarm().only(kinds).every(Duration::from_millis(150));
    sim.draw_faults(profile, Duration::from_millis(400));
    sim.run();
}

fn run(config: &SimConfig) -> RunOutcome {
    Runner::new(&small, config.clone(), 1).run_as(config, false, Padding::NONE)
}

/// A run, decided at random in every way that a token can carry; and how it failed, if it did.
fn random(dice: &mut Dice) -> (Token, Option<Failure>) {
    let subject = Subject::of(&DECL);
    let schedule = match dice.below(4) {
        0 => Schedule::Fifo,
        1 => Schedule::Pct(1 + dice.below(4) as u32),
        _ => Schedule::Random,
    };
    let mut config = SimConfig { seed: Seed(dice.next()), schedule, ..SimConfig::default() };
    if dice.one_in(2) {
        // Some of the faults that are drawn.
        let drawn = run(&config).plan;
        let lines: Vec<String> = drawn.iter().filter(|_| !dice.one_in(3)).map(|f| format!("{f}\n")).collect();
        let plan: Plan = lines.concat().parse().unwrap();
        config.plan = Some(plan);
    }
    if dice.one_in(2) {
        config.choices = choices(dice);
    }
    let outcome = run(&config);
    (Token { trace: Some(outcome.trace), ..Token::of(&subject.id, &config) }, outcome.failure)
}

fn choices(dice: &mut Dice) -> Choices {
    let mut drawn = || match dice.below(3) {
        0 => Drawn::Always,
        1 => Drawn::Never,
        _ => {
            let from = dice.next() % 300_000_000;
            Drawn::Within(Time::from_nanos(from), Time::from_nanos(from + dice.next() % 300_000_000))
        }
    };
    let (latency, schedule) = (drawn(), drawn());
    let name = |dice: &mut Dice| ["a", "b", "server"][dice.below(3)].to_owned();
    let message = |dice: &mut Dice| MessageName { from: name(dice), to: name(dice), number: dice.next() % 40 };
    let fired = |dice: &mut Dice| Fired { site: "slow answer".into(), process: "server".into(), hit: dice.next() % 40 };
    let some = |dice: &mut Dice| dice.one_in(2).then(|| dice.below(6));
    let messages = some(dice).map(|n| (0..n).map(|_| message(dice)).collect());
    let buggify = some(dice).map(|n| (0..n).map(|_| fired(dice)).collect());
    let absent = if dice.one_in(6) { vec!["b".to_owned()] } else { vec![] };
    let branch = dice.one_in(4).then(|| Branch { event: dice.next() % 400, salt: dice.next() });
    Choices { messages, latency, schedule, buggify, absent, branch, ..Choices::default() }
}

/// The search of a process whose environment has this token, and no other one of its variables.
fn search_of(token: &str) -> Result<Search, crate::Error> {
    let env = Environment::from_lookup(&|name| (name == "TUMULT_REPLAY").then(|| token.into()))?;
    Ok(Search::for_test(Subject::of(&DECL), &DECL, &env)?.check(Check::Off))
}
