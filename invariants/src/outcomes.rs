//! What callers were told, and what they made of it.

use std::fmt;

/// What the one who asked was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was done.
    Confirmed,
    /// It was not done.
    Refused,
    /// Nothing, in time: it may have been done or not.
    Silence,
}

/// What the one who asked took it for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Done.
    Success,
    /// Not done: to be tried again, or given up.
    Failure,
}

/// One thing that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// By whom, and what, for the report.
    pub what: String,
    /// What the answer was.
    pub answer: Answer,
    /// What it was taken for.
    pub counted: Counted,
}

/// How everything that was asked for ended.
#[derive(Clone, Debug, Default)]
pub struct OutcomeHistory {
    successes: u64,
    failures: u64,
    first_undetected: Option<Outcome>,
}

impl OutcomeHistory {
    /// Something that was asked for has ended.
    pub fn ends(&mut self, outcome: Outcome) {
        match outcome.counted {
            Counted::Success => self.successes += 1,
            Counted::Failure => self.failures += 1,
        }
        if outcome.counted == Counted::Success && outcome.answer != Answer::Confirmed {
            self.first_undetected.get_or_insert(outcome);
        }
    }

    /// How many ended as successes.
    pub fn successes(&self) -> u64 {
        self.successes
    }

    /// How many ended as failures.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// The first that was taken for a success without an answer that says so.
    pub fn first_undetected(&self) -> Option<&Outcome> {
        self.first_undetected.as_ref()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
            Self::Silence => "no answer",
        })
    }
}
