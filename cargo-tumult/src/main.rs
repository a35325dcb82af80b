//! The `cargo tumult` command.
fn main() {}
