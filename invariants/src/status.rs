//! Where an execution is, and where it may go from there.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where an execution is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Status {
    /// A worker was given the job for a while.
    Leased,
    /// The worker has begun.
    InProgress,
    /// The effect is applied.
    Committed,
    /// It is over, and was successful.
    Done,
    /// It is over, and its effect is not known to be applied.
    Aborted,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Leased, Self::InProgress, Self::Committed, Self::Done, Self::Aborted];

    /// Whether the specification declares this transition: LEASED → `IN_PROGRESS` → COMMITTED → DONE, and
    /// LEASED or `IN_PROGRESS` → ABORTED.
    pub const fn may_become(self, to: Self) -> bool {
        use Status::{Aborted, Committed, Done, InProgress, Leased};
        matches!((self, to), (Leased, InProgress | Aborted) | (InProgress, Committed | Aborted) | (Committed, Done))
    }

    /// Whether nothing follows it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Aborted)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Leased => "LEASED",
            Self::InProgress => "IN_PROGRESS",
            Self::Committed => "COMMITTED",
            Self::Done => "DONE",
            Self::Aborted => "ABORTED",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_transitions_of_25_are_declared() {
        let declared: Vec<String> = Status::ALL
            .iter()
            .flat_map(|from| Status::ALL.iter().map(move |to| (from, to)))
            .filter(|(from, to)| from.may_become(**to))
            .map(|(from, to)| format!("{from} {to}"))
            .collect();
        assert_eq!(
            declared,
            ["LEASED IN_PROGRESS", "LEASED ABORTED", "IN_PROGRESS COMMITTED", "IN_PROGRESS ABORTED", "COMMITTED DONE"]
        );
        assert!(Status::ALL.iter().all(|s| s.is_final() != Status::ALL.iter().any(|to| s.may_become(*to))));
    }
}
