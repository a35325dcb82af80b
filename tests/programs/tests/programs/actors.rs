//! Actors on crossbeam's channels: an account each, a thread each, and a bank that knows them all.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, select, tick, unbounded};
use tumult_sim::body::program;
use tumult_sim::{Sim, sometimes};

use crate::common::{ASKED, Lines, PATIENCE, PAUSE, between, until_answered_blocking};

const ACCOUNTS: usize = 5;
const EACH: i64 = 100;

enum Message {
    /// Takes so much, if it is there, and says whether it was.
    Take(i64, Sender<bool>),
    Give(i64),
    Balance(Sender<i64>),
}

/// An account, until nobody knows it any more. It draws a breath now and then.
fn account(messages: &Receiver<Message>, beats: &Sender<()>) {
    let (mut balance, breath) = (EACH, tick(Duration::from_millis(50)));
    loop {
        select! {
            recv(messages) -> message => match message {
                Ok(Message::Take(amount, answer)) => {
                    let there = balance >= amount;
                    balance -= if there { amount } else { 0 };
                    // Whoever asked waits for it.
                    let _ = answer.send(there);
                }
                Ok(Message::Give(amount)) => balance += amount,
                Ok(Message::Balance(answer)) => drop(answer.send(balance)),
                Err(_) => return,
            },
            recv(breath) -> _ => { let _ = beats.try_send(()); }
        }
    }
}

#[derive(Clone)]
struct Bank(Vec<Sender<Message>>);

impl Bank {
    fn open() -> (Self, Receiver<()>) {
        let (beats, heard) = bounded(1);
        let accounts = (0..ACCOUNTS).map(|n| {
            let (sender, messages) = unbounded();
            let beats = beats.clone();
            let thread = thread::Builder::new().name(format!("account {n}"));
            thread.spawn(move || account(&messages, &beats)).expect("a thread");
            sender
        });
        (Self(accounts.collect()), heard)
    }

    fn transfer(&self, from: usize, to: usize, amount: i64) -> bool {
        let (sender, answer) = bounded(0);
        self.0[from].send(Message::Take(amount, sender)).expect("the account is open");
        let there = answer.recv().expect("it answers");
        if there {
            self.0[to].send(Message::Give(amount)).expect("the account is open");
        }
        there
    }

    fn total(&self) -> i64 {
        let ask = |account: &Sender<Message>| {
            let (sender, answer) = bounded(1);
            account.send(Message::Balance(sender)).expect("the account is open");
            answer.recv_timeout(PATIENCE).expect("it answers")
        };
        self.0.iter().map(ask).sum()
    }
}

/// A connection moves money to and fro; the bank's total is right when nobody else moves any.
fn connection(stream: TcpStream, bank: &Bank) -> io::Result<()> {
    let mut write = stream.try_clone()?;
    for line in BufReader::new(stream).lines() {
        let n: usize = line?.parse().map_err(io::Error::other)?;
        let movers: Vec<_> = (0..3)
            .map(|k| {
                let bank = bank.clone();
                thread::spawn(move || (0..4).filter(|i| bank.transfer((n + k) % 5, (n + k * i + 1) % 5, 30)).count())
            })
            .collect();
        let moved: usize = movers.into_iter().map(|m| m.join().expect("it does not panic")).sum();
        writeln!(write, "{n} {moved} {}", bank.total())?;
    }
    Ok(())
}

fn serve() -> io::Result<()> {
    let (bank, heard) = Bank::open();
    thread::spawn(move || heard.iter().for_each(drop));
    // One after the other, so that a total is one of a bank at rest.
    for stream in TcpListener::bind("0.0.0.0:7000")?.incoming() {
        let stream = stream?;
        stream.set_read_timeout(Some(PATIENCE))?;
        if let Err(why) = connection(stream, &bank) {
            println!("a connection ended: {why}");
        }
    }
    Ok(())
}

fn ask() -> u64 {
    let (mut client, mut felt) = (Lines::default(), 0);
    for n in 0..ASKED {
        let (answer, failed) = until_answered_blocking(|| client.say(&n.to_string()));
        let numbers: Vec<i64> = answer.split_whitespace().map(|n| n.parse().expect("a number")).collect();
        assert_eq!((numbers[0], numbers[2]), (n as i64, ACCOUNTS as i64 * EACH), "no money comes or goes: {answer}");
        sometimes!("actors: an account had not enough", numbers[1] < 12);
        sometimes!("actors: a transfer was asked for again", failed > 0);
        felt += failed;
        thread::sleep(PAUSE);
    }
    felt
}

#[tumult_sim::test(seeds = 10, checked)]
fn actors_on_channels(sim: &mut Sim) {
    between(sim, program(serve), program(ask));
}
