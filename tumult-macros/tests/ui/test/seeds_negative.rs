struct Sim;

#[tumult_macros::test(seeds = -5)]
fn survives(_sim: &mut Sim) {}

fn main() {}
