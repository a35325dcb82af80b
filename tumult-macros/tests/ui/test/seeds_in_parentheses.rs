struct Sim;

#[tumult_macros::test(seeds(500))]
fn survives(_sim: &mut Sim) {}

fn main() {}
