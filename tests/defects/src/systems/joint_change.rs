//! A group that elects a leader for each term grows from three members to five, while it works.
//!
//! Who has not heard of that counts a majority of three, who has, one of five.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tumult_sim::net::Mailbox;
use tumult_sim::process::random_duration;
use tumult_sim::time::{Instant, timeout};
use tumult_sim::{Observed, Sim, Verdict, invariant};

use crate::defect::{Cause, Defect};
use crate::kit::{Elected, PORT, ends_after, ms, rest};
use crate::storm::{CUTS, Storm};

pub(crate) const DEFECT: Defect = Defect {
    name: "joint_change",
    what: "members change from three to five in one step, not by way of majorities of both",
    invariant: "INV_718",
    roles: &["node", "admin", "watch"],
    cause: Cause {
        plan: "f1 at 1s partition {node1,node2} | {node3,node4,node5,admin,watch} for 2s",
        processes: 6,
        operations: 1,
    },
    storm: Storm { kinds: &[CUTS], every_ms: 2_000, lasts_ms: (100, 1_500), horizon_ms: 4_000, spares: &["watch"] },
    system,
};

const NODES: [&str; 5] = ["node1", "node2", "node3", "node4", "node5"];

/// Who are members, in the order of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Members {
    Three,
    Both,
    Five,
}

impl Members {
    fn majority(self, votes: &BTreeSet<usize>) -> bool {
        let three = votes.iter().filter(|voter| **voter < 3).count() >= 2;
        let five = votes.len() >= 3;
        match self {
            Self::Three => three,
            Self::Both => three && five,
            Self::Five => five,
        }
    }
}

#[derive(Serialize, Deserialize)]
enum Message {
    /// And from which term on.
    Become(Members, u64),
    /// And who did, in which term.
    Became(Members, usize, u64),
    Ask {
        term: u64,
        candidate: usize,
        members: Members,
    },
    Granted {
        term: u64,
        voter: usize,
    },
}

/// A term has one leader at the most.
#[invariant(id = "INV_718")]
fn one_leader_a_term(elected: &Elected) -> Verdict {
    elected.one_leader_a_term()
}

fn system(sim: &mut Sim, fixed: bool) {
    let elected = sim.observe("elected", Elected::default());
    sim.always(INV_718, &elected);
    for (me, name) in NODES.into_iter().enumerate() {
        let elected = elected.clone();
        sim.process(name, move || node(me, elected.clone()));
    }
    sim.process("admin", move || admin(if fixed { &[Members::Both, Members::Five] } else { &[Members::Five] }));
    ends_after(sim, 5_000);
}

/// Each step is made when the majorities of the one before it know of that.
async fn admin(steps: &'static [Members]) -> std::io::Result<()> {
    let mailbox = Mailbox::<Message>::bind(PORT).await?;
    rest(500, 2_500).await;
    let mut from_term = 0;
    for step in steps {
        let mut newest = from_term;
        let mut know = BTreeSet::new();
        while !Members::Both.majority(&know) || (*step == Members::Five && know.len() < NODES.len()) {
            for node in NODES {
                mailbox.send((node, PORT), &Message::Become(*step, from_term))?;
            }
            while let Ok(message) = timeout(ms(100), mailbox.recv()).await {
                if let (Message::Became(members, who, term), _) = message?
                    && members >= *step
                {
                    know.insert(who);
                    newest = newest.max(term);
                }
            }
        }
        // What was decided by fewer was decided in these terms.
        from_term = newest;
    }
    Ok(())
}

async fn node(me: usize, elected: Observed<Elected>) -> std::io::Result<()> {
    let mailbox = Mailbox::<Message>::bind(PORT).await?;
    let (mut members, mut term, mut voted, mut votes) = (Members::Three, 0, None, BTreeSet::new());
    let mut campaign = Instant::now() + random_duration(ms(100), ms(1_500));
    loop {
        let message = timeout(campaign.saturating_duration_since(Instant::now()), mailbox.recv()).await;
        let Ok(message) = message else {
            campaign = Instant::now() + random_duration(ms(300), ms(1_500));
            if members == Members::Three && me >= 3 {
                continue;
            }
            (term, voted, votes) = (term + 1, Some(me), BTreeSet::from([me]));
            for other in (0..NODES.len()).filter(|other| *other != me) {
                mailbox.send((NODES[other], PORT), &Message::Ask { term, candidate: me, members })?;
            }
            continue;
        };
        match message? {
            (Message::Become(new, from_term), from) => {
                members = members.max(new);
                if term < from_term {
                    (term, voted) = (from_term, None);
                }
                mailbox.send(from, &Message::Became(members, me, term))?;
            }
            // Who knows of fewer changes may count wrongly.
            (Message::Ask { members: theirs, .. }, _) if theirs < members => {}
            (Message::Ask { term: asked, candidate, .. }, from) => {
                if asked > term {
                    (term, voted) = (asked, Some(candidate));
                    votes.clear();
                }
                if asked == term && voted == Some(candidate) {
                    mailbox.send(from, &Message::Granted { term, voter: me })?;
                }
            }
            (Message::Granted { term: granted, voter }, _) if granted == term && voted == Some(me) => {
                votes.insert(voter);
                if members.majority(&votes) {
                    elected.update(|elected| elected.0.entry(term).or_default().extend([me]));
                }
            }
            _ => {}
        }
    }
}
