struct Sim;

#[tumult_macros::test(schedule = pct(3))]
fn survives(_sim: &mut Sim) {}

fn main() {}
