//! Three nodes elect a leader for each second; each votes once in a second, and keeps its vote on its disk.
//!
//! A voter answers when its vote is written, and what was written is synced by a task that does so now and then.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tumult_sim::disk::{self, File};
use tumult_sim::net::{Mailbox, decode, encode};
use tumult_sim::task::spawn;
use tumult_sim::time::{now, sleep, timeout};
use tumult_sim::{Key, Observed, Sim, Time, Verdict, invariant};

use crate::defect::{Cause, Defect};
use crate::kit::{Elected, PORT, ends_after, ms};
use crate::storm::{CUTS, POWER, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "double_vote",
    what: "a vote is answered before it is synced, and a power loss takes it",
    invariant: "INV_703",
    roles: &["node", "watch"],
    cause: Cause {
        plan: "f1 at 0ms cut node1 -> node3 for 4s\nf2 at 1.500s power-loss node2 for 20ms",
        processes: 3,
        operations: 2,
    },
    storm: Storm { kinds: &[POWER, CUTS], every_ms: 420, lasts_ms: (20, 800), horizon_ms: 5_000, spares: &["watch"] },
    system,
};

const NODES: [&str; 3] = ["node1", "node2", "node3"];

#[derive(Serialize, Deserialize)]
enum Message {
    Ask { term: u64, candidate: usize },
    Granted { term: u64, voter: usize },
}

/// A term has one leader at the most.
#[invariant(id = "INV_703")]
fn one_leader_a_term(elected: &Elected) -> Verdict {
    elected.one_leader_a_term()
}

fn system(sim: &mut Sim, fixed: bool) {
    let elected = sim.observe("elected", Elected::default());
    sim.always(INV_703, &elected);
    for (me, name) in NODES.into_iter().enumerate() {
        let elected = elected.clone();
        // The same in all lives of a node.
        let mut times = Key::root(sim.seed()).child(name).stream();
        let stands: Vec<Duration> = (0..5).map(|_| times.duration(ms(10), ms(990))).collect();
        sim.process(name, move || node(me, elected.clone(), stands.clone(), fixed));
    }
    ends_after(sim, 5_000);
}

/// The term, and for whom it voted in it.
type Vote = (u64, Option<usize>);

async fn open() -> std::io::Result<(Rc<File>, Vote)> {
    let file = File::options().read(true).write(true).create(true).open("/vote").await?;
    disk::sync_dir("/").await?;
    file.sync_all().await?;
    let vote = decode(&disk::read("/vote").await?).unwrap_or_default();
    Ok((Rc::new(file), vote))
}

async fn node(me: usize, elected: Observed<Elected>, stands: Vec<Duration>, sync_first: bool) -> std::io::Result<()> {
    let (file, mut vote) = open().await?;
    let written = Rc::new(Cell::new(false));
    let (behind, unsynced) = (Rc::clone(&file), Rc::clone(&written));
    spawn(async move {
        loop {
            sleep(ms(200)).await;
            if unsynced.replace(false) {
                behind.sync_data().await.ok();
            }
        }
    });
    let mailbox = Mailbox::<Message>::bind(PORT).await?;
    let votes = RefCell::new(BTreeSet::new());
    let mut second = now().since_start().as_secs();
    loop {
        // Each second it stands at some time, unless it has voted by then.
        let stands_at = Time::ZERO + stands[second as usize % stands.len()] + Duration::from_secs(second);
        let message = timeout(stands_at - now(), mailbox.recv()).await;
        let before = vote;
        match &message {
            Err(_) if second > vote.0 => vote = (second, Some(me)),
            Ok(Ok((Message::Ask { term, candidate }, _))) if *term > vote.0 => vote = (*term, Some(*candidate)),
            Err(_) | Ok(Ok(_)) => {}
            Ok(Err(_)) => return Ok(()),
        }
        if vote != before {
            file.write_all_at(&encode(&vote)?, 0).await?;
            written.set(true);
            if sync_first {
                file.sync_data().await?;
            }
        }
        match message {
            Err(_) => {
                second += 1;
                if vote == before {
                    continue;
                }
                votes.replace(BTreeSet::from([me]));
                for other in (0..NODES.len()).filter(|other| *other != me) {
                    mailbox.send((NODES[other], PORT), &Message::Ask { term: vote.0, candidate: me })?;
                }
            }
            Ok(Ok((Message::Ask { term, candidate }, from))) if vote == (term, Some(candidate)) => {
                mailbox.send(from, &Message::Granted { term, voter: me })?;
            }
            Ok(Ok((Message::Granted { term, voter }, _))) if vote == (term, Some(me)) => {
                votes.borrow_mut().insert(voter);
                if votes.borrow().len() == 2 {
                    elected.update(|elected| elected.0.entry(term).or_default().extend([me]));
                }
            }
            _ => {}
        }
    }
}
