//! Payments come at least once: who sends them repeats them until they are confirmed, and who receives them leaves out
//! what it has had.
//!
//! It compares with the last payment only, and there may be two under way.

use std::collections::BTreeSet;

use tumult_sim::net::rpc::Server;
use tumult_sim::task::spawn;
use tumult_sim::{Observed, Sim, Verdict, invariant, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, connect, insist};
use crate::storm::{NETWORK, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "short_dedup",
    what: "a payment that is repeated is told from the last one only, not from those before",
    invariant: "INV_715",
    roles: &["receiver", "sender"],
    cause: Cause { plan: "f1 at 0ms cut receiver -> sender for 3s", processes: 2, operations: 2 },
    storm: Storm { kinds: &[NETWORK], every_ms: 1_500, lasts_ms: (20, 300), horizon_ms: 5_000, spares: &[] },
    system,
};

/// The payments that were booked, and one that was booked again.
#[derive(Default)]
struct Book {
    booked: BTreeSet<u64>,
    twice: Option<u64>,
}

/// A payment is booked once.
#[invariant(id = "INV_715")]
fn booked_once(book: &Book) -> Verdict {
    book.twice.map_or(Verdict::Holds, |payment| violated!("payment {payment} was booked twice"))
}

fn system(sim: &mut Sim, fixed: bool) {
    let book = sim.observe("book", Book::default());
    sim.always(INV_715, &book);
    sim.process("receiver", move || receiver(book.clone(), fixed));
    sim.primary("sender", async || {
        let mut under_way = vec![];
        let mut pace = Pace::start();
        for payment in 1..=8 {
            pace.rest(10, 900).await;
            under_way.push(spawn(async move {
                let receiver = connect::<u64, ()>("receiver").await;
                insist(&receiver, &payment, 120).await;
            }));
        }
        for payment in under_way {
            payment.await.ok();
        }
    });
}

async fn receiver(book: Observed<Book>, knows_all: bool) -> std::io::Result<()> {
    let (mut last, mut all) = (0, BTreeSet::new());
    let server = Server::<u64, ()>::bind(PORT).await?;
    loop {
        let (payment, reply) = server.next().await?;
        let known = if knows_all { !all.insert(payment) } else { payment == last };
        if !known {
            last = payment;
            book.update(|book| {
                if !book.booked.insert(payment) {
                    book.twice = Some(payment);
                }
            });
        }
        reply.send(&())?;
    }
}
