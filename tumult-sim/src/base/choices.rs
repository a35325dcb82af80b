//! [`Choices`]: which of a run's random decisions are made as its seed has them. The others are plain: messages arrive
//! whole, once and in order after their link's median latency; ready tasks run in the order in which they were woken;
//! `buggify!` sites do not fire.
//!
//! By law 2 a decision does not depend on the others, so a few of them can be kept and all else made plain: that is what
//! a failing run is shrunk by, and what its token carries.

use serde::{Deserialize, Serialize};

use super::Time;

/// When decisions of one kind are made as the seed has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Drawn {
    #[default]
    Always,
    Never,
    /// From one time up to another, which is not in it.
    Within(Time, Time),
}

impl Drawn {
    #[inline]
    pub(crate) fn at(self, now: Time) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Within(from, until) => from <= now && now < until,
        }
    }
}

/// Message `number` of the link from one process to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct MessageName {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) number: u64,
}

/// The `hit`th time that a process came by a `buggify!` site, and it fired.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Fired {
    pub(crate) site: String,
    /// Empty for code outside any process.
    pub(crate) process: String,
    pub(crate) hit: u64,
}

/// From event `event` of the trace on, all is drawn by other keys: `salt` tells which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Branch {
    pub(crate) event: u64,
    pub(crate) salt: u64,
}

/// A step in the shrinking of a drawn workload, as in [`proptest`](https://docs.rs/proptest)'s value trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// To the next simpler value.
    Simplify,
    /// Halfway back: the last step went too far.
    Complicate,
}

/// What a run decides otherwise than its seed has it: a part of a shrunk run's token. The default is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// The messages that may be lost, doubled, damaged or fall behind by chance; `None`: any.
    pub(crate) messages: Option<Vec<MessageName>>,
    /// When a message's latency, and how a stream is cut, is drawn.
    pub(crate) latency: Drawn,
    /// Whether a drawn latency is one of the shortest or one of the longest that its link has, and none between: races show
    /// when one message is late and another is not.
    pub(crate) edges: bool,
    /// When the order of ready tasks is drawn.
    pub(crate) schedule: Drawn,
    /// The `buggify!` sites that may fire; `None`: any.
    pub(crate) buggify: Option<Vec<Fired>>,
    /// Processes that are never started.
    pub(crate) absent: Vec<String>,
    /// The steps of each drawn workload, in the order in which they are drawn.
    pub(crate) workloads: Vec<Vec<Step>>,
    pub(crate) branch: Option<Branch>,
}

impl Choices {
    /// Whether all is as the seed has it.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The names of processes that it speaks of.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let messages = self.messages.iter().flatten().flat_map(|m| [&*m.from, &*m.to]);
        let sites = self.buggify.iter().flatten().map(|f| &*f.process).filter(|name| !name.is_empty());
        messages.chain(sites).chain(self.absent.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_its_beginning_and_not_its_end() {
        let at = Time::from_nanos;
        let span = Drawn::Within(at(5), at(7));
        assert_eq!([4, 5, 6, 7].map(|t| span.at(at(t))), [false, true, true, false]);
        assert!(Drawn::Always.at(at(0)) && !Drawn::Never.at(at(0)));
    }
}
