//! Two-phase commit: two stores vote for a transaction and hold its locks until the coordinator says how it ended.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tumult_sim::net::rpc::{Client, Server};
use tumult_sim::net::{decode, encode};
use tumult_sim::task::spawn;
use tumult_sim::time::{now, sleep};
use tumult_sim::{Observed, Sim, Time, Verdict, disk, invariant, process, violated};

use crate::defect::{Cause, Defect};
use crate::kit::{PORT, Pace, call, call_all, connect, connect_all, ends_after, ms};
use crate::storm::{LINKS, PROCESS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "blocked_commit",
    what: "a coordinator that ends between the votes and its decision never says how the transaction ended",
    invariant: "INV_713",
    roles: &["coordinator", "store", "watch"],
    cause: Cause { plan: "f1 at 1s kill coordinator for 100ms", processes: 3, operations: 1 },
    storm: Storm {
        kinds: &[PROCESS, LINKS],
        every_ms: 1_100,
        lasts_ms: (20, 400),
        horizon_ms: 4_000,
        spares: &["store1", "store2", "watch"],
    },
    system,
};

/// A transaction: the coordinator's life, and its number in it.
type Id = (u32, u32);

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Ask {
    Prepare(Id),
    End(Id, bool),
}

/// By store: which transactions hold its locks.
#[derive(Default)]
struct Prepared(BTreeSet<(usize, Id)>);

/// In the end no transaction holds a lock.
#[invariant(id = "INV_713")]
fn transactions_end(prepared: &Prepared) -> Verdict {
    prepared.0.first().map_or(Verdict::Holds, |(store, id)| violated!("store{} still holds {id:?}", store + 1))
}

fn system(sim: &mut Sim, fixed: bool) {
    let prepared = sim.observe("prepared", Prepared::default());
    sim.at_end(INV_713, &prepared);
    sim.process("coordinator", move || coordinator(fixed));
    for (me, name) in ["store1", "store2"].into_iter().enumerate() {
        let prepared = prepared.clone();
        sim.process(name, move || store(me, prepared.clone()));
    }
    ends_after(sim, 7_000);
}

/// How transactions ended: those that did not commit are not in the log.
type Ended = Rc<RefCell<BTreeMap<Id, bool>>>;

async fn coordinator(presumes_abort: bool) -> std::io::Result<()> {
    let life = process::incarnation().0;
    let log: Vec<Id> = decode(&disk::read("/log").await.unwrap_or_default()).unwrap_or_default();
    let ended: Ended = Rc::new(RefCell::new(log.into_iter().map(|id| (id, true)).collect()));
    let known = Rc::clone(&ended);
    let server = Server::<Id, Option<bool>>::bind(PORT).await?;
    spawn(async move {
        while let Ok((id, reply)) = server.next().await {
            // One of a former life that is not in the log was not decided.
            let presumed = (presumes_abort && id.0 < life).then_some(false);
            reply.send(&known.borrow().get(&id).copied().or(presumed)).ok();
        }
    });
    let stores = connect_all::<Ask, bool>(&["store1", "store2"]).await;
    let mut pace = Pace::start();
    for number in 0.. {
        pace.rest(400, 1_000).await;
        if now() > Time::ZERO + ms(5_000) {
            break;
        }
        transact((life, number), &stores, &ended).await?;
    }
    sleep(ms(60_000)).await;
    Ok(())
}

async fn transact(id: Id, stores: &[Client<Ask, bool>], ended: &Ended) -> std::io::Result<()> {
    let votes = call_all(stores, &Ask::Prepare(id), 60).await;
    let commits = votes.len() == stores.len();
    if commits {
        let committed: Vec<Id> = ended.borrow().iter().filter(|e| *e.1).map(|e| *e.0).chain([id]).collect();
        disk::write("/log.new", encode(&committed)?).await?;
        disk::rename("/log.new", "/log").await?;
    }
    ended.borrow_mut().insert(id, commits);
    call_all(stores, &Ask::End(id, commits), 60).await;
    Ok(())
}

async fn store(me: usize, prepared: Observed<Prepared>) -> std::io::Result<()> {
    let server = Server::<Ask, bool>::bind(PORT).await?;
    let coordinator = Rc::new(connect::<Id, Option<bool>>("coordinator").await);
    let ended = Rc::new(RefCell::new(BTreeSet::new()));
    loop {
        let (ask, reply) = server.next().await?;
        match ask {
            Ask::Prepare(id) if !ended.borrow().contains(&id) => {
                prepared.update(|prepared| prepared.0.extend([(me, id)]));
                let (coordinator, prepared, ended) = (Rc::clone(&coordinator), prepared.clone(), Rc::clone(&ended));
                spawn(async move {
                    // Who does not hear of the end asks for it.
                    while !ended.borrow().contains(&id) {
                        sleep(ms(250)).await;
                        if let Some(Some(_)) = call(&coordinator, &id, 60).await {
                            ended.borrow_mut().insert(id);
                        }
                    }
                    prepared.update(|prepared| prepared.0.retain(|held| *held != (me, id)));
                });
            }
            Ask::Prepare(_) => {}
            Ask::End(id, _) => {
                ended.borrow_mut().insert(id);
            }
        }
        reply.send(&true)?;
    }
}
