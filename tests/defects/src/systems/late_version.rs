//! Accounts in memory, which one task moves money between and another adds up: what was added up counts if the version
//! is the same before and after.
//!
//! The version changes when a transfer is done, not when it begins: who adds up in the middle of it notices nothing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tumult_sim::task::{spawn, yield_now};
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{Pace, ends_after};
use crate::storm::{PAUSE, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "late_version",
    what: "a version that guards a read changes after the write only, so a read within the write passes",
    invariant: "INV_726",
    roles: &["bank", "watch"],
    cause: Cause { plan: "", processes: 1, operations: 2 },
    storm: Storm { kinds: &[PAUSE], every_ms: 500, lasts_ms: (20, 200), horizon_ms: 1_000, spares: &["watch"] },
    system,
};

const ACCOUNTS: usize = 12;
const EACH: u64 = 100;

/// A sum that was taken for right and is not.
#[derive(Default)]
struct Audit(Option<u64>);

/// A sum that passed its check is the money that there is.
#[invariant(id = "INV_726")]
fn sums_are_right(audit: &Audit) -> Verdict {
    audit.0.map_or(Verdict::Holds, |sum| violated!("{sum} was added up of {}", ACCOUNTS as u64 * EACH))
}

fn system(sim: &mut Sim, fixed: bool) {
    let audit = sim.observe("audit", Audit::default());
    sim.always(INV_726, &audit);
    sim.process("bank", move || bank(audit.clone(), fixed));
    ends_after(sim, 1_200);
}

struct Accounts {
    money: RefCell<[u64; ACCOUNTS]>,
    /// Odd while a transfer is under way, where it is changed at its beginning too.
    version: Cell<u64>,
}

async fn bank(audit: Observed<Audit>, marks_the_beginning: bool) {
    let accounts = Rc::new(Accounts { money: RefCell::new([EACH; ACCOUNTS]), version: Cell::new(0) });
    let shared = Rc::clone(&accounts);
    spawn(async move {
        let mut pace = Pace::start();
        for n in 0.. {
            pace.tick(500).await;
            transfer(&shared, n % 2, n % 2 + 1, marks_the_beginning).await;
        }
    });
    let mut pace = Pace::start();
    loop {
        pace.tick(200).await;
        if let Some(sum) = add_up(&accounts).await {
            audit.update(|audit| audit.0 = Some(sum).filter(|sum| *sum != ACCOUNTS as u64 * EACH));
        }
    }
}

async fn transfer(accounts: &Accounts, from: usize, to: usize, marks_the_beginning: bool) {
    if marks_the_beginning {
        accounts.version.update(|version| version + 1);
    }
    accounts.money.borrow_mut()[from] -= 10;
    yield_now().await;
    accounts.money.borrow_mut()[to] += 10;
    accounts.version.update(|version| version + if marks_the_beginning { 1 } else { 2 });
}

/// The sum, if nothing has changed while it was added up.
async fn add_up(accounts: &Accounts) -> Option<u64> {
    let before = accounts.version.get();
    let mut sum = 0;
    for account in 0..ACCOUNTS {
        sum += accounts.money.borrow()[account];
        // Others have their turn: there may be many accounts.
        yield_now().await;
    }
    (before.is_multiple_of(2) && accounts.version.get() == before).then_some(sum)
}
