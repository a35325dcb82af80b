struct Sim;

#[tumult_macros::test(schedule = "pct(0)")]
fn survives(_sim: &mut Sim) {}

fn main() {}
