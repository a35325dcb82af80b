struct Experiment;

#[tumult_macros::experiment(seeds = 1)]
fn broker_loss(_x: Experiment) {}

fn main() {}
