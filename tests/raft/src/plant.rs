//! The defects that can be planted, each a mistake that real systems have made.

/// What is wrong with the nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plant {
    /// Nothing.
    #[default]
    Nothing,
    /// Term and vote are written behind: the reply to a candidate goes out before they are on the disk.
    VoteNotPersisted,
    /// A leader commits whatever a majority has, also entries of former terms: figure 8 of the Raft paper.
    CommitsFormerTerms,
    /// Whoever believes to be the leader answers reads from its own state, without asking a majority whether it is.
    ReadsWithoutIndex,
}
