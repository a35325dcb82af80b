struct Sim;

#[tumult_macros::test(schedule = "lifo")]
fn survives(_sim: &mut Sim) {}

fn main() {}
