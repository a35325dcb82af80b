//! TBD: written next.
