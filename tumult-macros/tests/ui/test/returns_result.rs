struct Sim;

#[tumult_macros::test]
fn survives(_sim: &mut Sim) -> Result<(), String> {
    Ok(())
}

fn main() {}
