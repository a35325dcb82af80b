struct Sim;

#[tumult_macros::test]
async fn survives(_sim: &mut Sim) {}

fn main() {}
