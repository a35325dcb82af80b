//! A retry budget: retries are paid for by what succeeds, so they are a small part of the load however much fails.

use std::cell::Cell;

/// How many calls may be repeated. (The retry budgets of Finagle and the retry throttling of gRPC are of this kind.)
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudget {
    /// How many retries there are to begin with, and at most.
    pub most: f64,
    /// How much of a retry each success pays for.
    pub ratio: f64,
}

/// What is left of a budget.
#[derive(Debug)]
pub(super) struct Tokens {
    budget: RetryBudget,
    left: Cell<f64>,
}

impl Tokens {
    pub(super) fn new(budget: RetryBudget) -> Self {
        Self { budget, left: Cell::new(budget.most) }
    }

    /// A call succeeded.
    pub(super) fn earn(&self) {
        self.left.set((self.left.get() + self.budget.ratio).min(self.budget.most));
    }

    /// Whether a call may be repeated; it is paid for then.
    pub(super) fn spend(&self) -> bool {
        let may = self.left.get() >= 1.0;
        if may {
            self.left.set(self.left.get() - 1.0);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_earned_cannot_be_spent() {
        let tokens = Tokens::new(RetryBudget { most: 2.0, ratio: 0.5 });
        assert!(tokens.spend() && tokens.spend() && !tokens.spend());
        tokens.earn();
        assert!(!tokens.spend(), "half of one");
        tokens.earn();
        assert!(tokens.spend() && !tokens.spend());
        for _ in 0..100 {
            tokens.earn();
        }
        assert!(tokens.spend() && tokens.spend() && !tokens.spend(), "no more than it holds");
    }
}
