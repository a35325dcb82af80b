//! Tests of the network's face as a whole.

mod descriptors;
mod loopback;
