struct Sim;

#[tumult_macros::test]
fn survives(_sim: &Sim) {}

fn main() {}
