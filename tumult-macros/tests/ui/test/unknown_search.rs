struct Sim;

#[tumult_macros::test(search = "swarm")]
fn survives(_sim: &mut Sim) {}

fn main() {}
