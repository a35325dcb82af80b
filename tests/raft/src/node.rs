//! A node: raft-rs between a mailbox, a clock and a log on the disk.
//!
//! raft-rs does no I/O. It is told of time and messages, and then says by a `Ready` what is to be written, sent and
//! applied. All that matters here is the order: what a message promises is on the disk before it is sent.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use protobuf::Message as _;
use raft::prelude::{Config, Entry, Message, RawNode, Ready};
use raft::{StateRole, eraftpb::HardState};
use tumult_sim::net::{Mailbox, decode, encode};
use tumult_sim::process::{note, random_u64};
use tumult_sim::time::{Instant, interval, sleep};
use tumult_sim::{Key, Observed, Seed, fault, select, sometimes};

use crate::cluster::NODES;
use crate::ledger::{Digest, Ledger, Life};
use crate::machine::Machine;
use crate::message::{Answer, PORT, Reply, Request, What, Wire};
use crate::plant::Plant;
use crate::storage::Image;
use crate::wal::Wal;

/// The [`fault::point`] that a node reaches when it has won an election, and nobody knows yet.
pub const ELECTED: &str = "raft.elected";
/// The [`fault::point`] that a leader reaches when it has committed entries, and nobody knows yet.
pub const COMMITTED: &str = "raft.committed";

const TICK: Duration = Duration::from_millis(30);
/// Of those that are waited for: a client that is not answered asks again.
const READS_MAX: usize = 64;
/// How long it takes a node whose disk has failed to be started again.
const RESTART: Duration = Duration::from_millis(200);
/// With [`Plant::VoteNotPersisted`]: how long term and vote are held back.
const WRITE_BEHIND: Duration = Duration::from_millis(500);

/// How a group is set: the same for all its nodes, in all their lives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    plant: Plant,
    check_quorum: bool,
    pre_vote: bool,
    /// How many bytes of entries go into one message; one entry always does.
    bytes_per_message: u64,
}

impl Settings {
    /// With and without each of raft-rs's two options that keep leaders from changing, and mostly with one entry a
    /// message: many small steps make more that can go wrong between two of them.
    pub(crate) fn drawn(seed: Seed, plant: Plant) -> Self {
        let mut stream = Key::root(seed).child("settings").stream();
        let mut one_in = |n| stream.below(n) == 0;
        Self {
            plant,
            check_quorum: one_in(2),
            pre_vote: one_in(2),
            bytes_per_message: if one_in(4) { 4096 } else { 0 },
        }
    }
}

/// Runs a node, and starts it anew when a disk operation has failed, as a system's supervisor does: after a failed sync
/// only what can be read back from the disk is known.
pub(crate) async fn supervise(id: u64, settings: Settings, ledger: Observed<Ledger>) {
    loop {
        let Err(error) = Node::run(id, settings, ledger.clone()).await;
        sometimes!("a node stopped at a disk error");
        note(format!("n{id} stops: {error}"));
        sleep(RESTART).await;
    }
}

/// A read that waits for its answer.
#[derive(Clone, Copy, Debug)]
struct Read {
    from: SocketAddr,
    number: u64,
    key: u8,
}

struct Node {
    me: Life,
    settings: Settings,
    raft: RawNode<Image>,
    wal: Wal,
    mailbox: Mailbox<Wire>,
    machine: Machine,
    ledger: Observed<Ledger>,
    /// By client and number: who waits for the write to be applied.
    writes: BTreeMap<(u64, u64), SocketAddr>,
    /// By number: reads whose index is not known yet, and then those whose index is not applied yet.
    asked: BTreeMap<u64, Read>,
    indexed: Vec<(u64, Read)>,
    /// What tells the reads of this life from those of any other.
    nonce: u64,
    reads: u64,
    /// The last term that this life has led, 0 if none, and whether another one led before.
    led: u64,
    succeeds: bool,
    behind: Option<(HardState, Instant)>,
}

impl Node {
    /// A life: from what the disk has, until an operation of the disk fails.
    async fn run(id: u64, settings: Settings, ledger: Observed<Ledger>) -> io::Result<std::convert::Infallible> {
        let (wal, mut image) = Wal::open().await?;
        image.voters = (1..=NODES).collect();
        let config = Config {
            id,
            election_tick: 10,
            heartbeat_tick: 2,
            max_size_per_msg: settings.bytes_per_message,
            max_inflight_msgs: 16,
            check_quorum: settings.check_quorum,
            pre_vote: settings.pre_vote,
            ..Config::default()
        };
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let raft = RawNode::new(&config, image, &logger).map_err(io::Error::other)?;
        ledger.update(|l| l.begins(id));
        let mut node = Self {
            me: ledger.read(|l| l.life(id)),
            settings,
            raft,
            wal,
            mailbox: Mailbox::bind(PORT).await?,
            machine: Machine::default(),
            ledger,
            writes: BTreeMap::new(),
            asked: BTreeMap::new(),
            indexed: vec![],
            nonce: random_u64(),
            reads: 0,
            led: 0,
            succeeds: false,
            behind: None,
        };
        let mut ticks = interval(TICK);
        loop {
            select! {
                got = node.mailbox.recv() => {
                    let (wire, from) = got?;
                    node.take(wire, from);
                },
                _ = ticks.tick() => {
                    node.raft.tick();
                    node.write_behind().await?;
                },
            }
            node.settle().await?;
        }
    }

    fn take(&mut self, wire: Wire, from: SocketAddr) {
        match wire {
            // What raft-rs refuses is late or from before a restart.
            Wire::Raft(bytes) => drop(Message::parse_from_bytes(&bytes).map(|message| self.raft.step(message))),
            Wire::Request(request) => self.request(request, from),
            Wire::Reply(_) => {}
        }
    }

    fn request(&mut self, request: Request, from: SocketAddr) {
        let Request { client, number, what } = request;
        let leads = self.raft.raft.state == StateRole::Leader;
        match what {
            What::Write { .. } if self.machine.written(client, number).is_some() => {
                let index = self.machine.written(client, number).unwrap_or_default();
                self.reply(from, number, Answer::Written { index });
            }
            What::Write { .. } if leads => {
                self.writes.retain(|waits, _| waits.0 != client);
                self.writes.insert((client, number), from);
                let data = encode(&request).expect("a request can be encoded");
                // It may be refused, while a leader is being changed: the client asks again.
                let _ = self.raft.propose(vec![], data);
            }
            What::Write { .. } => {
                let leader = Some(self.raft.raft.leader_id).filter(|id| *id != 0);
                self.reply(from, number, Answer::NotLeader { leader });
            }
            What::Read { key } if leads && self.settings.plant == Plant::ReadsWithoutIndex => {
                self.reply(from, number, Answer::Read(self.machine.read(key)));
            }
            What::Read { key } => {
                self.reads += 1;
                self.asked.insert(self.reads, Read { from, number, key });
                if self.asked.len() > READS_MAX {
                    self.asked.pop_first();
                }
                let context = encode(&(self.nonce, self.reads)).expect("two numbers can be encoded");
                self.raft.read_index(context);
            }
        }
    }

    fn reply(&self, to: SocketAddr, number: u64, result: Answer) {
        // It can fail only when this process has ended.
        let _ = self.mailbox.send(to, &Wire::Reply(Reply { number, result }));
    }

    /// Does what raft-rs wants done, until it wants nothing.
    async fn settle(&mut self) -> io::Result<()> {
        self.commit_former_terms();
        while self.raft.has_ready() {
            if self.observe_leader() {
                fault::point(ELECTED).await;
            }
            let mut ready = self.raft.ready();
            // A leader's messages may go before its own disk has what they say; a follower's may not.
            self.send(ready.take_messages());
            for state in ready.take_read_states() {
                if let Some((nonce, number)) = decode::<(u64, u64)>(&state.request_ctx)
                    && nonce == self.nonce
                    && let Some(read) = self.asked.remove(&number)
                {
                    self.indexed.push((state.index, read));
                }
            }
            self.apply(ready.take_committed_entries()).await;
            if self.settings.plant == Plant::VoteNotPersisted {
                self.send(ready.take_persisted_messages());
            }
            self.persist(&ready).await?;
            self.send(ready.take_persisted_messages());
            let mut light = self.raft.advance(ready);
            if let Some(commit) = light.commit_index() {
                self.raft.mut_store().hard_state.commit = commit;
            }
            self.apply(light.take_committed_entries()).await;
            self.send(light.take_messages());
            self.raft.advance_apply();
            self.commit_former_terms();
        }
        self.answer_reads();
        Ok(())
    }

    fn send(&self, messages: Vec<Message>) {
        for message in messages {
            let to = format!("n{}", message.to);
            let bytes = message.write_to_bytes().expect("raft-rs makes whole messages");
            let _ = self.mailbox.send((to.as_str(), PORT), &Wire::Raft(bytes));
        }
    }

    async fn persist(&mut self, ready: &Ready) -> io::Result<()> {
        let mut state = ready.hs();
        if let Some(state) = state.take_if(|_| self.settings.plant == Plant::VoteNotPersisted) {
            let due = Instant::now() + WRITE_BEHIND;
            self.behind = Some((state.clone(), self.behind.take().map_or(due, |b| b.1)));
        }
        let sync = ready.must_sync() && (state.is_some() || !ready.entries().is_empty());
        self.wal.append(ready.entries(), state, sync).await?;
        sometimes!("an entry is overwritten", self.raft.store().overwrites(ready.entries()));
        let image = self.raft.mut_store();
        image.append(ready.entries());
        if let Some(state) = ready.hs() {
            image.hard_state = state.clone();
        }
        self.observe_log(ready.entries());
        Ok(())
    }

    async fn apply(&mut self, entries: Vec<Entry>) {
        let (me, term, applies) = (self.me, self.raft.raft.term, !entries.is_empty());
        for entry in entries {
            self.ledger.update(|l| l.applies(me, term, entry.index, digest(&entry)));
            if let Some(request) = decode::<Request>(&entry.data) {
                let index = self.machine.apply(entry.index, &request);
                if let Some(to) = self.writes.remove(&(request.client, request.number)) {
                    self.reply(to, request.number, Answer::Written { index });
                }
            }
            self.machine.applied = entry.index;
        }
        if applies && self.raft.raft.state == StateRole::Leader {
            fault::point(COMMITTED).await;
        }
    }

    fn answer_reads(&mut self) {
        let (ready, waiting) = std::mem::take(&mut self.indexed).into_iter().partition(|r| r.0 <= self.machine.applied);
        self.indexed = waiting;
        let ready: Vec<(u64, Read)> = ready;
        for (_, read) in ready {
            sometimes!("a read is served by a new leader", self.succeeds && self.led == self.raft.raft.term);
            sometimes!("a read is served by a follower", self.raft.raft.state == StateRole::Follower);
            self.reply(read.from, read.number, Answer::Read(self.machine.read(read.key)));
        }
    }

    // ---- what is planted

    /// With [`Plant::CommitsFormerTerms`]: what a majority has is committed, whoever's it is. raft-rs itself asks for an
    /// entry of the leader's own term, and commits those before it together with that.
    fn commit_former_terms(&mut self) {
        let raft = &mut self.raft.raft;
        if self.settings.plant != Plant::CommitsFormerTerms || raft.state != StateRole::Leader {
            return;
        }
        let majority = raft.mut_prs().maximal_committed_index().0;
        if majority > raft.raft_log.committed {
            raft.raft_log.commit_to(majority);
            raft.bcast_append();
        }
    }

    /// With [`Plant::VoteNotPersisted`]: writes the hard state that was held back.
    async fn write_behind(&mut self) -> io::Result<()> {
        let Some((state, _)) = self.behind.take_if(|b| b.1 <= Instant::now()) else { return Ok(()) };
        self.wal.append(&[], Some(&state), true).await
    }

    // ---- what the invariants are told

    /// Whether this node has become a leader since it was asked last.
    fn observe_leader(&mut self) -> bool {
        let raft = &self.raft.raft;
        let elected = raft.state == StateRole::Leader && self.led != raft.term;
        if elected {
            self.led = raft.term;
            let (me, term) = (self.me, raft.term);
            self.ledger.update(|l| l.leads(me, term, |index| raft.raft_log.term(index).ok().filter(|t| *t != 0)));
            self.succeeds = self.ledger.read(|l| l.led_before(term)).is_some_and(|before| before.node != me.node);
            sometimes!("the leader changed", self.succeeds);
        }
        elected
    }

    fn observe_log(&self, entries: &[Entry]) {
        let me = self.me;
        for entry in entries {
            let before = self.raft.raft.raft_log.term(entry.index - 1).unwrap_or_default();
            self.ledger.update(|l| l.logs(me, entry.index, digest(entry), before));
        }
    }
}

fn digest(entry: &Entry) -> Digest {
    Digest { term: entry.term, data: crc32fast::hash(&entry.data) }
}
