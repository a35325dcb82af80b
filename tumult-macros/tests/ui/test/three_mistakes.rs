struct Sim;

#[tumult_macros::test(seeds = 0, sched = "fifo")]
async fn survives(_sim: &mut Sim) {}

fn main() {}
