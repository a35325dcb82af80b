struct Sim;

#[tumult_macros::test(seeds = 500, seeds = 600)]
fn survives(_sim: &mut Sim) {}

fn main() {}
