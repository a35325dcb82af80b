//! Waiting for many things at once: interests, and the sets that they belong to.
//!
//! A task that waits for one thing leaves a waiter with it. One that waits for thousands (an `epoll` instance) leaves
//! an interest with each, once, and waits for the set: what comes up is found by asking the set, whatever its size. An
//! interest is named by a [`TaskId`] of its own kind, so that those who wake need not tell it from a task.

use std::collections::VecDeque;

use super::TaskId;

/// Names a set of interests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SetId(u32);

#[derive(Debug)]
struct Interest {
    generation: u32,
    set: u32,
    /// What its owner knows it by.
    token: u32,
    /// In the queue of its set.
    queued: bool,
}

#[derive(Debug, Default)]
struct Set {
    /// What has come up, in that order: interests with their generations.
    queue: VecDeque<TaskId>,
    /// Who is woken when something comes up: tasks, and interests in this set.
    waiting: Vec<TaskId>,
}

/// All interests of a run.
#[derive(Debug, Default)]
pub(crate) struct Interests {
    all: Vec<Interest>,
    free: Vec<u32>,
    sets: Vec<Set>,
    free_sets: Vec<u32>,
}

impl Interests {
    pub(crate) fn open(&mut self) -> SetId {
        if let Some(set) = self.free_sets.pop() {
            return SetId(set);
        }
        self.sets.push(Set::default());
        SetId(u32::try_from(self.sets.len() - 1).expect("fewer than 2^32 sets"))
    }

    /// The set is gone. Its interests have been removed.
    pub(crate) fn close(&mut self, set: SetId) {
        let gone = &mut self.sets[set.0 as usize];
        gone.queue.clear();
        gone.waiting.clear();
        self.free_sets.push(set.0);
    }

    /// A new interest, which has not come up.
    pub(crate) fn add(&mut self, set: SetId, token: u32) -> TaskId {
        let index = self.free.pop().unwrap_or_else(|| {
            assert!(self.all.len() < TaskId::SLOTS, "more than {} interests at once", TaskId::SLOTS);
            self.all.push(Interest { generation: 0, set: 0, token: 0, queued: false });
            self.all.len() as u32 - 1
        });
        let interest = &mut self.all[index as usize];
        (interest.set, interest.token, interest.queued) = (set.0, token, false);
        TaskId::interest(index, interest.generation)
    }

    /// Nobody is interested any more; who still has its waiter wakes nobody.
    pub(crate) fn remove(&mut self, id: TaskId) {
        let Some(interest) = self.get(id) else { return };
        (interest.generation, interest.queued) = (interest.generation + 1, false);
        if interest.generation < TaskId::LAST_GENERATION {
            self.free.push(id.index());
        }
    }

    #[inline]
    fn get(&mut self, id: TaskId) -> Option<&mut Interest> {
        let generation = id.interest_generation()?;
        self.all.get_mut(id.index() as usize).filter(|i| i.generation == generation)
    }

    /// It has come up: it goes to the end of its set's queue, unless it is there already. Gives the set whose waiters are
    /// to be woken.
    #[inline]
    pub(super) fn fire(&mut self, id: TaskId) -> Option<SetId> {
        let interest = self.get(id).filter(|i| !i.queued)?;
        interest.queued = true;
        let set = interest.set;
        self.sets[set as usize].queue.push_back(id);
        Some(SetId(set))
    }

    /// Back to the end of the queue, without waking anybody: it still holds.
    pub(crate) fn keep(&mut self, id: TaskId) {
        self.fire(id);
    }

    /// The next that has come up, by its token.
    #[inline]
    pub(crate) fn next(&mut self, set: SetId) -> Option<u32> {
        loop {
            let id = self.sets[set.0 as usize].queue.pop_front()?;
            // One that was removed is still in the queue.
            if let Some(interest) = self.get(id) {
                interest.queued = false;
                return Some(interest.token);
            }
        }
    }

    /// The next, which stays where it is.
    pub(crate) fn first(&mut self, set: SetId) -> Option<u32> {
        loop {
            let id = *self.sets[set.0 as usize].queue.front()?;
            if let Some(interest) = self.get(id) {
                return Some(interest.token);
            }
            self.sets[set.0 as usize].queue.pop_front();
        }
    }

    /// How many are in the queue, those that were removed included.
    #[inline]
    pub(crate) fn queued(&self, set: SetId) -> usize {
        self.sets[set.0 as usize].queue.len()
    }

    /// `waiter` is woken, once, when something comes up.
    #[inline]
    pub(crate) fn wait(&mut self, set: SetId, waiter: TaskId) {
        let waiting = &mut self.sets[set.0 as usize].waiting;
        if !waiting.contains(&waiter) {
            waiting.push(waiter);
        }
    }

    /// Does not wait any more.
    #[inline]
    pub(crate) fn give_up(&mut self, set: SetId, waiter: TaskId) {
        self.sets[set.0 as usize].waiting.retain(|w| *w != waiter);
    }

    /// The `n`th that waits for the set, in the order in which they came.
    #[inline]
    pub(super) fn waiting(&self, set: SetId, n: usize) -> Option<TaskId> {
        self.sets[set.0 as usize].waiting.get(n).copied()
    }

    /// All that waited for the set have been woken.
    #[inline]
    pub(super) fn all_woken(&mut self, set: SetId) {
        self.sets[set.0 as usize].waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_up_is_in_the_queue_once_in_order() {
        let mut all = Interests::default();
        let set = all.open();
        let ids: Vec<_> = (0..4).map(|token| all.add(set, token)).collect();
        for n in [2, 0, 2, 3] {
            all.fire(ids[n]);
        }
        all.remove(ids[0]);
        assert_eq!((all.next(set), all.queued(set)), (Some(2), 2));
        all.keep(ids[2]);
        assert_eq!([all.next(set), all.next(set), all.next(set)], [Some(3), Some(2), None]);
    }

    #[test]
    fn a_removed_interest_is_not_its_successor() {
        let mut all = Interests::default();
        let set = all.open();
        let old = all.add(set, 1);
        all.remove(old);
        let new = all.add(set, 2);
        assert_eq!(old.index(), new.index());
        assert_eq!(all.fire(old), None);
        assert_eq!(all.fire(new), Some(set));
        assert_eq!(all.next(set), Some(2));
    }
}
