struct Sim;

#[tumult_macros::test(seeds = 0)]
fn survives(_sim: &mut Sim) {}

fn main() {}
