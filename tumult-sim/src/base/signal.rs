//! Signals that one process may be sent from outside.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A signal, as another program or a person at a terminal may send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Signal {
    /// The terminal is gone; many services read their configuration anew.
    #[serde(rename = "SIGHUP")]
    Hangup,
    /// Ctrl-C.
    #[serde(rename = "SIGINT")]
    Interrupt,
    /// A request to quit, at a terminal by Ctrl-\.
    #[serde(rename = "SIGQUIT")]
    Quit,
    /// The first that programs may use as they like.
    #[serde(rename = "SIGUSR1")]
    User1,
    /// The second that programs may use as they like.
    #[serde(rename = "SIGUSR2")]
    User2,
    /// A request to end.
    #[serde(rename = "SIGTERM")]
    Terminate,
}

impl Signal {
    /// All of them, by number.
    pub const ALL: [Self; 6] = [Self::Hangup, Self::Interrupt, Self::Quit, Self::User1, Self::User2, Self::Terminate];

    /// Its number on Linux.
    pub const fn number(self) -> u32 {
        match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Quit => 3,
            Self::User1 => 10,
            Self::User2 => 12,
            Self::Terminate => 15,
        }
    }

    /// Its name, as `SIGTERM`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Quit => "SIGQUIT",
            Self::User1 => "SIGUSR1",
            Self::User2 => "SIGUSR2",
            Self::Terminate => "SIGTERM",
        }
    }

    /// Its place in a set of signals.
    pub(crate) const fn bit(self) -> u64 {
        1 << (self.number() - 1)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
