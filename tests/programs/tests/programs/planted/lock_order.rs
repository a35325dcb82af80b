//! A transfer locks the account it takes from, writes to the journal that all share, and locks the one it gives to: two
//! that go the opposite ways wait for each other for ever.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Mutex;
use std::thread;

use tumult_sim::Sim;
use tumult_sim::body::program;

use super::{Lines, is_found, serve_lines};

const ACCOUNTS: usize = 4;
const TRANSFERS: usize = 10;

struct Bank {
    accounts: Vec<Mutex<i64>>,
    journal: Mutex<File>,
    ordered: bool,
}

impl Bank {
    fn transfer(&self, from: usize, to: usize) -> io::Result<()> {
        let swap = self.ordered && from > to;
        let (first, second) = if swap { (to, from) } else { (from, to) };
        let mut first = self.accounts[first].lock().expect("nobody panics");
        writeln!(self.journal.lock().expect("nobody panics"), "from {from} to {to}")?;
        let mut second = self.accounts[second].lock().expect("nobody panics");
        let (from, to) = if swap { (&mut second, &mut first) } else { (&mut first, &mut second) };
        **from -= 1;
        **to += 1;
        Ok(())
    }
}

fn serve(ordered: bool) -> io::Result<()> {
    let accounts = (0..ACCOUNTS).map(|_| Mutex::new(100)).collect();
    let bank = Bank { accounts, journal: Mutex::new(File::create("/journal")?), ordered };
    serve_lines(bank, |bank, line| {
        let number = |n: Option<&str>| n.and_then(|n| n.parse().ok()).ok_or(io::ErrorKind::InvalidData);
        let mut words = line.split(' ');
        bank.transfer(number(words.next())?, number(words.next())?)?;
        Ok("done".into())
    })
}

fn ask() {
    let clients: Vec<_> = (0..ACCOUNTS)
        .map(|n| {
            thread::spawn(move || {
                let mut bank = Lines::connect();
                for k in 0..TRANSFERS {
                    let to = (n + 1 + k % (ACCOUNTS - 1)) % ACCOUNTS;
                    assert_eq!(bank.ask(&format!("{n} {to}")).expect("nothing fails here"), "done");
                }
            })
        })
        .collect();
    for client in clients {
        client.join().expect("it does not panic");
    }
}

fn scenario(sim: &mut Sim, planted: bool) {
    sim.process("server", program(move || serve(!planted)));
    sim.primary("client", program(ask));
    sim.run();
}

#[test]
fn two_locks_in_opposite_orders_are_found() {
    is_found("lock order", "deadlock", scenario);
}
