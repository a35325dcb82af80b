struct Sim;

#[tumult_macros::test(crate = renamed)]
fn survives(_sim: &mut Sim) {}

fn main() {}
