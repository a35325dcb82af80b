//! Which events of a recording a failure follows from, the nearest first.
//!
//! From the failure back through its causes. A step costs nothing where it says nothing new (from a send to the poll
//! that sent it), and one for each message, so that what is near in the sense of a reader comes first. Two things are no
//! edges of the recording and are followed too: what a poll said or wrote besides, and the updates of the observed state
//! before the one that was judged.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::{POWER_LOST, SYNC, WRITE};
use crate::trace::{Effects, Kind, Record, Recording};

/// An update before the one that was judged is this much further away: two messages, so that what led to an update comes
/// before the update that came before it.
const FORMER_UPDATE: u32 = 2;
/// What a process was told before, which it may have remembered.
const MEMORY: u32 = 4;
/// With fewer events than this, what a process may have remembered is looked at.
const FEW: usize = 4;
/// So many of what it was told, of so many processes.
const REMEMBERED: usize = 3;
/// So many writes that were not synced are told.
const UNSYNCED_MAX: usize = 3;
/// No more events than this are looked at: a slice is for people.
const VISITED_MAX: usize = 20_000;

/// The events that a failure follows from.
#[derive(Debug)]
pub(super) struct Slice<'a> {
    recording: &'a Recording,
    effects: Effects,
    /// The failure itself, and all events after it do not matter.
    end: usize,
    /// What was found and says something, with its distance.
    pub(super) told: Vec<(u32, usize)>,
    seen: BTreeSet<usize>,
    queue: BinaryHeap<Reverse<(u32, Reverse<usize>)>>,
    /// By observed state: its updates, in order.
    updates: BTreeMap<u32, Vec<usize>>,
}

impl<'a> Slice<'a> {
    /// From these events back, until `wanted` events were found that say something.
    pub(super) fn of(recording: &'a Recording, roots: &[usize], wanted: usize) -> Self {
        let mut updates: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (n, r) in recording.iter().enumerate().filter(|(_, r)| r.kind == Kind::Observe) {
            updates.entry(r.a_high()).or_default().push(n);
        }
        let end = roots.iter().copied().max().unwrap_or(0);
        let (told, seen, queue) = (vec![], BTreeSet::new(), BinaryHeap::new());
        let mut slice = Self { recording, effects: recording.effects(), end, told, seen, queue, updates };
        for root in roots {
            slice.reach(0, *root);
        }
        slice.walk(wanted);
        slice
    }

    /// Whether an event belongs to it.
    pub(super) fn has(&self, event: usize) -> bool {
        self.seen.contains(&event)
    }

    /// What follows from an event, up to the failure.
    pub(super) fn effects(&self, event: usize) -> impl Iterator<Item = usize> {
        self.effects.of(event).filter(|e| *e <= self.end)
    }

    fn get(&self, event: usize) -> Record<'a> {
        self.recording.get(event).expect("an event of this recording")
    }

    fn reach(&mut self, distance: u32, event: usize) {
        if event <= self.end && !self.seen.contains(&event) {
            self.queue.push(Reverse((distance, Reverse(event))));
        }
    }

    fn walk(&mut self, wanted: usize) {
        let mut remembering = BTreeSet::new();
        loop {
            while let Some(Reverse((distance, Reverse(event)))) = self.queue.pop() {
                if !self.seen.insert(event) {
                    continue;
                }
                if says_something(self.recording, event) {
                    self.told.push((distance, event));
                }
                if self.told.len() >= wanted || self.seen.len() >= VISITED_MAX {
                    return;
                }
                self.visit(distance, event);
            }
            if self.told.len() > FEW || !self.remember(&mut remembering) {
                return;
            }
        }
    }

    fn visit(&mut self, distance: u32, event: usize) {
        let r = self.get(event);
        for (n, cause) in self.recording.causes(event).enumerate() {
            // A delivery from its send is a message; a further cause is less sure to matter than the main one.
            let step = u32::from(r.kind == Kind::Deliver) + u32::from(n > 0);
            self.reach(distance + step, cause);
        }
        match r.kind {
            Kind::Poll => {
                let besides: Vec<usize> = self.effects(event).filter_map(|e| self.besides(e)).collect();
                for e in besides {
                    self.reach(distance + 1, e);
                }
            }
            Kind::Observe => {
                let updates = &self.updates[&r.a_high()];
                let before = updates[..updates.partition_point(|u| *u < event)].last().copied();
                if let Some(u) = before {
                    self.reach(distance + FORMER_UPDATE, u);
                }
            }
            Kind::Process => {
                if r.b as u32 == POWER_LOST {
                    let lost = self.not_synced(event);
                    for write in lost {
                        self.reach(distance + 1, write);
                    }
                }
                // A life begins since the one before it ended.
                let ended = (0..event).rev().find(|n| {
                    let before = self.get(*n);
                    before.kind == Kind::Process && before.a_high() == r.a_high()
                });
                if let Some(e) = ended {
                    self.reach(distance + 1, e);
                }
            }
            _ => {}
        }
    }

    /// The last writes of a process that were not synced when its power went.
    fn not_synced(&self, power_lost: usize) -> Vec<usize> {
        let process = self.get(power_lost).a_high();
        let disk = (0..power_lost).rev().map(|n| (n, self.get(n))).filter(|(_, r)| {
            let ends_its_life = r.kind == Kind::Process && r.b as u32 == POWER_LOST;
            r.a_high() == process && (r.kind == Kind::Disk || ends_its_life)
        });
        let done = |r: &Record<'_>, what: u32| r.kind == Kind::Disk && r.a_low() == what && r.b >> 63 == 0;
        let since = disk.take_while(|(_, r)| r.kind == Kind::Disk && !done(r, SYNC));
        since.filter(|(_, r)| done(r, WRITE)).map(|(n, _)| n).take(UNSYNCED_MAX).collect()
    }

    /// What a poll did besides, where that belongs to its story: what it said, wrote or updated, and what it sent in vain.
    fn besides(&self, event: usize) -> Option<usize> {
        match self.get(event).kind {
            Kind::Note | Kind::Output | Kind::Point | Kind::Site | Kind::Observe | Kind::Panic => Some(event),
            Kind::Disk => says_something(self.recording, event).then_some(event),
            Kind::Send => self.effects(event).find(|e| self.get(*e).kind == Kind::Drop),
            _ => None,
        }
    }

    /// Little was found: what the nearest process was told before, it may have remembered. False when there is none left.
    fn remember(&mut self, done: &mut BTreeSet<u32>) -> bool {
        let poll = |r: &Record<'_>| r.kind == Kind::Poll && !done.contains(&r.a_high());
        let Some(last) = self.seen.iter().rev().copied().find(|n| poll(&self.get(*n))) else { return false };
        let process = self.get(last).a_high();
        if done.len() >= REMEMBERED {
            return false;
        }
        done.insert(process);
        let told = |n: &usize| {
            let r = self.get(*n);
            r.kind == Kind::Poll
                && r.a_high() == process
                && !self.seen.contains(n)
                && self.recording.causes(*n).any(|c| {
                    let cause = self.get(c);
                    cause.kind == Kind::Deliver && cause.a_high() != cause.a_low()
                })
        };
        let before: Vec<usize> = (0..last).rev().filter(told).take(REMEMBERED).collect();
        for n in before {
            self.reach(MEMORY, n);
        }
        true
    }
}

/// Whether an event is one that people want to read of. A message is told where it ends, and not where it was sent.
pub(super) fn says_something(recording: &Recording, event: usize) -> bool {
    /// Operations on a disk that change what is there, and what makes it last; 3 sets a length.
    const CHANGES: [u32; 3] = [WRITE, 3, SYNC];
    let Some(r) = recording.get(event) else { return false };
    match r.kind {
        Kind::Deliver => r.a_high() != r.a_low() && recording.cause(event).is_some_and(|sent| carries(recording, sent)),
        Kind::Drop => r.a_high() != r.a_low(),
        Kind::Process => r.b as u32 != 0 || r.a_low() > 0,
        Kind::Disk => r.b >> 63 == 1 || CHANGES.contains(&r.a_low()),
        Kind::Memory => r.a_low() >= 3,
        Kind::Cpu => r.a_low() == 3,
        Kind::Clock
        | Kind::Point
        | Kind::Observe
        | Kind::Violation
        | Kind::Panic
        | Kind::Note
        | Kind::Site
        | Kind::Corrupt
        | Kind::Limit
        | Kind::Name
        | Kind::Output => true,
        _ => false,
    }
}

/// Whether what was sent is more than a segment that only acknowledges, opens or ends a stream.
fn carries(recording: &Recording, sent: usize) -> bool {
    let before = sent.checked_sub(1).and_then(|before| recording.get(before));
    let segment = before.filter(|r| r.kind == Kind::Segment);
    recording.get(sent).is_some_and(|r| r.kind == Kind::Send) && segment.is_none_or(|s| s.b as u32 > 0)
}
