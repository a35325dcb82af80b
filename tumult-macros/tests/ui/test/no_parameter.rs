struct Sim;

#[tumult_macros::test]
fn survives() {
    let _ = Sim;
}

fn main() {}
