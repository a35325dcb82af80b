//! What travels: Raft's own messages between nodes, requests and replies between clients and nodes.

use serde::{Deserialize, Serialize};

/// The port that nodes listen on.
pub const PORT: u16 = 20_160;

/// A datagram.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Wire {
    /// From node to node, as raft-rs encodes it.
    Raft(Vec<u8>),
    /// From client to node.
    Request(Request),
    /// From node to client.
    Reply(Reply),
}

/// What a client asks for. Asked again it is the same request: the number says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The client's number.
    pub client: u64,
    /// The number of the request among the client's, from 1.
    pub number: u64,
    /// What to do.
    pub what: What,
}

/// What a request is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// Write a value that nobody writes twice.
    Write {
        /// Where.
        key: u8,
        /// What.
        value: u64,
    },
    /// Read the latest value.
    Read {
        /// Where.
        key: u8,
    },
}

/// What a node answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The number of the request.
    pub number: u64,
    /// What came of it.
    pub result: Answer,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The write is entry `index` of the log, committed and applied.
    Written {
        /// Its place in the log.
        index: u64,
    },
    /// The key's latest value.
    Read(Versioned),
    /// This node is not the leader; it may know who is.
    NotLeader {
        /// The node that it believes to be.
        leader: Option<u64>,
    },
}

/// A value and the entry of the log that wrote it; zeros where nothing was written yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versioned {
    /// What was written.
    pub value: u64,
    /// By which entry.
    pub index: u64,
}
