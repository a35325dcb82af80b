//! A client debits an account, and asks again when no answer comes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tumult_sim::net::rpc::Server;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, connect, insist};
use crate::storm::{NETWORK, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "retried_debit",
    what: "a debit whose answer is lost is asked for again and done twice",
    invariant: "INV_707",
    roles: &["bank", "client"],
    cause: Cause { plan: "f1 at 200ms cut bank -> client for 600ms", processes: 2, operations: 1 },
    storm: Storm { kinds: &[NETWORK], every_ms: 3_000, lasts_ms: (20, 300), horizon_ms: 6_000, spares: &[] },
    system,
};

#[derive(Serialize, Deserialize)]
struct Debit {
    number: u64,
    amount: u64,
}

/// What was asked for, and what was taken.
#[derive(Default)]
struct Account {
    asked: u64,
    taken: u64,
}

/// No more is taken than was asked for.
#[invariant(id = "INV_707")]
fn no_debit_twice(account: &Account) -> Verdict {
    if account.taken <= account.asked {
        return Verdict::Holds;
    }
    violated!("{} was asked for, and {} was taken", account.asked, account.taken)
}

fn system(sim: &mut Sim, fixed: bool) {
    let account = sim.observe("account", Account::default());
    sim.always(INV_707, &account);
    let taken = account.clone();
    sim.process("bank", move || bank(taken.clone(), fixed));
    sim.primary("client", move || client(account.clone()));
}

async fn bank(account: Observed<Account>, knows_numbers: bool) -> std::io::Result<()> {
    let mut done = BTreeSet::new();
    let server = Server::<Debit, ()>::bind(PORT).await?;
    loop {
        let (debit, reply) = server.next().await?;
        if !knows_numbers || done.insert(debit.number) {
            account.update(|account| account.taken += debit.amount);
        }
        reply.send(&())?;
    }
}

async fn client(account: Observed<Account>) {
    let bank = connect::<Debit, ()>("bank").await;
    let mut pace = Pace::start();
    for number in 0..6 {
        pace.rest(100, 1_500).await;
        account.update(|account| account.asked += 10);
        insist(&bank, &Debit { number, amount: 10 }, 100).await;
    }
}
