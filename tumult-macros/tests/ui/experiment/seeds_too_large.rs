struct Experiment;

#[tumult_macros::experiment(seeds = 18_446_744_073_709_551_616)]
fn broker_loss(_x: &mut Experiment) {}

fn main() {}
