struct Sim;

#[tumult_macros::test]
fn survives(_sim: &mut Sim, _seed: u64) {}

fn main() {}
