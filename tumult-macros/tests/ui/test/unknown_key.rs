struct Sim;

#[tumult_macros::test(seed = 500)]
fn survives(_sim: &mut Sim) {}

fn main() {}
