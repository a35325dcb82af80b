//! Those that wait for one thing.

use super::Waiter;

/// Waiters in the order in which they came. Nearly always there is one at the most: it needs no list.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    first: Option<Waiter>,
    more: Vec<Waiter>,
}

impl Waiters {
    /// One more, unless it is there already: then it comes back.
    #[inline]
    pub(crate) fn add(&mut self, waiter: Waiter) -> Option<Waiter> {
        match &self.first {
            None => {
                self.first = Some(waiter);
                None
            }
            Some(first) if first.same(&waiter) => Some(waiter),
            Some(_) => self.add_more(waiter),
        }
    }

    #[cold]
    fn add_more(&mut self, waiter: Waiter) -> Option<Waiter> {
        if self.more.iter().any(|w| w.same(&waiter)) {
            return Some(waiter);
        }
        self.more.push(waiter);
        None
    }

    /// All of them, in order; none is left.
    #[inline]
    pub(crate) fn wake(&mut self, mut wake: impl FnMut(Waiter)) {
        if let Some(first) = self.first.take() {
            wake(first);
            if !self.more.is_empty() {
                self.more.drain(..).for_each(wake);
            }
        }
    }

    /// Takes all of them out.
    pub(crate) fn take(&mut self) -> Vec<Waiter> {
        self.first.take().into_iter().chain(self.more.drain(..)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::task::TaskId;

    #[test]
    fn each_is_woken_once_in_the_order_in_which_they_came() {
        let waiter = |n| Waiter::Task(TaskId::from_bits(n));
        let mut all = Waiters::default();
        for n in [3, 1, 3, 2, 1] {
            all.add(waiter(n));
        }
        let mut woken = vec![];
        all.wake(|w| woken.push(w));
        let ids: Vec<_> = woken.iter().map(|w| if let Waiter::Task(id) = w { id.bits() } else { 0 }).collect();
        assert_eq!(ids, [3, 1, 2]);
        all.wake(|_| unreachable!());
        assert!(all.take().is_empty());
    }
}
