struct Sim;

#[tumult_macros::test(seeds, schedule = "fifo")]
fn survives(_sim: &mut Sim) {}

fn main() {}
